"""The real process: how it starts, refuses to start, ends, keeps its place at the gateway, and where secrets go."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.bot_process import BotProcess
from sandbox.chat import Chat, Message
from sandbox.studio import Fault, Outcome
from sandbox.studio.state import Request
from tests.e2e import inspection
from tests.e2e.messages import actions, of_kind, press
from tests.e2e.scene import Scene, a_stage, picture
from tests.wording import Ending, says

CONFIGURATION, ALREADY_RUNNING = 78, 75
HOUR_SECONDS, A_DAY_SECONDS = 3600.0, 86_400.0


@asynccontextmanager
async def a_scene(folder: Path, *, settings: dict[str, str] | None = None, **turned: object) -> AsyncIterator[Scene]:
    """A bot of this test's own, in a server with Ada."""
    async with a_stage(folder, settings=settings, **turned) as stage:
        guild = stage.chat.add_guild("Process")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)


def said(bot: BotProcess) -> list[str]:
    """What a person at the terminal reads besides the log."""
    return [line for line in bot.log().splitlines() if line and not line.startswith("{")]


def videos(scene: Scene) -> list[Message]:
    """Every video that was ever posted in the channel, also deleted ones."""
    return [post for post in inspection.public(scene.stage, scene.channel) if post.attachments]


# ── starting ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISCORD_TOKEN", ""),
        ("VIDEOS_API_KEY", ""),
        ("VIDEOS_API_BASE_URL", "ftp://sk-hidden@example.com"),
        ("POLL_MIN_SECONDS", "sk-hidden"),
        ("VIDEOS_SIZES", "sk-hidden"),
        ("JOB_DEADLINE_SECONDS", "90000"),
    ],
)
async def test_a_missing_or_wrong_setting_ends_with_78_and_one_line_naming_it(
    tmp_path: Path, name: str, value: str
) -> None:
    """A setting that is missing or makes no sense ends the process with 78 and one line that names it."""
    async with a_stage(tmp_path, start=False) as stage:
        await stage.start_bot(ready=False, **{name: value})
        assert await stage.bot.ended() == CONFIGURATION
        (line,) = said(stage.bot)
        assert name in line
        assert stage.chat.requests == []
        assert stage.studio.requests == []
        assert stage.studio.api_key not in stage.bot.log()
        assert stage.chat.bot_token not in stage.bot.log()


async def test_a_wrong_token_ends_with_78_and_one_line(tmp_path: Path) -> None:
    """A token that Discord does not know ends the process with 78 and one line naming the setting, not the token."""
    async with a_stage(tmp_path, start=False) as stage:
        await stage.start_bot(ready=False, DISCORD_TOKEN="wrong-token-of-somebody")
        assert await stage.bot.ended() == CONFIGURATION
        (line,) = said(stage.bot)
        assert "DISCORD_TOKEN" in line
        assert "wrong-token" not in stage.bot.log()
        assert "Traceback" not in stage.bot.log()


async def test_a_token_that_is_withdrawn_while_running_ends_with_78(tmp_path: Path) -> None:
    """When Discord closes the gateway for good, the process ends with 78 and one line instead of trying for ever."""
    async with a_stage(tmp_path) as stage:
        stage.chat.world.token = "another-token"
        await stage.chat.drop_gateway(resumable=False)
        assert await stage.bot.ended() == CONFIGURATION
        (line,) = said(stage.bot)
        assert "4004" in line


@pytest.mark.reliability
async def test_a_second_process_on_the_same_data_ends_at_once(tmp_path: Path) -> None:
    """A second process on one DATA_DIR ends with one line before it talks to anybody; the first one goes on."""
    async with a_scene(tmp_path) as scene:
        stage = scene.stage
        calls, opened = len(stage.chat.requests), stage.chat.sessions_opened
        addresses = {"--discord-api": stage.chat.api_base, "--gateway": stage.chat.gateway_url}
        second = BotProcess(tmp_path / "second", stage.clock, addresses)
        await second.start(
            {
                "DISCORD_TOKEN": stage.chat.bot_token,
                "VIDEOS_API_KEY": stage.studio.api_key,
                "VIDEOS_API_BASE_URL": stage.studio.base_url,
                "DATA_DIR": str(stage.bot.data_dir),
            }
        )
        assert await second.ended() == ALREADY_RUNNING
        (line,) = said(second)
        assert str(stage.bot.data_dir) in line
        assert (len(stage.chat.requests), stage.chat.sessions_opened) == (calls, opened)
        await scene.make("The first goes on")
        assert len(videos(scene)) == 1


