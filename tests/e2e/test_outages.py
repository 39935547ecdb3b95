"""Discord or the provider doesn't respond for a while: everything is posted afterwards, once, and paid once."""

import asyncio
from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Fault, Message
from sandbox.studio import Fault as StudioFault
from sandbox.studio.state import RenderState
from tests.databases import change_rows
from tests.e2e import inspection
from tests.e2e.messages import ever_posted, of_kind, press, time_passes_until, wait_card
from tests.e2e.outage_scene import FOR_EVER, a_scene, at_the_provider, passes
from tests.e2e.scene import Scene
from tests.figures import figure
from tests.unit.bot.media.samples import mp4
from tests.wording import says

# Each takes about a tenth of a second from its outage to its channel, mostly in the servers of this test.
JOBS = figure(60, 1_000)
DONE_EARLY = figure(15, 30)
BESIDE_THE_SPOILT = figure(20, 999)
EVERYTHING = ("message_create", "message_edit", "message_delete", "message_get", "history", "callback", "gateway")


async def ends_once(scene: Scene, kind: str, prompt: str, *, step_seconds: float = 10.0) -> Message:
    """Wait until that was said about that prompt and its card is gone; it was said once, and paid for once.

    A notice after a refusal for content doesn't show the prompt: what is said about a job is found by its buttons.
    """
    [job] = [row["id"] for row in inspection.jobs(scene.stage) if row["prompt"] == prompt]

    def said() -> list[Message]:
        return [one for one in ever_posted(scene.chat, scene.channel, kind) if job in str(one.history[0].components)]

    await time_passes_until(scene.stage, said, step_seconds=step_seconds)
    await time_passes_until(scene.stage, lambda: not of_kind(scene.channel, "card"), step_seconds=step_seconds)
    [message] = said()
    assert scene.studio.paid(prompt) == 1
    return message


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("window_seconds", "rest_seconds"),
    [(180.0, 0.1), (0.0, 130.0)],
    ids=["while the nonce counts", "when the nonce is forgotten"],
)
@pytest.mark.parametrize(("prompt", "kind"), [("A heron at dawn", "video"), ("A doomed balloon", "fail")])
async def test_a_lost_answer_of_discord_posts_nothing_twice(
    tmp_path: Path, prompt: str, kind: str, window_seconds: float, rest_seconds: float
) -> None:
    """P3: Discord has the video or the notice and its response is lost: a retry or a search keeps it single."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        scene.chat.nonce_window_seconds = window_seconds
        await scene.ada.slash(scene.channel, "video", prompt=prompt)
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
        await inspection.job(scene.stage, prompt, "rendering")
        if window_seconds:
            scene.chat.faults.add("message_create", Fault.drop(after=True), times=2)
            scene.stage.jump(600)
            await scene.chat.wait_for(lambda: ever_posted(scene.chat, scene.channel, kind) or None)
            await time_passes_until(scene.stage, lambda: len(scene.chat.faults.struck) == 2, step_seconds=rest_seconds)
        else:
            # The next try comes only after the time in which a nonce is sure to count.
            scene.chat.faults.add("message_create", Fault.drop(after=True))
            scene.chat.faults.add("history", Fault.status(503), times=FOR_EVER)
            scene.stage.jump(600)
            await scene.chat.wait_for(lambda: scene.chat.faults.struck or None)
            scene.stage.jump(rest_seconds)
            await time_passes_until(scene.stage, lambda: len(scene.chat.faults.struck) > 2, step_seconds=rest_seconds)
            scene.chat.faults.clear()
        message = await ends_once(scene, kind, prompt)
        assert message in scene.channel.messages


@pytest.mark.reliability
async def test_a_discord_that_answers_503_is_tried_until_it_takes_the_video(tmp_path: Path) -> None:
    """P2: after eight refusals by a broken proxy the video is posted once."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await inspection.job(scene.stage, "A heron at dawn", "rendering")
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
        scene.chat.faults.add("message_create", Fault.status(503), times=8)
        scene.stage.jump(600)
        await ends_once(scene, "video", "A heron at dawn")
        assert len(scene.chat.faults.struck) == 8


