"""What is said once stays said, however the loop's look at the rows and the end of a sending overlap."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.chat.courier import CourierFault, NotTaken, OutcomeUnknown, Parcel
from bot.engine.board import Board
from bot.engine.telling import Teller
from bot.jobs.database import Database, open_database
from bot.jobs.migrating import migrate
from bot.jobs.model import Cause, Job, MessageId, Post, PostKind, PostState
from bot.jobs.states import State
from bot.jobs.store import posts
from tests.unit.bot.engine.hand_clock import HandClock
from tests.unit.bot.jobs.samples import a_job, put


class Discord:
    """Takes every message, holds its answer back until told, or has a fault instead; cannot be searched."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.resting_seconds = 0.0
        self.fault: CourierFault | None = None
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    def rest_seconds(self) -> float:
        return self.resting_seconds

    async def post(self, parcel: Parcel) -> MessageId:
        self.parcels.append(parcel)
        self.asked.set()
        await self.may_answer.wait()
        if self.fault is not None:
            raise self.fault
        return MessageId(len(self.parcels))

    async def find(self, *_: object) -> MessageId | None:
        raise OutcomeUnknown("Discord answered 503.")


class LateRows:
    """A database whose list of unsent messages reaches the teller only when it may: it is old by then."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.write = database.write
        self.in_hand = asyncio.Event()
        self.may_arrive = asyncio.Event()
        self.may_arrive.set()

    async def read(self, work: Callable[..., Awaitable[Any]], *args: object) -> Any:
        found = await self._database.read(work, *args)
        if work is posts.find_unsent:
            self.in_hand.set()
            await self.may_arrive.wait()
        return found


class World:
    """A teller with one failed job's notice to say."""

    def __init__(self, database: Database, job: Job) -> None:
        self.database, self.job = database, job
        self.rows, self.discord, self.clock = LateRows(database), Discord(), HandClock()
        rules = SimpleNamespace(job_give_up_seconds=86_400.0)
        self.teller = Teller(
            SimpleNamespace(  # pyright: ignore[reportArgumentType]  # the parts that telling a notice uses
                clock=self.clock, database=self.rows, courier=self.discord, rules=rules, board=Board()
            )
        )

    async def notice(self) -> Post:
        (post,) = await self.database.read(posts.find_posts, [self.job.id])
        return post

    async def look_while_it_is_sent(self, *, then_seconds: float = 0.0) -> Post:
        """Let the loop read its rows while a sending is under way, and go on with them when that has ended.

        Returns the notice as the sending left it.
        """
        await self.teller._start_due()
        await self.discord.asked.wait()
        self.rows.in_hand.clear()
        self.rows.may_arrive.clear()
        look = asyncio.create_task(self.teller._start_due())
        await self.rows.in_hand.wait()
        self.discord.may_answer.set()
        await self.teller.finish(10)
        left = await self.notice()
        self.clock.seconds += then_seconds
        self.rows.may_arrive.set()
        await look
        await self.teller.finish(10)
        return left


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    migrate(tmp_path / "bot.db")
    database = open_database(tmp_path / "bot.db")
    job = a_job(State.FAILED, cause=Cause.PROVIDER)
    await database.write(put, job)
    await database.write(posts.make_due, job, PostKind.FAILURE)
    yield World(database, job)
    await database.close()


async def test_a_message_that_was_sent_meanwhile_is_left_alone(world: World) -> None:
    """P3: the rows were read before the sending ended: the message is neither said again nor looked for."""
    left = await world.look_while_it_is_sent(then_seconds=600)  # the nonce of the sending counts no more
    assert await world.notice() == left
    assert (left.state, left.message_id) == (PostState.SENT, 1)
    assert len(world.discord.parcels) == 1


@pytest.mark.parametrize("fault", [OutcomeUnknown("The connection broke."), NotTaken(900.0)])
async def test_a_message_that_failed_meanwhile_rests_as_long_as_it_was_told_to(
    world: World, fault: CourierFault
) -> None:
    """The rows were read before the sending failed: what is known of that attempt, and its rest, stay as they are."""
    world.discord.fault = fault
    left = await world.look_while_it_is_sent()
    assert left.not_before > world.clock.now()
    assert await world.notice() == left
    assert len(world.discord.parcels) == 1
