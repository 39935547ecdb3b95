"""Discord's sessions come and go, acknowledgements are late or lost, events and commands come twice or not at all."""

from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from sandbox.chat import Call, Fault, place_payloads
from tests.e2e import inspection
from tests.e2e.messages import press, wait_kind
from tests.e2e.outage_scene import FOR_EVER, MANY, RENDER, SMALL, a_scene, rendering, requests, videos
from tests.e2e.scene import Scene, a_stage
from tests.figures import figure

# discord.py waits five real seconds before each new IDENTIFY.
NEW_SESSIONS = figure(2, 50)
COMMANDS = figure(15, 100)
POLL_MIN_SECONDS = 0.1


@pytest.mark.reliability
async def test_fifty_new_sessions_double_nothing(tmp_path: Path) -> None:
    """D1: new sessions, and 48 repeated READYs: each video is posted once, commands are synced no more.

    A video falls due as each session ends: due messages are posted by requests, with a session or without.
    """
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        await rendering(scene, "Heron 0 at dawn")
        syncs = requests(scene, "command_sync")
        for number in range(NEW_SESSIONS):
            # After a cut discord.py rests longer and longer, so only the first one is.
            await scene.chat.drop_gateway(resumable=False, how="invalid" if number else "abort")
            scene.stage.jump(RENDER)
            await inspection.job(scene.stage, f"Heron {number} at dawn", "delivered")
            await scene.chat.wait_for(
                lambda n=number: scene.chat.bot_online and scene.chat.sessions_opened == n + 2, 60, what="a new session"
            )
            await rendering(scene, f"Heron {number + 1} at dawn")
        for _ in range(48):
            tell_ready(scene)
        await assert_one_loop_looks(scene)
        scene.stage.jump(RENDER)
        last = f"Heron {NEW_SESSIONS} at dawn"
        await inspection.job(scene.stage, last, "delivered")
        await scene.ada.reply(videos(scene, last)[0], "Now in the rain")
        await inspection.job(scene.stage, "Now in the rain")
        for number in range(NEW_SESSIONS + 1):
            assert len(videos(scene, f"Heron {number} at dawn")) == 1
            assert scene.studio.paid(f"Heron {number} at dawn") == 1
        assert requests(scene, "command_sync") == syncs


def tell_ready(scene: Scene) -> None:
    """Tell the bot once more that its session begins, and which servers it is in."""
    [session] = [one for one in scene.chat._gateway.sessions if one.socket is not None]
    ready = {
        "v": 10,
        "user": place_payloads.user_json(scene.chat.bot_user),
        "guilds": [{"id": str(scene.guild.id), "unavailable": True}],
        "session_id": session.id,
        "session_type": "normal",
        "resume_gateway_url": scene.chat.gateway_url,
        "shard": [0, 1],
        "application": {"id": str(scene.chat.world.application_id), "flags": 0},
    }
    scene.chat.send_event("READY", ready)
    scene.chat.send_event("GUILD_CREATE", place_payloads.guild_json(scene.guild))


async def assert_one_loop_looks(scene: Scene) -> None:
    """The one video that renders is polled as often as by one loop: never closer than POLL_MIN_SECONDS."""

    def polls() -> int:
        return sum(request.operation == "poll" for request in scene.studio.requests)

    before, began_at = polls(), scene.stage.clock.monotonic()
    await scene.studio.wait_for(lambda: polls() >= before + 10 or None, 60)
    assert polls() - before <= 1 + (scene.stage.clock.monotonic() - began_at) / POLL_MIN_SECONDS


@pytest.mark.reliability
async def test_commands_that_are_acknowledged_too_late_are_not_carried_out(tmp_path: Path) -> None:
    """D2: of a hundred commands whose acknowledgement Discord no longer takes none is stored, sent or paid for."""
    async with a_scene(tmp_path, MANY) as scene:
        scene.chat.faults.add("callback", Fault.error(404, 10062), times=100)
        for number in range(100):
            await scene.ada.slash(scene.channel, "video", prompt=f"Too late {number}")
        await scene.chat.wait_for(lambda: len(scene.chat.faults.struck) == 100, what="a hundred late acknowledgements")
        await scene.make("In time")
        assert [row["prompt"] for row in inspection.jobs(scene.stage)] == ["In time"]
        assert len(scene.studio.renders) == 1
        assert scene.studio.paid("In time") == 1


@pytest.mark.reliability
async def test_a_press_or_form_that_is_acknowledged_too_late_is_not_carried_out(tmp_path: Path) -> None:
    """D2: so it is with buttons and forms."""
    async with a_scene(tmp_path) as scene:
        video = await scene.make("A heron at dawn")
        form = await (await scene.ada.slash(scene.channel, "video")).wait_form()
        scene.chat.faults.add("callback", Fault.error(404, 10062), times=20)
        for _ in range(10):
            await press(scene.ada, video, Action.AGAIN)
            await scene.ada.submit(form, {"prompt": "Too late"})
        await scene.chat.wait_for(lambda: len(scene.chat.faults.struck) == 20, what="twenty late acknowledgements")
        await scene.make("In time")
        assert [row["prompt"] for row in inspection.jobs(scene.stage)] == ["A heron at dawn", "In time"]
        assert len(scene.studio.renders) == 2