@pytest.mark.reliability
async def test_ten_minutes_without_discord_lose_nothing(tmp_path: Path) -> None:
    """P2: a video, a failure and a refusal end while Discord is away; all three are posted afterwards."""
    async with a_scene(tmp_path, render_seconds=300.0) as scene:
        prompts = {"A heron at dawn": "video", "A doomed balloon": "fail", "A second heron": "video"}
        for prompt in prompts:
            await scene.ada.slash(scene.channel, "video", prompt=prompt)
            await inspection.job(scene.stage, prompt, "rendering")
            await wait_card(scene.chat, scene.channel, prompt)
        for kind in EVERYTHING:
            scene.chat.faults.add(kind, Fault.status(503), times=FOR_EVER)
        await scene.chat.drop_gateway(resumable=False)
        for _ in range(20):
            scene.stage.jump(30)
            await asyncio.sleep(0.05)
        assert not ever_posted(scene.chat, scene.channel, "video")
        tries = len(scene.chat.faults.struck)
        assert tries < 200, tries
        scene.chat.faults.clear()
        for prompt, kind in prompts.items():
            await ends_once(scene, kind, prompt)


async def test_a_reply_is_not_paid_for_when_discord_is_back_too_late(tmp_path: Path) -> None:
    """P1: the bot couldn't check in time if the reply still exists: its job ends, uncharged; commands went on."""
    async with a_scene(tmp_path, {"MAX_RENDERING_JOBS": "1"}) as scene:
        video = await scene.make("A heron at dawn")
        scene.chat.faults.add("message_get", Fault.status(503), times=FOR_EVER)
        await scene.ada.reply(video, "Now at dusk, please")
        await inspection.job(scene.stage, "Now at dusk, please", "accepted")
        await time_passes_until(scene.stage, lambda: scene.chat.faults.struck)
        await scene.make("A second heron")
        scene.stage.jump(3600)
        [notice] = await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "fail"), step_seconds=5)
        assert "Now at dusk, please" in notice.text
        scene.chat.faults.clear()
        await scene.make("A third heron")
        assert scene.studio.paid("Now at dusk, please") == 0
        assert submissions(scene) == 3


@pytest.mark.reliability
async def test_half_an_hour_without_the_provider_costs_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """While the provider is down it is asked rarely and never for money, new commands get a word; then all arrive."""
    async with a_scene(tmp_path, {"MAX_RENDERING_JOBS": "6"}, render_seconds=600.0) as scene:
        prompts = [f"Heron number {number}" for number in range(6)]
        for prompt in prompts:
            await scene.ada.slash(scene.channel, "video", prompt=prompt)
            await inspection.job(scene.stage, prompt, "rendering")
        # The seventh waits for a place, and would be sent as soon as there is one.
        await scene.ada.slash(scene.channel, "video", prompt="A seventh heron")
        await inspection.job(scene.stage, "A seventh heron", "accepted")
        for operation in ("poll", "ping", "list", "create", "file", "content"):
            scene.studio.faults.add(operation, StudioFault.status(503), times=FOR_EVER)
        await time_passes_until(scene.stage, lambda: asked(scene) >= 5, step_seconds=1)
        before = asked(scene)
        refused = await scene.ada.slash(scene.channel, "video", prompt="A heron too many")
        assert says((await refused.wait_answer()).content, Reason.PROVIDER_DOWN)
        for _ in range(120):
            scene.stage.jump(15)
            await asyncio.sleep(0.03)
        minutes = 30
        assert asked(scene) - before <= 4 * minutes + 10
        assert submissions(scene) == 6
        scene.studio.faults.clear()
        for prompt in [*prompts, "A seventh heron"]:
            await ends_once(scene, "video", prompt, step_seconds=15)
        assert submissions(scene) == 7
        assert not ever_posted(scene.chat, scene.channel, "fail")


