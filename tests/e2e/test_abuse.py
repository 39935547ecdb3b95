"""What people or a bug of our own could do to the money, counted at the provider: refused prompts, loops, restarts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pytest

from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.stage import Stage
from tests.e2e import inspection
from tests.e2e.messages import time_passes_until, wait_card
from tests.e2e.scene import Scene, a_stage
from tests.figures import figure
from tests.wording import says

SMALL = {"default_size": "160x90", "frames_per_second": 1}
ROOT = Path(__file__).parents[2]
TEN_MINUTES = 600.0
CAP = 5
LIVES = figure(5, 20)
STEP_SECONDS = 5.0
# The bot's own code, made wrong from outside before it runs.
FORGETS = """
    from bot.jobs.states import TABLE, Event, Move, State
    # What the provider took is forgotten at once, so the job is sent again, for ever.
    TABLE[State.SUBMITTING, Event.TAKEN] = Move(State.ACCEPTED)
"""
SENDS_UNMARKED = """
    import asyncio
    from bot.engine.pipeline import scheduler
    from bot.engine.pipeline import submit_step as submit
    from bot.videos.values import Order

    async def wild(parts, throttles, job, provider_id):
        [route] = throttles.routes_of(job)
        order = Order(job.request.prompt, job.idempotency_key, route.model)
        await asyncio.gather(*(route.provider.client.create(order) for _ in range(50)), return_exceptions=True)
        return await submit.submit(parts, throttles, job, provider_id)

    scheduler.submit = wild
"""


@asynccontextmanager
async def a_scene(folder: Path, **settings: str) -> AsyncIterator[Scene]:
    """A bot, and Ada in a channel."""
    async with a_stage(folder, settings=settings, **SMALL) as stage:
        guild = stage.chat.add_guild("Mint")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)


def posts_at(stage: Stage, word: str = "") -> list[float]:
    """When each paid request with that word in its prompt reached the provider."""
    paid = [one for one in stage.studio.requests if one.operation in ("create", "remix")]
    return sorted(one.at for one in paid if word in str(one.fields.get("prompt")))


def most_within(moments: list[float], seconds: float) -> int:
    """The largest number of them in any stretch of time of that length."""
    return max((sum(first <= one < first + seconds for one in moments) for first in moments), default=0)


# ── refused prompts ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("word", "end"), [("forbidden", "refused"), ("doomed", "failed")])
async def test_three_refusals_for_content_let_that_person_rest(tmp_path: Path, word: str, end: str) -> None:
    """After three, at once or in the render, Ada waits ten minutes and hears until when; Ben doesn't; no day counts."""
    limits = {"MAX_ACTIVE_JOBS_PER_USER": "3", "MAX_JOBS_PER_USER_PER_DAY": "2"}
    async with a_scene(tmp_path, **limits) as scene:
        stage, channel, ben = scene.stage, scene.channel, scene.join("Ben")
        for number in range(3):
            await inspection.accepted(await scene.ada.slash(channel, "video", prompt=f"A {word} kite {number}"))
            row = await inspection.job(stage, f"A {word} kite {number}", end)
        for _ in range(3):
            said = await inspection.refusal(await scene.ada.slash(channel, "video", prompt="Something harmless"))
            assert says(said, Reason.RESTING)
            assert f"<t:{int(row['ended_at'] + TEN_MINUTES)}:R>" in said
        await inspection.accepted(await ben.slash(channel, "video", prompt="Ben's kite"))
        await inspection.job(stage, "Ben's kite", "delivered")
        stage.jump(TEN_MINUTES - 60)
        assert says(
            await inspection.refusal(await scene.ada.slash(channel, "video", prompt="Still not")), Reason.RESTING
        )
        stage.jump(61)
        for prompt in ("A first of two", "A second of two"):
            await inspection.accepted(await scene.ada.slash(channel, "video", prompt=prompt))
            await inspection.job(stage, prompt, "delivered")
        assert says(
            await inspection.refusal(await scene.ada.slash(channel, "video", prompt="Third")),
            Reason.DAILY_LIMIT,
            limit=2,
        )
        assert most_within(posts_at(stage, word), TEN_MINUTES) == 3


