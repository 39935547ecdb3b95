"""Discord goes wrong in all the ways that bots see: all is said once, nobody pays twice, and people are told."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from sandbox.chat import Call, Channel, Fault, Message, place_payloads
from sandbox.stage import Stage
from tests.e2e import ledger
from tests.e2e.scenes import Scene, a_stage
from tests.e2e.sightings import ever, is_card, of_kind, time_passes_until, wait_card, wait_kind

SMALL = {"default_size": "160x90", "frames_per_second": 1}
MANY = {"MAX_ACTIVE_JOBS_PER_USER": "200", "MAX_RENDERING_JOBS": "200"}
FOR_EVER = 100_000
RENDER = 3_000.0  # long, and not yet late


@asynccontextmanager
async def a_scene(folder: Path, settings: dict[str, str] | None = None, **turned: object) -> AsyncIterator[Scene]:
    """A bot of this test's own, and Ada in a channel."""
    async with a_stage(folder, settings=settings, **(SMALL | turned)) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)
        assert "Traceback" not in stage.bot.log()


async def rendering(scene: Scene, prompt: str, channel: Channel | None = None) -> Message:
    """Ask for a video that renders for long, and wait for its card to say so."""
    place = channel or scene.channel
    await scene.ada.slash(place, "video", prompt=prompt)
    await ledger.job(scene.stage, prompt, "rendering")
    return await wait_card(scene.chat, place, lambda m: prompt in m.text and "Rendering" in m.text)


def videos(scene: Scene, prompt: str) -> list[Message]:
    """Every message that ever showed that video, deleted ones included."""
    said = (post for post in scene.chat.posts if post.interaction is None and not is_card(post))
    return [post for post in said if "vb:video:" in str(post.history[0].components) and prompt in post.text]


