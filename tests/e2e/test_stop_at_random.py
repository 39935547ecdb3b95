"""Stop, Post it and Don't post at random moments, kills between them: by the studio's count one request at most."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import pytest

from bot.chat.custom_ids import Action, ButtonId, MessageKind
from bot.jobs.model import JobId
from bot.jobs.states import ENDS
from sandbox.chat import Channel, Message, Person
from sandbox.chat.command_filler import NotPossibleError
from sandbox.stage import Stage
from sandbox.studio.faults import Fault
from sandbox.studio.state import RenderState
from tests.databases import Row
from tests.e2e import inspection
from tests.e2e.messages import actions, is_card, press
from tests.e2e.stop_scene import a_stopping_stage, stops
from tests.figures import figure

SEEDS, JOBS, ACTS = figure(1, 10), figure(4, 8), figure(24, 80)
DELETES = ("marks", "aborts", "aborts_slowly", "forgets", "finished_only", "none")
MESS = (Fault.drop(take=True), Fault.drop(take=False), Fault.status(503), Fault.status(200, json={}, take=False))
SECONDS = 120


class Crowd:
    """One person with several renders; `stopped`: the prompts of which Stop, or an older card's Cancel, was pressed."""

    def __init__(self, stage: Stage, channel: Channel, ada: Person, rng: random.Random) -> None:
        self.stage, self.channel, self.ada, self.rng = stage, channel, ada, rng
        self.stopped: set[str] = set()
        self.kills = 0

    async def act(self) -> None:
        """Something at random."""
        match self.rng.choice(("press", "press", "press", "old button", "kill", "time", "dial")):
            case "press":
                await self._press()
            case "old button":
                await self._press_dont_post()
            case "kill":
                await self.stage.bot.kill()
                await self.stage.chat.bot_gone()
                await self.stage.start_bot()
                self.kills += 1
            case "time":
                self.stage.jump(self.rng.choice((1.0, 5.0, 30.0)))
            case _:
                self.stage.studio.dials.cancel = self.rng.choice(DELETES)
                if self.rng.random() < 0.5:
                    self.stage.studio.faults.add("cancel", self.rng.choice(MESS))
        await asyncio.sleep(self.rng.random() * 0.2)

    def _cards(self) -> list[Message]:
        return [one for one in self.channel.messages if is_card(one) and one.buttons]

    async def _press(self) -> None:
        if not (cards := self._cards()):
            return
        card = self.rng.choice(cards)
        for action in actions(card):
            if action in (Action.STOP, Action.CANCEL):
                self.stopped.update(prompt for prompt in prompts() if prompt in card.text)
            with suppress(NotPossibleError):
                await press(self.ada, card, action)

    async def _press_dont_post(self) -> None:
        if not (cards := self._cards()):
            return
        card = self.rng.choice(cards)
        job_id = next(one.custom_id.split(":")[3] for one in card.buttons if one.custom_id)
        await self.ada.forge_click(card, str(ButtonId(MessageKind.CARD, Action.WITHHOLD, JobId(job_id))))


def prompts() -> list[str]:
    """One for each render."""
    return [f"A heron of the {number}. kind" for number in range(JOBS)]


@pytest.mark.reliability
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_however_it_is_pressed_a_render_is_stopped_once_at_most(tmp_path: Path, seed: int) -> None:
    """At most one DELETE for each render, none without a press of Stop; each is paid once, and ends as it should."""
    rng = random.Random(seed)
    async with a_stopping_stage(tmp_path, settings={"MAX_RENDERING_JOBS": "20"}) as stage:
        guild, ada = stage.chat.add_guild("Night Shift"), stage.chat.add_person("Ada")
        guild.join(ada)
        crowd = Crowd(stage, guild.add_channel("videos"), ada, rng)
        for prompt in prompts():
            stage.studio.dials.render_seconds = rng.uniform(20.0, 200.0)
            await ada.slash(crowd.channel, "video", prompt=prompt)
            await inspection.job(stage, prompt, "rendering")
        for _ in range(ACTS):
            await crowd.act()
        await at_rest(stage)
        print(f"seed {seed}: {len(crowd.stopped)} stopped, {crowd.kills} kills")  # noqa: T201  # the test's figures
        for prompt in prompts():
            judge(stage, prompt, was_pressed=prompt in crowd.stopped)
        assert "Traceback" not in stage.bot.log()


async def at_rest(stage: Stage) -> None:
    """Let time pass until all jobs have ended."""
    try:
        async with asyncio.timeout(SECONDS):
            while any(row["state"] not in {*ENDS, "uncertain"} for row in inspection.jobs(stage)):
                stage.jump(10.0)
                await asyncio.sleep(0.2)
    except TimeoutError:
        stand = [(row["prompt"], row["state"], row["withheld"], row["stop_sent_at"]) for row in inspection.jobs(stage)]
        raise AssertionError(f"never came to rest: {stand}") from None


def judge(stage: Stage, prompt: str, *, was_pressed: bool) -> None:
    """By the studio's counts and the bot's row."""
    (row,) = inspection.jobs(stage, prompt=prompt)
    (render,) = [one for one in stage.studio.renders if one.prompt == prompt]
    asked = stops(stage, render.id)
    place = f"{prompt}: {row['state']}, {render.state}, asked {len(asked)}, pressed {was_pressed}"
    assert len(asked) <= (1 if was_pressed else 0), place
    assert row["state"] in _ends(row, render.state), place
    assert row["charged"] == ("unknown" if row["state"] in ("stopped", "lost") else "yes"), place


def _ends(row: Row, state: RenderState) -> tuple[str, ...]:
    if state is RenderState.CANCELLED:
        return ("stopped",) if row["withheld"] else ("lost",)
    if row["stop_sent_at"] is not None:
        # Some providers forget what they go on with.
        return ("delivered", "cancelled", "stopped", "lost")
    return ("cancelled",) if row["withheld"] else ("delivered",)