async def test_time_that_passes_while_it_starts_is_felt(tmp_path: Path) -> None:
    """The sandbox: a jump in the middle of a start, with a kill that finds nothing, is felt, and any later one."""
    async with a_scene(tmp_path, start=False) as scene:
        stage = scene.stage
        starting = asyncio.create_task(stage.bot.start(stage.environment()))
        # Until it waits for the process for the first time.
        await asyncio.sleep(0)
        assert not stage.bot.running
        stage.jump(A_DAY_SECONDS)
        await stage.bot.kill()
        await starting
        await stage.chat.bot_ready(timeout_seconds=20)
        for prompt in ("After a day", "After another"):
            await scene.make(prompt)
            job = await inspection.job(stage, prompt, "delivered")
            assert abs(stage.clock.now() - job["accepted_at"]) < HOUR_SECONDS
            stage.jump(A_DAY_SECONDS)


# ── ending ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_while_idle_ends_with_0(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and SIGINT end an idle bot with 0, the gateway closed so that its session is over, nothing printed."""
    async with a_scene(tmp_path) as scene:
        await scene.make("Before the end")
        await inspection.job(scene.stage, "Before the end", "delivered")
        assert scene.stage.bot._process is not None
        os.kill(scene.stage.bot._process.pid, number)
        async with asyncio.timeout(20):
            assert await scene.stage.bot.ended() == 0
        await scene.chat.bot_gone()
        assert said(scene.stage.bot) == []
        assert "Traceback" not in scene.stage.bot.log()
        assert scene.chat._gateway.sessions == []


async def test_a_paid_request_is_answered_before_the_end_and_its_video_comes_after(tmp_path: Path) -> None:
    """SIGTERM waits for the open paid request, takes nothing new meanwhile, and the next life posts the video."""
    async with a_scene(tmp_path) as scene:
        gate = scene.studio.gate("create", "after_take")
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="On its way out"))
        await asyncio.wait_for(gate.reached.wait(), 20)
        ending = asyncio.create_task(scene.stage.bot.terminate())
        await scene.chat.wait_for(lambda: '"stopping"' in scene.stage.bot.log(), what="the bot to be stopping")
        text = await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="Too late"))
        assert says(text, Reason.STOPPING)
        gate.open()
        async with asyncio.timeout(20):
            assert await ending == 0
        assert [row["state"] for row in inspection.jobs(scene.stage)] == ["rendering"]
        await scene.chat.bot_gone()

        await scene.stage.start_bot()
        await scene.video()
        await inspection.job(scene.stage, "On its way out", "delivered")
        assert scene.studio.paid("On its way out") == 1
        assert len(inspection.paid_requests(scene.stage, "On its way out")) == 1
        assert len(videos(scene)) == 1
        assert not inspection.paid_requests(scene.stage, "Too late")


async def test_a_paid_request_that_stays_open_becomes_uncertain_and_is_never_repeated(tmp_path: Path) -> None:
    """SIGTERM while a paid request stays open ends with 0 within 20 s; the person is asked, nothing is sent again."""
    async with a_scene(tmp_path) as scene:
        gate = scene.studio.gate("create", "after_take")
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="No answer"))
        await asyncio.wait_for(gate.reached.wait(), 20)
        async with asyncio.timeout(20):
            assert await scene.stage.bot.terminate() == 0
        assert [row["state"] for row in inspection.jobs(scene.stage)] == ["uncertain"]
        await scene.chat.bot_gone()
        gate.cut()

        await scene.stage.start_bot()
        notice = await scene.chat.wait_message(
            scene.channel, lambda m: actions(m) == [Action.REQUEST_AGAIN, Action.DISMISS]
        )
        assert notice.pinged == {scene.ada.id}
        for _ in range(3):
            # Long enough for anything else that the bot would do by itself.
            scene.stage.jump(600)
            answer = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
            assert says(answer.text, Key.UNCERTAIN)
        asked = [post for post in inspection.public(scene.stage, scene.channel) if ":leave:" in str(post.history)]
        assert asked == [notice]
        assert len(inspection.paid_requests(scene.stage, "No answer")) == 1
        assert scene.studio.paid("No answer") == 1


async def test_a_video_being_posted_at_the_end_is_posted_once(tmp_path: Path) -> None:
    """SIGTERM while Discord has the video but not yet said so: the next life does not post it a second time."""
    async with a_scene(tmp_path) as scene:
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Half posted"))
        await scene.chat.wait_message(scene.channel, lambda m: "Half posted" in m.text)
        gate = scene.chat.gate("message_create", "after")
        await gate.wait_reached()
        assert gate.request is not None
        assert gate.request.files
        async with asyncio.timeout(20):
            assert await scene.stage.bot.terminate() == 0
        gate.drop()
        await scene.chat.bot_gone()
        await scene.stage.start_bot()
        await inspection.job(scene.stage, "Half posted", "delivered")
        assert len(videos(scene)) == 1
        assert scene.studio.paid("Half posted") == 1


# ── the gateway ────────────────────────────────────────────────────────────────────────────────────────────────────


