"""A batch of three, killed before and after every commit and every request of its life."""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from bot.jobs.states import ENDS
from sandbox.chat import Person
from sandbox.chat.faults import When
from tests.databases import Row, rows_of
from tests.e2e import inspection
from tests.e2e.kill_sweep import STRIDE
from tests.e2e.messages import actions, ever_posted
from tests.e2e.restart_scene import a_scene
from tests.e2e.scene import Scene
from tests.figures import figure

Where = Literal["commit", "request to Discord", "request to the provider"]
_MOST_POINTS = 80
_SECONDS = 100
_LOOKS_BETWEEN_STEPS = 20
# In `make test` every ninth of them is met, in each sweep others.
_STRIDE = figure(9, STRIDE)
_FIRST: dict[tuple[Where, When], int] = {
    ("commit", "before"): 1,
    ("commit", "after"): 4,
    ("request to Discord", "before"): 2,
    ("request to Discord", "after"): 5,
    ("request to the provider", "before"): 3,
    ("request to the provider", "after"): 1,
}


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("where", ["commit"])
async def test_a_batch_killed_anywhere_is_paid_and_posted_once(tmp_path: Path, where: Where, when: When) -> None:
    """P1, P2, P3 for each line; all lines are stored or none, and there is one card."""
    async with a_scene(tmp_path) as scene:
        killed: list[int] = []
        for number in range(min(_FIRST[where, when], _STRIDE), _MOST_POINTS, _STRIDE):
            if not await _killed_at(scene, where, when, number):
                break
            killed.append(number)
        assert killed, "nothing was ever killed"
        assert killed[-1] < _MOST_POINTS - _STRIDE, "it never came through"
        print(f"batch: killed {when} each {where} of {killed}")  # noqa: T201  # the test's figure


async def _killed_at(scene: Scene, where: Where, when: When, number: int) -> bool:
    """Live one life until its `number`-th such moment, and the rest after a restart; False if it has fewer."""
    asker = scene.join(f"Ada the {number}.")
    lines = [f"Heron {line} of batch {number}" for line in ("one", "two", "three")]
    died = await _dies(scene, where, when, number, asker, lines)
    in_doubt = {row["prompt"] for row in _rows(scene, asker) if row["state"] == "submitting"} if died else set[str]()
    if died:
        await scene.chat.bot_gone()
        stored = len(_rows(scene, asker))
        assert stored in (0, 3)
        await scene.stage.start_bot()
        if stored:
            await _until(scene, lambda: _at_rest(scene, asker), step_seconds=20.0)
    _judge(scene, asker, lines, in_doubt)
    return died


async def _dies(scene: Scene, where: Where, when: When, number: int, asker: Person, lines: list[str]) -> bool:
    stage, bot = scene.stage, scene.stage.bot
    form = await (await asker.slash(scene.channel, "batch")).wait_form()
    if where == "commit":
        bot.crash_at_commit(number, when)
        await asker.submit(form, {"prompt": "\n".join(lines)})
        await _until(scene, lambda: not bot.running or _at_rest(scene, asker))
        bot.crash_at_commit(0, when)
        died = not bot.running
        await bot.kill()
        if not died:
            await scene.chat.bot_gone()
            await stage.start_bot()
        return died
    if where == "request to Discord":
        gate = scene.chat.gate("anything", when, skip=number - 1)
        forget, cut = scene.chat.faults.remove_gate, gate.drop
    else:
        gate = scene.studio.gate("anything", "before_take" if when == "before" else "after_take", skip=number - 1)
        forget, cut = scene.studio.remove_gate, gate.cut
    await asker.submit(form, {"prompt": "\n".join(lines)})
    await _until(scene, lambda: gate.reached.is_set() or _at_rest(scene, asker))
    if not gate.reached.is_set():
        forget(gate)
        return False
    await bot.kill()
    cut()
    return True


def _rows(scene: Scene, asker: Person) -> list[Row]:
    return inspection.jobs_of(scene.stage, asker)


def _at_rest(scene: Scene, asker: Person) -> bool:
    """Whether each line has ended, or its requester was asked, everything is said, and the card shows the end."""
    rows = _rows(scene, asker)
    if len(rows) != 3 or any(row["state"] not in {*ENDS, "uncertain"} for row in rows):
        return False
    ids = [row["id"] for row in rows]
    posts = rows_of(scene.stage, "SELECT * FROM posts WHERE job_id IN (?, ?, ?)", *ids)
    settled = all(post["state"] in {"sent", "gone", "refused"} for post in posts)
    is_open = any(row["state"] == "uncertain" for row in rows)
    return settled and all(post["state"] == "gone" or is_open for post in posts if post["kind"] == "batch")


async def _until(scene: Scene, true: Callable[[], bool], *, step_seconds: float = 0.0) -> None:
    """Return once that is so; what was put off comes with time that passes."""
    async with asyncio.timeout(_SECONDS):
        for looks in itertools.count(1):
            if true():
                return
            if step_seconds and looks % _LOOKS_BETWEEN_STEPS == 0:
                scene.stage.jump(step_seconds)
            await asyncio.sleep(0.03)


def _judge(scene: Scene, asker: Person, lines: list[str], in_doubt: set[str]) -> None:
    """By the two servers' counts: each line paid at most once, posted or asked about exactly once, and one card."""
    rows = {row["prompt"]: row for row in _rows(scene, asker)}
    cards = [m for m in ever_posted(scene.chat, scene.channel, "batch") if lines[0] in m.text]
    assert len(cards) <= 1, lines
    for line in lines:
        told = {
            kind: sum(line in m.text for m in ever_posted(scene.chat, scene.channel, kind))
            for kind in ("video", "fail", "unsure")
        }
        paid = scene.studio.paid(line)
        found = f"{line}: {told}, paid {paid}, {rows[line]['state'] if rows else 'no row'}"
        if not rows:
            assert (paid, sum(told.values())) == (0, 0), found
            continue
        assert paid <= 1, found
        if line in in_doubt:
            assert (rows[line]["state"], told) == ("uncertain", {"video": 0, "fail": 0, "unsure": 1}), found
        else:
            assert (rows[line]["state"], paid) == ("delivered", 1), found
            assert told == {"video": 1, "fail": 0, "unsure": 0}, found
    if rows and not in_doubt:
        assert len(cards) == 1, lines
        assert actions(cards[0]) == [], lines
