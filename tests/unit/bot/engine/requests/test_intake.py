"""What is asked before a picture is fetched, and how many one person may have fetched at a time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.engine.requests.intake import Ask, Intake
from bot.jobs.alerts import AlertKind
from bot.jobs.catalogue import Catalogue
from bot.jobs.database import StoreUnavailableError
from bot.jobs.limits import Limits
from bot.jobs.model import Job, Origin, Reference, Upload, UserId, Via, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import State
from bot.media.references import ReferenceRefused
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness
from tests.unit.bot.jobs.samples import a_job

ADA, MALLORY = UserId(1), UserId(2)
PICTURE = Upload("https://cdn.discordapp.com/a.png", "a.png", 9)


class FakeShelf:
    """Records whose pictures were requested; returns them on demand."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(b"picture")
        self.path = lambda _: file
        self.asked: list[UserId] = []
        self.go = asyncio.Event()
        self.fault: ReferenceRefused | None = None

    async def keep_all(self, uploads: tuple[Upload, ...], by: UserId) -> tuple[Reference, ...]:
        if not uploads:
            return ()
        self.asked.append(by)
        await self.go.wait()
        if self.fault is not None:
            raise self.fault
        return tuple(Reference("0" * 64, "png", upload.size_bytes) for upload in uploads)


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path, limits=Limits(3, 25)) as harness:
        yield harness


@pytest.fixture
def shelf(harness: SchedulerHarness, tmp_path: Path) -> FakeShelf:
    harness.context.shelf = FakeShelf(tmp_path / "a.png")
    return harness.context.shelf


@pytest.fixture
def intake(harness: SchedulerHarness) -> Intake:
    harness.context.catalogue = Catalogue.of(["sora-2"], ["1280x720"], ["8"])
    return Intake(harness.context, lambda *_: None, no_frame)  # pyright: ignore[reportArgumentType]


async def no_frame(*_: object) -> Refusal:
    return Refusal(Reason.REMIX_UNDRAWN)


def origin(number: int, user_id: UserId) -> Origin:
    return replace(a_job(State.ACCEPTED).origin, id=str(number), user_id=user_id, via=Via.COMMAND)


async def ask(intake: Intake, number: int, user_id: UserId = MALLORY) -> Job | Refusal:
    return await intake.accept(Ask(VideoRequest("A fox"), (PICTURE,)), origin(number, user_id))


async def test_whose_limit_is_used_up_has_nothing_fetched(
    harness: SchedulerHarness, intake: Intake, shelf: FakeShelf
) -> None:
    """C2: the limits are asked before a byte is fetched."""
    shelf.go.set()
    made = [await ask(intake, number) for number in range(5)]
    assert [isinstance(one, Job) for one in made] == [True, True, True, False, False]
    assert len(shelf.asked) == 3


async def test_requests_at_the_same_time_fetch_no_more_than_may_be_made(
    harness: SchedulerHarness, intake: Intake, shelf: FakeShelf
) -> None:
    """C2: fifty commands at once bring in the pictures of three; another person's are not kept from theirs."""
    asks = [asyncio.create_task(ask(intake, number)) for number in range(50)]
    asks.append(asyncio.create_task(ask(intake, 100, ADA)))
    refused = [task for task in asks if not task.done()]
    async with asyncio.timeout(10):
        while len([task for task in refused if task.done()]) < 47:
            await asyncio.wait([task for task in asks if not task.done()], return_when=asyncio.FIRST_COMPLETED)
        while len(shelf.asked) < 4:  # noqa: ASYNC110 - the database gives no event
            await asyncio.sleep(0.01)
    assert sorted(shelf.asked) == [ADA, MALLORY, MALLORY, MALLORY]
    shelf.go.set()
    made = await asyncio.gather(*asks)
    assert len([one for one in made if isinstance(one, Job)]) == 4
    assert {one.reason for one in made if isinstance(one, Refusal)} == {Reason.ACTIVE_LIMIT}
    shelf.asked.clear()
    assert isinstance(await ask(intake, 101), Refusal)
    assert shelf.asked == []


async def test_the_same_act_twice_at_once_is_one_job(
    harness: SchedulerHarness, intake: Intake, shelf: FakeShelf
) -> None:
    """An act that arrives twice while its pictures come does not count against itself."""
    harness.context.rules = replace(harness.context.rules, limits=Limits(1, 25))
    both = [asyncio.create_task(ask(intake, 7)) for _ in range(2)]
    async with asyncio.timeout(10):
        while len(shelf.asked) < 2:  # noqa: ASYNC110 - the database gives no event
            await asyncio.sleep(0.01)
    shelf.go.set()
    made = await asyncio.gather(*both)
    assert {one.id for one in made if isinstance(one, Job)} == {made[0].id}  # pyright: ignore[reportAttributeAccessIssue]