@pytest.mark.parametrize("word", ["forbidden", "doomed"])
async def test_ten_refused_prompts_that_wait_are_sent_three_in_ten_minutes(tmp_path: Path, word: str) -> None:
    """Those that were accepted before wait with their person, say so, lose nothing, and go on by themselves."""
    async with a_scene(tmp_path, MAX_RENDERING_JOBS="1") as scene:
        stage = scene.stage
        gate = stage.studio.gate("create", "before_take")
        for number in range(10):
            await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt=f"A {word} kite {number}"))
        gate.open()
        await wait_card(stage.chat, scene.channel, lambda m: says(m.text, Key.REST_REMARK))
        ben = scene.join("Ben")
        await inspection.accepted(await ben.slash(scene.channel, "video", prompt="Ben's kite"))
        await inspection.job(stage, "Ben's kite", "delivered")

        def ended() -> bool:
            return all(row["state"] in ("refused", "failed") for row in inspection.jobs_of(stage, scene.ada))

        await time_passes_until(stage, ended, step_seconds=20)
        assert {row["cause"] for row in inspection.jobs_of(stage, scene.ada)} == {"content"}
        assert len(posts_at(stage, word)) == 10
        assert most_within(posts_at(stage, word), TEN_MINUTES) == 3


# ── a bug of our own ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bug", [FORGETS, SENDS_UNMARKED], ids=["forgets what was taken", "sends without a mark"])
async def test_a_loop_gone_wild_runs_into_the_hard_stop(tmp_path: Path, bug: str) -> None:
    """Independent of the scheduler, each minute has at most the allowed paid requests; the kill switch stops all."""
    (tmp_path / "bug").mkdir()
    (tmp_path / "bug" / "sitecustomize.py").write_text(dedent(bug))
    path = f"{tmp_path / 'bug'}:{ROOT}"
    async with a_scene(tmp_path, PYTHONPATH=path, MAX_SUBMITS_PER_MINUTE=str(CAP)) as scene:
        stage = scene.stage
        for number in range(3):
            await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt=f"Kite {number}"))
        for minute in range(1, 4):
            await time_passes_until(
                stage, lambda minute=minute: len(posts_at(stage)) >= minute * CAP, step_seconds=STEP_SECONDS
            )
        # A request that is on its way while time is let pass arrives a step later than it left.
        assert most_within(posts_at(stage), 60.0 - 2 * STEP_SECONDS) == CAP
        assert len(posts_at(stage)) > len(inspection.jobs(stage)), "the bug did no harm, so nothing was tried"

        (stage.bot.data_dir / "PAUSED").touch()
        stage.jump(1)
        await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
        before = len(posts_at(stage))
        for _ in range(4):
            stage.jump(60)
            await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
        assert len(posts_at(stage)) == before


# ── restarts ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_hard_stop_remembers_over_a_restart(tmp_path: Path) -> None:
    """Killed and started again within the minute, the bot sends no more in it than was allowed."""
    async with a_scene(tmp_path, MAX_SUBMITS_PER_MINUTE="2") as scene:
        stage = scene.stage
        for number in range(2):
            await scene.make(f"Kite {number}")
        await stage.bot.kill()
        await stage.chat.bot_gone()
        await stage.start_bot()
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Kite 3"))

        def waits() -> bool:
            return inspection.jobs_of(stage, scene.ada)[-1]["waiting_for"] == "rate"

        await time_passes_until(stage, waits, step_seconds=0.0)
        assert len(posts_at(stage)) == 2
        await time_passes_until(stage, lambda: len(posts_at(stage)) == 3, step_seconds=STEP_SECONDS)
        assert most_within(posts_at(stage), 60.0 - STEP_SECONDS) == 2


@pytest.mark.reliability
async def test_twenty_restarts_in_a_day_leave_the_count_as_it_was(tmp_path: Path) -> None:
    """What a person used in 24 hours is counted from what is stored: no restart gives anything back, or takes it."""
    async with a_scene(tmp_path, MAX_JOBS_PER_USER_PER_DAY="3") as scene:
        stage = scene.stage
        for number in range(3):
            await scene.make(f"Kite {number}")
            await inspection.job(stage, f"Kite {number}", "delivered")
            stage.jump(60)
        accepted_at = [row["accepted_at"] for row in inspection.jobs(stage)]
        assert all(one < other for one, other in pairwise(accepted_at))
        for life in range(LIVES):
            await (stage.bot.terminate() if life % 2 else stage.bot.kill())
            await stage.chat.bot_gone()
            stage.jump(3600)
            await stage.start_bot()
            said = await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="One more"))
            assert says(said, Reason.DAILY_LIMIT, limit=3)
            assert f"<t:{int(accepted_at[0] + 86_400)}:R>" in said
        stage.jump(accepted_at[0] + 86_401 - stage.clock.now())
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="A day later"))
        await inspection.job(stage, "A day later", "delivered")
        assert says(
            await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="And one")),
            Reason.DAILY_LIMIT,
            limit=3,
        )
        assert len(posts_at(stage)) == 4