async def reconnected(chat: Chat, *, opened: int, resumes: int) -> None:
    await chat.wait_for(
        lambda: chat.bot_online and (chat.sessions_opened, chat.resumes) == (opened, resumes),
        40,
        what=f"{opened} sessions and {resumes} resumes, not {chat.sessions_opened} and {chat.resumes}",
    )


async def assert_once(scene: Scene, prompt: str, reply: Message) -> None:
    """The reply has led to one job, one card and one video, however often it was delivered."""
    await inspection.job(scene.stage, prompt, "delivered")
    answers = [post for post in inspection.public(scene.stage, scene.channel) if post.reply_to is reply]
    assert [bool(post.attachments) for post in answers] == [False, True]
    assert scene.studio.paid(prompt) == 1


async def test_what_happens_while_the_gateway_is_cut_is_caught_up_with_once(tmp_path: Path) -> None:
    """A cut connection is resumed; missed and repeated events are handled once."""
    async with a_scene(tmp_path) as scene:
        video = await scene.make("Before the cut")
        await inspection.job(scene.stage, "Before the cut", "delivered")
        syncs = sum(request.kind == "command_sync" for request in scene.chat.requests)
        await scene.chat.drop_gateway()
        during = await scene.ada.reply(video, "Said during the cut")
        await reconnected(scene.chat, opened=1, resumes=1)
        await assert_once(scene, "Said during the cut", during)
        scene.chat.redeliver(during)

        await scene.chat.drop_gateway(how="reconnect")
        await reconnected(scene.chat, opened=1, resumes=2)
        scene.chat.redeliver(during)
        call = await scene.ada.slash(scene.channel, "video", prompt="After both")
        await inspection.accepted(call)
        await inspection.job(scene.stage, "After both", "delivered")
        await assert_once(scene, "Said during the cut", during)
        assert sum(request.kind == "command_sync" for request in scene.chat.requests) == syncs
        assert len(videos(scene)) == 3
        assert "Traceback" not in scene.stage.bot.log()


@pytest.mark.reliability
async def test_a_new_session_doubles_nothing(tmp_path: Path) -> None:
    """When it has to identify again, the bot neither syncs, loads, posts nor submits anything twice."""
    async with a_scene(tmp_path) as scene:
        video = await scene.make("Before the new session")
        await inspection.job(scene.stage, "Before the new session", "delivered")
        scene.studio.dials.next_render.append(Outcome.ok(render_seconds=30))
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Rendering meanwhile"))
        await inspection.job(scene.stage, "Rendering meanwhile", "rendering")
        syncs = sum(request.kind == "command_sync" for request in scene.chat.requests)

        await scene.chat.drop_gateway(resumable=False)
        await reconnected(scene.chat, opened=2, resumes=0)
        reply = await scene.ada.reply(video, "Said in the new session")
        await assert_once(scene, "Said in the new session", reply)
        call = await press(scene.ada, video, Action.AGAIN)
        await inspection.accepted(call)
        scene.stage.jump(30)
        await inspection.job(scene.stage, "Rendering meanwhile", "delivered")
        await inspection.until(
            scene.stage, lambda: len(inspection.jobs(scene.stage, state="delivered")) == 4, "four videos"
        )
        assert len(videos(scene)) == 4
        assert len(scene.studio.renders) == 4
        assert sum(request.kind == "command_sync" for request in scene.chat.requests) == syncs


async def test_a_command_delivered_twice_makes_one_video(tmp_path: Path) -> None:
    """The same command, button or form event, delivered once more, makes no second job."""
    async with a_scene(tmp_path) as scene:
        command = await scene.ada.slash(scene.channel, "video", prompt="Told twice")
        scene.chat.redeliver(command)
        form = await (await scene.ada.slash(scene.channel, "video")).wait_form()
        submit = await scene.ada.submit(form, {"prompt": "Sent in twice"})
        scene.chat.redeliver(submit)
        for prompt in ("Told twice", "Sent in twice"):
            await inspection.job(scene.stage, prompt, "delivered")
            assert scene.studio.paid(prompt) == 1
        for call in (command, submit):
            scene.chat.redeliver(call)
        await scene.make("Something else")
        assert len(inspection.jobs(scene.stage)) == 3
        assert len(videos(scene)) == 3


async def test_a_malformed_event_does_not_end_the_bot(tmp_path: Path) -> None:
    """After an event that discord.py breaks over, renders go on being posted, and the next events are heard."""
    async with a_scene(tmp_path) as scene:
        scene.studio.dials.next_render.append(Outcome.ok(render_seconds=5))
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Beside the mess"))
        await inspection.job(scene.stage, "Beside the mess", "rendering")
        scene.chat.send_event("SOMETHING_NEW", {"id": "1"})
        scene.chat.send_event("MESSAGE_CREATE", {"id": "no number", "channel_id": str(scene.channel.id)})
        await scene.chat.bot_gone()
        scene.stage.jump(5)
        await inspection.job(scene.stage, "Beside the mess", "delivered")
        await scene.chat.bot_ready(40)
        assert scene.stage.bot.running
        await scene.make("After the mess")
        assert scene.stage.bot.lives == 1
        assert len(videos(scene)) == 2


