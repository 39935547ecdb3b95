"""What the hourly round tells the owner."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.chat.words import Key
from bot.engine.housekeeping import tell_of_unreadable
from bot.jobs.states import State
from bot.jobs.tables import jobs
from tests.unit.bot.engine.machine import a_machine


@pytest.mark.parametrize(("state", "rung"), [(State.RENDERING, [Key.ALARM_STUCK]), (State.DELIVERED, [])])
async def test_the_owner_hears_of_a_job_that_nobody_can_carry_on(tmp_path: Path, state: State, rung: list[Key]) -> None:
    """L10: a running job whose row can't be read waits for somebody's hand; one that has ended waits for nothing."""
    async with a_machine(tmp_path) as machine:
        await machine.accept(State.RENDERING, submitted_at=1.0)
        await tell_of_unreadable(machine.parts)
        assert machine.rung == []
        spoilt = await machine.accept(state, submitted_at=1.0, ended_at=2.0 if state is State.DELIVERED else None)
        nonsense = sa.update(jobs).where(jobs.c.id == spoilt.id).values(via="nonsense")
        await machine.database.write(lambda connection: connection.execute(nonsense))
        await tell_of_unreadable(machine.parts)
        assert machine.rung == rung
