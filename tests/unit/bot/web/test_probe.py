"""Questions of the pages: asked once at a time, waited for briefly, and not asked again while the answer is fresh."""

import asyncio

from bot.jobs.database import StoreUnavailableError
from bot.web.probe import Fresh, Probe
from tests.unit.bot.engine.fake_clock import FakeClock


class Question:
    """Something that answers when a test lets it."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.asked = 0
        self.fault: Exception | None = None

    async def __call__(self) -> int:
        self.asked += 1
        await self.answers.wait()
        if self.fault is not None:
            raise self.fault
        return self.asked


async def test_a_question_that_hangs_is_asked_once() -> None:
    """Each reader gets a fault in time; the answer that comes later ends the question, and the next one is asked."""
    question = Question()
    probe = Probe("The disk", question, 0.01)
    answers = await asyncio.gather(probe.ask(), probe.ask())
    assert {answer.fault for answer in [*answers, await probe.ask()]} == {"The disk hasn't answered for 0.01 s."}
    assert question.asked == 1
    question.answers.set()
    await asyncio.sleep(0)
    assert [(await probe.ask()).value for _ in range(2)] == [2, 3]
    await probe.end()


async def test_a_question_that_fails_says_why() -> None:
    """In a sentence for the operator: a database in its own words, a disk in those of the system."""
    question = Question()
    question.answers.set()
    probe = Probe("The data folder", question, 5.0)
    question.fault = StoreUnavailableError("The database could not do this: it is locked.")
    assert (await probe.ask()).fault == "The database could not do this: it is locked."
    question.fault = OSError(5, "Input/output error")
    assert (await probe.ask()).fault == "The data folder can't be used: Input/output error."
    question.fault = None
    assert await probe.ask() == (3, None)


async def test_a_fresh_answer_is_not_looked_for_again() -> None:
    """A second long, by the bot's clock; readers at the same time share one search."""
    clock, question = FakeClock(), Question()
    fresh = Fresh(question, clock)
    readers = [asyncio.create_task(fresh.get()) for _ in range(5)]
    await asyncio.sleep(0)
    question.answers.set()
    assert await asyncio.gather(*readers) == [1] * 5
    clock.seconds += 0.9
    assert await fresh.get() == 1
    clock.seconds += 0.2
    assert await fresh.get() == 2
    await fresh.end()


async def test_a_reader_that_goes_ends_no_search() -> None:
    """The others still get what it finds."""
    question = Question()
    fresh = Fresh(question, FakeClock())
    first, second = (asyncio.create_task(fresh.get()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    question.answers.set()
    assert await second == 1
    await fresh.end()