@pytest.mark.reliability
async def test_both_outages_at_once_lose_nothing_of_hundreds_of_jobs(tmp_path: Path) -> None:
    """P1–P3 and bounded requests: Discord is away for 10 minutes, the provider for those and 20 more.

    The jobs are put where they would be; what is fetched is one small file, so that only the bot's own work counts.
    """
    settings = {"MAX_RENDERING_JOBS": "1100", "POLL_MIN_SECONDS": "1", "POLL_MAX_SECONDS": "60"}
    async with a_scene(tmp_path, settings, start=False, render_seconds=600.0) as scene:
        early, all_jobs = DONE_EARLY, JOBS
        prompts = [f"Number {number}" for number in range(all_jobs)]
        await at_the_provider(scene, prompts)
        # The first ones are done by the time the bot asks.
        for render in scene.studio.renders[:early]:
            render.state = RenderState.COMPLETED
        scene.studio.faults.add("file", StudioFault.body(mp4(), take=False, content_type="video/mp4"), times=FOR_EVER)
        await scene.stage.start_bot()
        scene.chat.faults.add(EVERYTHING, Fault.status(503), times=FOR_EVER)
        await scene.chat.drop_gateway(resumable=False)
        await passes(scene, lambda: len(inspection.jobs(scene.stage, state="posting")) == early, step_seconds=1)
        for operation in ("poll", "ping", "list", "create", "content"):
            scene.studio.faults.add(operation, StudioFault.status(503), times=FOR_EVER)
        await passes(scene, lambda: asked(scene) >= 5, step_seconds=1)
        await passes_evenly(scene, minutes=1)
        before, tries = asked(scene), len(scene.chat.faults.struck)
        await passes_evenly(scene, minutes=10)
        assert asked(scene) - before <= 4 * 10 + 2
        assert len(scene.chat.faults.struck) - tries <= 4 * 10 * 5
        assert not ever_posted(scene.chat, scene.channel, "video")
        scene.chat.faults.clear()
        await scene.chat.bot_ready(40)
        await passes(scene, lambda: len(ever_posted(scene.chat, scene.channel, "video")) == early, step_seconds=5)
        before = asked(scene)
        refused = await scene.ada.slash(scene.channel, "video", prompt="One more")
        assert says((await refused.wait_answer()).content, Reason.PROVIDER_DOWN)
        await passes_evenly(scene, minutes=20)
        assert asked(scene) - before <= 4 * 20 + 4
        for operation in ("poll", "ping", "list", "create", "content"):
            scene.studio.faults.clear(operation)
        await passes(scene, lambda: len(inspection.jobs(scene.stage, state="delivered")) == all_jobs, step_seconds=2)
        said = [message.text for message in ever_posted(scene.chat, scene.channel, "video")]
        assert len(said) == all_jobs == len(inspection.jobs(scene.stage))
        assert all(sum(f"`{prompt}`" in text for text in said) == 1 for prompt in prompts)
        assert len(scene.studio.renders) == all_jobs
        assert submissions(scene) == 0
        assert not [kind for kind in ("fail", "unsure", "late", "slow") if ever_posted(scene.chat, scene.channel, kind)]


@pytest.mark.reliability
async def test_one_row_that_cannot_be_read_keeps_no_other_from_being_delivered(tmp_path: Path) -> None:
    """L10: of many running jobs one row says what no bot has written: all the others are delivered, once each."""
    settings = {"MAX_RENDERING_JOBS": "1100", "POLL_MIN_SECONDS": "1", "POLL_MAX_SECONDS": "60"}
    async with a_scene(tmp_path, settings, start=False, render_seconds=60.0) as scene:
        prompts = [f"Number {number}." for number in range(BESIDE_THE_SPOILT)]
        await at_the_provider(scene, [*prompts, "Spoilt."])
        change_rows(scene.stage, "UPDATE jobs SET via = 'nonsense' WHERE prompt = 'Spoilt.'")
        scene.studio.faults.add("file", StudioFault.body(mp4(), take=False, content_type="video/mp4"), times=FOR_EVER)
        await scene.stage.start_bot()
        scene.stage.jump(60)
        await passes(
            scene, lambda: len(inspection.jobs(scene.stage, state="delivered")) == BESIDE_THE_SPOILT, step_seconds=1
        )
        said = [message.text for message in ever_posted(scene.chat, scene.channel, "video")]
        assert len(said) == BESIDE_THE_SPOILT
        assert all(sum(f"`{prompt}`" in text for text in said) == 1 for prompt in prompts)
        assert [row["state"] for row in inspection.jobs(scene.stage, prompt="Spoilt.")] == ["rendering"]
        assert submissions(scene) == 0


async def passes_evenly(scene: Scene, *, minutes: int) -> None:
    """Let that much time pass in steps that a breaker's probes fit in."""
    for _ in range(4 * minutes):
        scene.stage.jump(15)
        await asyncio.sleep(0.03)


async def test_a_second_post_it_in_vain_is_reported_again(tmp_path: Path) -> None:
    """P2: the video still can't be posted after Post it: the person hears it a second time, and nothing is made."""
    async with a_scene(tmp_path, result="content_only") as scene:
        scene.ada.user.dms_open = False
        scene.guild.upload_limit_override_bytes = 1000
        await (await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")).wait_state("deleted")
        for number in (1, 2, 3):
            await time_passes_until(
                scene.stage, lambda n=number: len(ever_posted(scene.chat, scene.channel, "fail")) == n, step_seconds=5
            )
            await inspection.job(scene.stage, "A heron at dawn", "undeliverable")
            again = await press(scene.ada, of_kind(scene.channel, "fail")[-1], Action.POST_IT)
            assert (await again.wait_answer()).state != "failed"
        assert scene.studio.paid("A heron at dawn") == 1


def asked(scene: Scene) -> int:
    """How many requests the provider answered with 503."""
    return sum(request.status == 503 for request in scene.studio.requests)


def submissions(scene: Scene) -> int:
    """How many paid requests the provider has received, with any outcome."""
    return sum(request.operation in {"create", "remix"} for request in scene.studio.requests)