# ── secrets ────────────────────────────────────────────────────────────────────────────────────────────────────────


def everything_in(request: Request) -> str:
    """All that a request to the provider or the file host brought."""
    files = [(file.field, file.file_name, file.content_type) for file in request.files]
    return str([request.method, request.path, request.query, request.headers, request.fields, files])


@pytest.mark.reliability
async def test_the_key_goes_to_the_provider_alone_and_the_token_to_discord_alone(tmp_path: Path) -> None:
    """The API key is sent to its own origin only, the bot token to Discord only; the log has neither."""
    async with a_scene(tmp_path, progress="percent") as scene:
        studio, stage = scene.studio, scene.stage
        api = urlsplit(studio.base_url).netloc
        foreign = urlsplit(studio.files_url).netloc
        await scene.make("From a foreign host", reference=picture())
        for place in ("same_origin_url", "relative_url", "content_only"):
            studio.dials.result = place
            await scene.make(f"From {place}")
        studio.dials.result = "foreign_url"
        # A redirect of a poll to the foreign host must not take the key along.
        studio.faults.add("poll", Fault.status(302, text="", headers={"Location": f"{studio.files_url}/videos/x"}))
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Past a redirected poll"))
        await studio.wait_for(lambda: any(one.status == 302 for one in studio.requests))
        stage.jump(60)
        await inspection.job(stage, "Past a redirected poll", "delivered")
        # Nor may a paid request follow one.
        studio.faults.add("create", Fault.status(307, text="", headers={"Location": f"{studio.files_url}/v1/videos"}))
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Led astray"))
        await studio.wait_for(lambda: any(one.status == 307 for one in studio.requests))
        await inspection.job(stage, "Led astray", "accepted")

        to_foreign = [one for one in studio.requests if one.headers["host"] == foreign]
        assert {one.operation for one in to_foreign} == {"file"}
        assert {one.method for one in to_foreign} == {"GET"}
        for one in to_foreign:
            assert "authorization" not in one.headers
            assert "cookie" not in one.headers
            assert studio.api_key not in everything_in(one)
        to_api = [one for one in studio.requests if one.headers["host"] == api]
        assert all(one.headers["authorization"] == f"Bearer {studio.api_key}" for one in to_api)
        assert {"create", "poll", "content", "file"} <= {one.operation for one in to_api}
        assert len(to_api) + len(to_foreign) == len(studio.requests)
        assert not any(scene.chat.bot_token in everything_in(one) for one in studio.requests)
        # Discord's own file host wants no token, and nothing that people read holds a secret.
        fetched = [one for one in scene.chat.requests if one.kind == "attachment"]
        assert fetched
        assert not any(one.authorized for one in fetched)
        for secret in (studio.api_key, scene.chat.bot_token):
            assert secret not in inspection.all_words(stage)
            assert secret not in stage.bot.log()
            assert not any(secret.encode() in path.read_bytes() for path in stage.bot.data_dir.rglob("*.db*"))


async def test_a_provider_that_repeats_the_key_does_not_get_it_shown(tmp_path: Path) -> None:
    """A key that comes back in an error, a failure or a link is neither shown to people nor written to the log."""
    async with a_scene(tmp_path) as scene:
        key = scene.studio.api_key
        body = {"error": {"message": f"Incorrect key {key} for {key}", "code": "invalid_prompt", "type": key}}
        scene.studio.faults.add("create", Fault.status(400, json=body))
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Told with the key"))
        await inspection.job(scene.stage, "Told with the key", "refused")
        scene.studio.dials.next_render.append(Outcome.fail(message=f"{key} is blocked"))
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Failed with the key"))
        await inspection.job(scene.stage, "Failed with the key", "failed")
        notices = await scene.chat.wait_for(
            lambda: len(found := of_kind(scene.channel, "fail")) == 2 and found, what="two notices"
        )
        for notice in notices:
            answer = await (await press(scene.ada, notice, Action.WHY)).wait_state("message")
            assert says(answer.text, Ending.CONTENT, Ending.CONTENT_PROMPT)
        assert key not in inspection.all_words(scene.stage)
        assert key not in scene.stage.bot.log()


async def test_the_data_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Neither the database nor kept pictures can be read by other users of the machine."""
    async with a_scene(tmp_path) as scene:
        await scene.make("With a picture", reference=picture())
        data: Path = scene.stage.bot.data_dir
        assert data.stat().st_mode & 0o077 == 0
