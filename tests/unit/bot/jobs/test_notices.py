"""The connection of a process for notices and locks: turns to IDENTIFY one after the other, and one connection only."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from bot.jobs import notices
from bot.jobs.model import JobId
from bot.jobs.notices import JobNotice, Notices, ShardTakenError, read_notice
from bot.jobs.states import State
from tests.postgres import Databases

ROUNDS = 5


@pytest.fixture
async def pair(postgres: Databases, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Notices, Notices]]:
    """Two processes on one database, which wait no longer than needed."""
    monkeypatch.setattr(notices, "APART_SECONDS", 0.01)
    monkeypatch.setattr(notices, "LOOK_SECONDS", 0.001)
    url = postgres.new()
    both = (a_process(url, "one"), a_process(url, "other"))
    yield both
    for each in both:
        await each.close()
    postgres.release(url)


def a_process(url: sa.URL, name: str) -> Notices:
    return Notices(url, name, lambda _: None, lambda: None)


@pytest.mark.parametrize(
    "payload", ["", " ", "a", "K3M9Q2XA rendering", "K3M9Q2XA rendering -", "K3M9Q2XA rendering - ", "   ", "\0", "{}"]
)
def test_what_is_no_notice_is_ignored(payload: str) -> None:
    """Another program may send on the same channel: what it says concerns no job."""
    assert read_notice(payload) is None


@pytest.mark.parametrize("state", [*State, None])
def test_a_notice_names_job_state_owner_and_writer(state: State | None) -> None:
    """A state of a newer version is none; a name with a space stays whole."""
    for owner in ("one", None):
        payload = f"K3M9Q2XA {state or 'dreaming'} {owner or '-'} the other"
        assert read_notice(payload) == JobNotice(JobId("K3M9Q2XA"), state, owner, "the other")


async def test_shards_of_all_processes_identify_one_after_the_other(pair: tuple[Notices, Notices]) -> None:
    """Two shards of each of two processes, five times each: never two at once, and no turn is kept for ever."""
    at_once = turns = 0

    async def identify(process: Notices) -> None:
        nonlocal at_once, turns
        for _ in range(ROUNDS):
            async with process.take(0):
                at_once += 1
                assert at_once == 1
                await asyncio.sleep(0)
                at_once -= 1
                turns += 1

    async with asyncio.timeout(20):
        await asyncio.gather(*[identify(process) for process in pair for _ in range(2)])
    assert turns == 4 * ROUNDS


async def test_a_lost_connection_is_replaced_by_one(pair: tuple[Notices, Notices], postgres: Databases) -> None:
    """Heartbeat and shards notice it at the same moment: one opens the connection, which serves the shards again."""
    one, other = pair
    await one.serve([3])
    postgres.server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'one'")
    while not await one.ensure():  # noqa: ASYNC110  # the loop has to read the end of the connection
        await asyncio.sleep(0)
    postgres.server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'one'")
    opened: list[bool] = []
    while not any(opened):
        opened = await asyncio.gather(*(one.ensure() for _ in range(5)))
    assert opened.count(True) == 1
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'one'"
    assert postgres.server.execute(count) == "1"
    await one.close()
    await other.serve([3])


async def test_shards_are_served_once_the_database_answers_again(
    pair: tuple[Notices, Notices], postgres: Databases
) -> None:
    """The connection is lost just before: the process goes on, and no other one gets its shards."""
    one, other = pair
    await one.ensure()
    postgres.server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'one'")
    await one.serve([3, 4])
    with pytest.raises(ShardTakenError, match="shard 4"):
        await other.serve([4, 5])