async def test_the_owner_is_alerted_of_a_disk_without_room_for_pictures(
    harness: SchedulerHarness, intake: Intake, shelf: FakeShelf
) -> None:
    """C2: while the disk is short of space requests with pictures are refused, those without are not."""
    shelf.go.set()
    shelf.fault = ReferenceRefused(Refusal(Reason.DISK_FULL))
    made = await ask(intake, 1)
    assert isinstance(made, Refusal)
    assert made.reason is Reason.DISK_FULL
    assert harness.rung == [AlertKind.ROOM_PICTURES]
    assert isinstance(await intake.accept(Ask(VideoRequest("A fox")), origin(2, MALLORY)), Job)


async def test_a_day_has_room_for_so_many_pictures(
    harness: SchedulerHarness, intake: Intake, shelf: FakeShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C2: cancelling gives a place back and leaves the pictures on the disk, so their bytes are counted as well."""
    monkeypatch.setattr("bot.engine.requests.intake._PICTURES_BYTES_PER_DAY", 20)
    shelf.go.set()
    for number, size_bytes in enumerate((9, 11)):
        picture = Reference(f"{number}" * 64, "png", size_bytes)
        await harness.accept(
            State.CANCELLED,
            origin=origin(number, MALLORY),
            ended_at=harness.clock.now(),
            request=VideoRequest("A fox", references=(picture, picture)),
        )
    refused = await ask(intake, 10)
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.REFERENCES_LIMIT
    assert shelf.asked == []
    assert isinstance(await ask(intake, 11, ADA), Job)
    assert isinstance(await intake.accept(Ask(VideoRequest("A fox")), origin(12, MALLORY)), Job)
    harness.clock.jump(86_401)
    assert isinstance(await ask(intake, 13), Job)


@pytest.mark.parametrize("statement", ["find_by_origin", "find_room", "measure_pictures", "accept"])
async def test_pictures_that_can_not_be_stored_are_refused(
    harness: SchedulerHarness, intake: Intake, shelf: FakeShelf, statement: str
) -> None:
    """Wherever the database fails on the way to a request with pictures."""
    shelf.go.set()

    def breaking(run: Any) -> Any:
        async def broken(work: Any, *args: Any, **changes: Any) -> Any:
            if work.__name__ == statement:
                raise StoreUnavailableError("The database could not do this: locked.")
            return await run(work, *args, **changes)

        return broken

    store = SimpleNamespace(
        is_shared=False, read=breaking(harness.database.read), write=breaking(harness.database.write)
    )
    harness.context.database = store
    refused = await intake.accept(Ask(VideoRequest("a fox"), (PICTURE,)), a_job(user_id=ADA).origin)
    assert refused == Refusal(Reason.STORE_UNAVAILABLE)


@pytest.mark.parametrize("why", [Reason.PAUSED, Reason.PROVIDER_DOWN, Reason.ACCOUNT_PAUSED])
async def test_if_only_the_models_providers_are_closed_the_others_are_named(
    harness: SchedulerHarness, why: Reason
) -> None:
    """Those that take the whole request and have a provider now; if there is none, or for a remix, the plain reason."""
    catalogue = Catalogue.of(["paused", "open", "also", "without"], ["1280x720"], ["8"])
    *able, without = catalogue.models
    harness.context.catalogue = Catalogue((*able, replace(without, references=0, sizes=("1x1",))))
    closed = {"paused", None}

    def pausing(_: UserId | None, request: VideoRequest | None, __: str | None) -> Refusal | None:
        return Refusal(why) if request is not None and request.model in closed else None

    intake = Intake(harness.context, pausing, no_frame)  # pyright: ignore[reportArgumentType]
    one = VideoRequest("A fox", size="1280x720")
    named = Refusal(Reason.MODEL_CLOSED, {"model": "paused", "models": ("open", "also")})
    assert await intake.accept(Ask(one), origin(1, ADA)) == named
    assert await intake.check(Ask(replace(one, model="paused")), ADA) == named
    assert isinstance(await intake.accept(Ask(replace(one, model="also")), origin(2, ADA)), Job)
    assert await intake.check(Ask(replace(one, model="paused", parent_id=a_job().id)), ADA) == Refusal(why)
    closed |= {"open", "also"}
    assert await intake.check(Ask(one), ADA) == Refusal(why)
