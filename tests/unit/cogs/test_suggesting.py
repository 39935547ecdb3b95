"""One person's keystrokes: each is answered, and of those that wait only the newest is looked up."""

import asyncio

import pytest

from bot.jobs.model import JobId
from bot.jobs.rights import Asker
from bot.jobs.store.finding import Suggestion
from cogs.suggesting import Keystrokes
from tests.unit.bot.jobs.samples import ANNA, BEN, HERE, NEXT_DOOR

ANNA_HERE = Asker(ANNA, HERE)


class FakeLookup:
    """Returns the typed text as the prompt of one choice, when it is let go on."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.go_on = asyncio.Event()

    async def find(self, _asker: Asker, typed: str) -> list[Suggestion]:
        self.began.append(typed)
        await self.go_on.wait()
        if typed == "broken":
            raise LookupError(typed)
        return [Suggestion(JobId("A"), typed, 1.0)]


@pytest.fixture
async def lookup() -> FakeLookup:
    return FakeLookup()


@pytest.fixture
async def keystrokes(lookup: FakeLookup) -> Keystrokes:
    return Keystrokes(lookup.find)


async def type_all(
    keystrokes: Keystrokes, *texts: str, asker: Asker = ANNA_HERE
) -> list[asyncio.Task[list[Suggestion]]]:
    """One keystroke after the other, as the gateway brings them."""
    tasks = []
    for text in texts:
        tasks.append(asyncio.create_task(keystrokes.find(asker, text)))
        for _ in range(5):
            await asyncio.sleep(0)
    return tasks


async def answers(lookup: FakeLookup, *tasks: asyncio.Task[list[Suggestion]]) -> list[str]:
    lookup.go_on.set()
    return [found[0].prompt for found in await asyncio.gather(*tasks)]


async def test_keystrokes_that_wait_are_merged(lookup: FakeLookup, keystrokes: Keystrokes) -> None:
    """While one is looked up three more come: one look-up, for the newest, answers all three."""
    tasks = await type_all(keystrokes, "f", "fo", "fox", "fox r")
    assert lookup.began == ["f"]
    assert await answers(lookup, *tasks) == ["f", "fox r", "fox r", "fox r"]
    assert lookup.began == ["f", "fox r"]


async def test_keystrokes_at_once_are_one_lookup(lookup: FakeLookup, keystrokes: Keystrokes) -> None:
    """Before a look-up has begun, the newest text is taken."""
    tasks = [asyncio.create_task(keystrokes.find(ANNA_HERE, text)) for text in ("f", "fo", "fox")]
    assert await answers(lookup, *tasks) == ["fox"] * 3
    assert lookup.began == ["fox"]


async def test_one_after_the_other_each_is_looked_up(lookup: FakeLookup, keystrokes: Keystrokes) -> None:
    """Nothing is kept for later: a video may have been finished meanwhile."""
    lookup.go_on.set()
    for _ in range(2):
        assert await answers(lookup, *await type_all(keystrokes, "fox")) == ["fox"]
    assert lookup.began == ["fox", "fox"]
    assert (keystrokes._typed, keystrokes._waiting, keystrokes._reading) == ({}, {}, {})


async def test_people_and_places_do_not_wait_for_each_other(lookup: FakeLookup, keystrokes: Keystrokes) -> None:
    """The choices of another person, or of another channel, are others."""
    tasks = [
        *await type_all(keystrokes, "anna"),
        *await type_all(keystrokes, "ben", asker=Asker(BEN, HERE)),
        *await type_all(keystrokes, "next door", asker=Asker(ANNA, NEXT_DOOR)),
    ]
    assert lookup.began == ["anna", "ben", "next door"]
    assert await answers(lookup, *tasks) == ["anna", "ben", "next door"]


async def test_a_lookup_that_breaks_hinders_no_later_one(lookup: FakeLookup, keystrokes: Keystrokes) -> None:
    """It fails for those that it was for."""
    broken, later = await type_all(keystrokes, "broken", "fox")
    assert await answers(lookup, later) == ["fox"]
    with pytest.raises(LookupError):
        await broken


async def test_a_cancelled_caller_stops_no_other(lookup: FakeLookup, keystrokes: Keystrokes) -> None:
    """The look-up is shared."""
    _first, gone, stays = await type_all(keystrokes, "f", "fo", "fox")
    gone.cancel()
    assert await answers(lookup, stays) == ["fox"]
    await _first