@pytest.mark.reliability
async def test_an_acknowledgement_whose_answer_is_lost_costs_nothing(tmp_path: Path) -> None:
    """D2: Discord took the acknowledgement, or not, and its answer was lost: nothing is stored, sent or paid for."""
    async with a_scene(tmp_path, MANY) as scene:
        for fault in (Fault.drop(after=True), Fault.drop(after=False)):
            scene.chat.faults.add("callback", fault, times=10)
        for number in range(20):
            await scene.ada.slash(scene.channel, "video", prompt=f"Unheard {number}")
        await scene.chat.wait_for(lambda: len(scene.chat.faults.struck) == 20, what="twenty lost answers")
        await scene.make("Heard")
        assert [row["prompt"] for row in inspection.jobs(scene.stage)] == ["Heard"]
        assert len(scene.studio.renders) == 1


@pytest.mark.reliability
async def test_forty_minutes_later_the_video_comes_without_the_interaction(tmp_path: Path) -> None:
    """D3: in a job of 40 minutes the card is kept up and the video posted by messages; a dead token is never used."""
    async with a_scene(tmp_path, render_seconds=2_400.0, progress="percent") as scene:
        call = await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await inspection.job(scene.stage, "A heron at dawn", "rendering")
        await inspection.accepted(call)
        for _ in range(8):
            polls = len(scene.studio.requests)
            scene.stage.jump(300)
            await scene.studio.wait_for(lambda n=polls: len(scene.studio.requests) > n)
        video = await wait_kind(scene.chat, scene.channel, "video")
        await inspection.job(scene.stage, "A heron at dawn", "delivered")
        dies_at = call.interaction.created_at + scene.chat.rules.token_seconds
        assert video.created_at >= call.interaction.created_at + 2_400.0
        late = [request for request in scene.chat.requests if request.at > dies_at]
        assert {request.kind for request in late} >= {"message_edit", "message_create"}
        assert [request.path for request in late if "/webhooks/" in request.path or request.status >= 400] == []
        assert len(videos(scene, "A heron at dawn")) == 1
        assert scene.studio.paid("A heron at dawn") == 1


@pytest.mark.reliability
async def test_a_hundred_commands_delivered_twice_are_a_hundred_videos(tmp_path: Path) -> None:
    """D11: each of a hundred commands comes again as after a resumed session: a hundred jobs, a hundred charges."""
    async with a_scene(tmp_path, MANY, render_seconds=RENDER) as scene:
        calls: list[Call] = []
        for number in range(COMMANDS):
            calls.append(await scene.ada.slash(scene.channel, "video", prompt=f"Told twice {number}"))
            scene.chat.redeliver(calls[-1])
        for call in calls:
            await call.wait_state("deleted")
        for call in calls:
            scene.chat.redeliver(call)
        await scene.studio.wait_for(lambda: len(scene.studio.renders) == COMMANDS, 60)
        await inspection.until(
            scene.stage, lambda: len(inspection.jobs(scene.stage, state="rendering")) == COMMANDS, "all renders"
        )
        again = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
        assert again.text
        assert len(inspection.jobs(scene.stage)) == len(scene.studio.renders) == COMMANDS
        assert all(scene.studio.paid(f"Told twice {number}") == 1 for number in range(COMMANDS))


@pytest.mark.reliability
@pytest.mark.parametrize(
    "fault",
    [
        Fault.status(503),
        Fault.status(429),
        Fault.rate_limited(20_000.0),
        Fault.error(400, 30034),
    ],
    ids=["503", "refused by a network", "hours of rest", "the day's commands are used up"],
)
async def test_the_bot_serves_when_its_commands_cannot_be_synced(tmp_path: Path, fault: Fault) -> None:
    """D12: it starts and posts with the commands that Discord has, for each failure of the sync; later it syncs."""
    async with a_stage(tmp_path, **SMALL) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        note = stage.bot.data_dir / "commands.json"
        assert await stage.bot.terminate() == 0
        note.unlink()
        stage.chat.faults.add("command_sync", fault, times=FOR_EVER)
        await stage.start_bot()
        assert stage.chat.faults.struck
        await scene.make("With the old commands")
        assert not note.exists()
        assert "commands not synced" in stage.bot.log()
        assert "Traceback" not in stage.bot.log()
        assert await stage.bot.terminate() == 0
        stage.chat.faults.clear()
        await stage.start_bot()
        await stage.chat.wait_for(note.exists, what="the commands to be synced")