def posts(stage: Stage, **wanted: object) -> list[sqlite3.Row]:
    """The bot's own rows of messages whose columns have these values."""
    with closing(sqlite3.connect(f"file:{stage.bot.data_dir / 'bot.db'}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT * FROM posts").fetchall()
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def requests(scene: Scene, kind: str) -> int:
    """How many requests of that kind the bot has made."""
    return sum(request.kind == kind for request in scene.chat.requests)


# ── the gateway, acknowledgements, repeated events ─────────────────────────────────────────────────────────────────


async def test_fifty_new_sessions_double_nothing(tmp_path: Path) -> None:
    """D1: ready fifty times over while it renders, the bot posts once, never syncs again, and goes on hearing."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        await rendering(scene, "A heron at dawn")
        syncs = requests(scene, "command_sync")
        # discord.py rests five real seconds before it identifies anew; the other times the same session begins over.
        for number in range(2):
            await scene.chat.drop_gateway(resumable=False)
            await scene.chat.wait_for(
                lambda n=number: scene.chat.bot_online and scene.chat.sessions_opened == n + 2, 60, what="a new session"
            )
        [session] = scene.chat._gateway.sessions
        for _ in range(48):
            scene.chat.send_event(
                "READY",
                {
                    "v": 10,
                    "user": place_payloads.user_json(scene.chat.bot_user),
                    "guilds": [{"id": str(scene.guild.id), "unavailable": True}],
                    "session_id": session.id,
                    "session_type": "normal",
                    "resume_gateway_url": scene.chat.gateway_url,
                    "shard": [0, 1],
                    "application": {"id": str(scene.chat.world.application_id), "flags": 0},
                },
            )
            scene.chat.send_event("GUILD_CREATE", place_payloads.guild_json(scene.guild))
        scene.stage.jump(RENDER)
        await wait_kind(scene.chat, scene.channel, "video")
        await ledger.job(scene.stage, "A heron at dawn", "delivered")
        await scene.ada.reply(videos(scene, "A heron at dawn")[0], "Now in the rain")
        await ledger.job(scene.stage, "Now in the rain")
        assert len(videos(scene, "A heron at dawn")) == 1
        assert scene.studio.paid("A heron at dawn") == 1
        assert requests(scene, "command_sync") == syncs


async def test_commands_that_are_acknowledged_too_late_are_not_carried_out(tmp_path: Path) -> None:
    """D2: of a hundred commands whose acknowledgement Discord no longer takes none is stored, sent or paid for."""
    async with a_scene(tmp_path, MANY) as scene:
        scene.chat.faults.add("callback", Fault.error(404, 10062), times=100)
        for number in range(100):
            await scene.ada.slash(scene.channel, "video", prompt=f"Too late {number}")
        await scene.chat.wait_for(lambda: len(scene.chat.faults.struck) == 100, what="a hundred late acknowledgements")
        await scene.make("In time")
        assert [row["prompt"] for row in ledger.jobs(scene.stage)] == ["In time"]
        assert len(scene.studio.renders) == 1
        assert scene.studio.paid("In time") == 1


async def test_a_press_or_form_that_is_acknowledged_too_late_is_not_carried_out(tmp_path: Path) -> None:
    """D2: so it is with buttons and forms."""
    async with a_scene(tmp_path) as scene:
        video = await scene.make("A heron at dawn")
        form = await (await scene.ada.slash(scene.channel, "video")).wait_form()
        scene.chat.faults.add("callback", Fault.error(404, 10062), times=20)
        for _ in range(10):
            await scene.ada.click(video, "Again")
            await scene.ada.submit(form, {"prompt": "Too late"})
        await scene.chat.wait_for(lambda: len(scene.chat.faults.struck) == 20, what="twenty late acknowledgements")
        await scene.make("In time")
        assert [row["prompt"] for row in ledger.jobs(scene.stage)] == ["A heron at dawn", "In time"]
        assert len(scene.studio.renders) == 2


async def test_an_acknowledgement_whose_answer_is_lost_costs_nothing(tmp_path: Path) -> None:
    """D2: Discord took the acknowledgement, or not, and its answer was lost: nothing is stored, sent or paid for."""
    async with a_scene(tmp_path, MANY) as scene:
        for fault in (Fault.drop(after=True), Fault.drop(after=False)):
            scene.chat.faults.add("callback", fault, times=10)
        for number in range(20):
            await scene.ada.slash(scene.channel, "video", prompt=f"Unheard {number}")
        await scene.chat.wait_for(lambda: len(scene.chat.faults.struck) == 20, what="twenty lost answers")
        await scene.make("Heard")
        assert [row["prompt"] for row in ledger.jobs(scene.stage)] == ["Heard"]
        assert len(scene.studio.renders) == 1


async def test_a_hundred_commands_told_twice_are_a_hundred_videos(tmp_path: Path) -> None:
    """D11: each of a hundred commands comes again as after a resumed session: a hundred jobs, a hundred charges."""
    async with a_scene(tmp_path, MANY, render_seconds=RENDER) as scene:
        calls: list[Call] = []
        for number in range(100):
            calls.append(await scene.ada.slash(scene.channel, "video", prompt=f"Told twice {number}"))
            scene.chat.redeliver(calls[-1])
        for call in calls:
            await call.wait_state("deleted")
        for call in calls:
            scene.chat.redeliver(call)
        await scene.studio.wait_for(lambda: len(scene.studio.renders) == 100, 60)
        await ledger.until(scene.stage, lambda: len(ledger.jobs(scene.stage, state="rendering")) == 100, "100 renders")
        again = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
        assert again.text
        assert len(ledger.jobs(scene.stage)) == len(scene.studio.renders) == 100
        assert all(scene.studio.paid(f"Told twice {number}") == 1 for number in range(100))


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
    """D12: it comes up and posts with the commands that Discord has, whatever the sync meets, and syncs next time."""
    async with a_stage(tmp_path, **SMALL) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        note = stage.bot.data_dir / "commands.json"
        assert await stage.bot.terminate() == 0
        note.unlink()
        stage.chat.faults.add("command_sync", fault)
        await stage.start_bot()
        assert len(stage.chat.faults.struck) == 1
        await scene.make("With the old commands")
        assert not note.exists()
        assert "commands not synced" in stage.bot.log()
        assert "Traceback" not in stage.bot.log()
        assert await stage.bot.terminate() == 0
        await stage.start_bot()
        await stage.chat.wait_for(note.exists, what="the commands to be synced")


# ── places and messages that are gone ──────────────────────────────────────────────────────────────────────────────

GONE = ["channel deleted", "thread deleted", "thread locked", "server left"]


@pytest.mark.parametrize("what", GONE)
async def test_a_place_that_is_gone_is_told_by_dm_once_and_the_video_is_kept(tmp_path: Path, what: str) -> None:
    """D5: the place goes while the video renders: one direct message says that it is kept; it is undeliverable."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        # Somewhere else to meet: without a common server there are no direct messages.
        other = scene.chat.add_guild("Elsewhere")
        other.join(scene.ada)
        place = scene.channel.add_thread("A thread") if "thread" in what else scene.channel
        await rendering(scene, "A heron at dawn", place)
        match what:
            case "thread locked":
                place.lock()
            case "server left":
                scene.guild.remove_bot()
            case _:
                place.delete()
        before = requests(scene, "message_create")
        scene.stage.jump(RENDER)
        await ledger.job(scene.stage, "A heron at dawn", "undeliverable")
        notice = await wait_kind(scene.chat, scene.chat.dm(scene.ada), "fail")
        assert "finished and kept" in notice.content
        await ledger.until(scene.stage, lambda: not unsaid(scene), "nothing left to say")
        # The video, the notice there, the notice here.
        assert requests(scene, "message_create") - before == 3
        assert ever(scene.chat, scene.chat.dm(scene.ada), "fail") == [notice]
        assert videos(scene, "A heron at dawn") == []
        assert scene.studio.paid("A heron at dawn") == 1
        kept = other.add_channel("here-i-am")
        answer = await (await scene.ada.slash(kept, "status")).wait_state("message")
        assert "Send again" in str([one.label for one in answer.message.buttons])


def unsaid(scene: Scene) -> list[str]:
    """The messages that the bot still has to post, by its own rows."""
    return [row["kind"] for row in posts(scene.stage) if row["state"] in ("due", "sending")]


async def test_a_place_that_is_gone_with_closed_dms_ends_all_the_same(tmp_path: Path) -> None:
    """D5: where nobody can be told either, the job ends undeliverable after two requests for the notice, not more."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        scene.ada.user.dms_open = False
        await rendering(scene, "A heron at dawn")
        before = requests(scene, "message_create")
        scene.channel.delete()
        scene.stage.jump(RENDER)
        await ledger.job(scene.stage, "A heron at dawn", "undeliverable")
        await ledger.until(scene.stage, lambda: not unsaid(scene), "nothing left to say")
        assert requests(scene, "message_create") - before == 3
        assert ever(scene.chat, scene.chat.dm(scene.ada), "fail") == []


@pytest.mark.parametrize("archived", [False, True])
async def test_the_video_of_a_deleted_prompt_is_posted_as_a_plain_message(tmp_path: Path, archived: bool) -> None:
    """D6: the reply that asked is deleted while its video renders, also in a thread put away: it is posted once."""
    async with a_scene(tmp_path) as scene:
        place = scene.channel.add_thread("A thread") if archived else scene.channel
        await scene.ada.slash(place, "video", prompt="A heron at dawn")
        video = await scene.video(place)
        scene.studio.dials.render_seconds = RENDER
        prompt = await scene.ada.reply(video, "Now in the rain")
        await ledger.job(scene.stage, "Now in the rain", "rendering")
        await wait_card(scene.chat, place, lambda m: "Now in the rain" in m.text and "Rendering" in m.text)
        await scene.ada.delete(prompt)
        if archived:
            place.archive()
        scene.stage.jump(RENDER)
        remix = await scene.video(place, after=video)
        await ledger.job(scene.stage, "Now in the rain", "delivered")
        assert remix.reply_to is None
        assert remix.pinged == {scene.ada.id}
        assert len(videos(scene, "Now in the rain")) == 1


async def test_a_video_that_was_deleted_before_its_answer_came_is_not_posted_again(tmp_path: Path) -> None:
    """D6: Discord's answer was lost and a moderator deleted the post meanwhile: that counts as delivered."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        mia = scene.join("Mia", admin=True)
        await rendering(scene, "A heron at dawn")
        scene.chat.faults.add("message_create", Fault.drop(after=True), only_if=lambda request: bool(request.files))
        # Held back until the first post is gone, so that the nonce is what tells.
        again = scene.chat.gate("message_create")
        scene.stage.jump(RENDER)
        await again.wait_reached()
        again.open()
        posted = await scene.chat.wait_for(lambda: videos(scene, "A heron at dawn"), what="the video")
        second = scene.chat.gate("message_create")
        await mia.delete(posted[0])
        second.open()
        await time_passes_until(scene.stage, lambda: ledger.jobs(scene.stage, state="delivered"), step_seconds=0.1)
        assert len(videos(scene, "A heron at dawn")) == 1
        assert of_kind(scene.channel, "video") == []
        assert scene.studio.paid("A heron at dawn") == 1


async def test_a_card_that_a_person_deleted_is_left_alone(tmp_path: Path) -> None:
    """D6: the card is edited once more, Discord says it is gone, and that is all; the video comes as ever."""
    async with a_scene(tmp_path, render_seconds=RENDER, progress="percent") as scene:
        mia = scene.join("Mia", admin=True)
        card = await rendering(scene, "A heron at dawn")
        await mia.delete(card)
        edits = requests(scene, "message_edit")
        await time_passes_until(scene.stage, lambda: posts(scene.stage, kind="card", state="gone"), step_seconds=60)
        for _ in range(20):
            looks = len(scene.studio.requests)
            scene.stage.jump(60)
            await scene.studio.wait_for(lambda n=looks: len(scene.studio.requests) > n)
        assert requests(scene, "message_edit") - edits == 1
        assert not card.buttons or card.deleted


# ── sizes, rests, silences ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_server_that_takes_less_than_it_did_gets_a_link_after_one_upload(tmp_path: Path) -> None:
    """D7: the limit falls between command and delivery, unheard of: one upload is tried, then the link is posted."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        await rendering(scene, "A heron at dawn")
        before = sum(bool(request.files) for request in scene.chat.requests)
        scene.guild.upload_limit_override_bytes = 500
        scene.stage.jump(RENDER)
        await ledger.job(scene.stage, "A heron at dawn", "delivered")
        video = await wait_kind(scene.chat, scene.channel, "video")
        assert not video.attachments
        assert scene.studio.files_url in video.text
        assert sum(bool(request.files) for request in scene.chat.requests) - before == 1
        assert len(videos(scene, "A heron at dawn")) == 1


async def test_a_network_that_refuses_everything_is_asked_once_in_ten_minutes(tmp_path: Path) -> None:
    """D9: with six videos due, one request goes out per ten minutes over all loops; afterwards all arrive once."""
    async with a_scene(tmp_path, MANY, render_seconds=RENDER) as scene:
        prompts = [f"Heron number {number}" for number in range(100, 106)]
        for prompt in prompts:
            await rendering(scene, prompt)
        kinds = ("message_create", "message_edit", "message_delete", "message_get", "history", "dm_open")
        scene.chat.faults.add(kinds, Fault.status(429), times=FOR_EVER)
        scene.stage.jump(RENDER)
        await ledger.until(scene.stage, lambda: len(ledger.jobs(scene.stage, state="posting")) == 6, "six videos")
        await scene.chat.wait_for(lambda: scene.chat.faults.struck, what="the first refusal")
        for _ in range(120):
            scene.stage.jump(30)
            await asyncio.sleep(0.02)
        # What was on its way at first, of three uploads and twice eight others; then an hour of one in ten minutes.
        assert len(scene.chat.faults.struck) <= 19 + 6
        scene.chat.faults.clear()
        for prompt in prompts:
            await time_passes_until(
                scene.stage, lambda p=prompt: ledger.jobs(scene.stage, prompt=p, state="delivered"), step_seconds=30
            )
            assert len(videos(scene, prompt)) == 1


async def test_a_long_global_rest_is_waited_for_and_delays_only(tmp_path: Path) -> None:
    """D9: Discord's own global limit, of a moment and of minutes, delays the video; it is posted once."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        await rendering(scene, "A heron at dawn")
        scene.chat.faults.add("message_create", Fault.rate_limited(0.05, global_=True), times=3)
        scene.chat.faults.add("message_create", Fault.rate_limited(240.0, global_=True))
        scene.stage.jump(RENDER)
        await scene.chat.wait_for(lambda: len(scene.chat.faults.struck) == 4, what="all four limits")
        await time_passes_until(scene.stage, lambda: ledger.jobs(scene.stage, state="delivered"), step_seconds=20)
        assert len(videos(scene, "A heron at dawn")) == 1


async def test_forty_videos_due_while_discord_is_silent_are_asked_for_rarely_and_come_once(tmp_path: Path) -> None:
    """D8: forty videos fall due in ten minutes of silence: one probe per 15 s, and each stands once afterwards."""
    async with a_scene(tmp_path, MANY, render_seconds=RENDER) as scene:
        prompts = [f"Heron number {number}" for number in range(100, 140)]
        for prompt in prompts:
            await scene.ada.slash(scene.channel, "video", prompt=prompt)
        await ledger.until(scene.stage, lambda: len(ledger.jobs(scene.stage, state="rendering")) == 40, "40 renders")
        kinds = ("message_create", "message_edit", "message_delete", "message_get", "history", "dm_open")
        scene.chat.faults.add(kinds, Fault.status(503), times=FOR_EVER)
        scene.stage.jump(RENDER)
        await ledger.until(scene.stage, lambda: len(ledger.jobs(scene.stage, state="posting")) == 40, "40 videos")
        for _ in range(120):
            scene.stage.jump(5)
            await asyncio.sleep(0.02)
        assert len(scene.chat.faults.struck) <= 5 + 19 + 600 // 15 + 40
        scene.chat.faults.clear()
        until = time.monotonic() + 90
        while time.monotonic() < until and len(ledger.jobs(scene.stage, state="delivered")) < 40:
            scene.stage.jump(10)
            await asyncio.sleep(0.1)
        assert [len(videos(scene, prompt)) for prompt in prompts] == [1] * 40
        assert all(scene.studio.paid(prompt) == 1 for prompt in prompts)
