"""Who counts as running the bot, when Discord says it and when the settings do."""

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.chat.courier import Courier
from tests.unit.bot.engine.fake_clock import FakeClock

ACCEPTED, INVITED = discord.TeamMembershipState.accepted, discord.TeamMembershipState.invited
ADMIN, DEVELOPER, READS = (
    discord.TeamMemberRole.admin,
    discord.TeamMemberRole.developer,
    discord.TeamMemberRole.read_only,
)


def owners(application: Any, named: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Whom a courier takes for the owners, with a client that knows that of its application."""
    return Courier(cast("discord.Client", SimpleNamespace(application=application)), FakeClock(), named).owner_ids()


def member(user_id: int, state: discord.TeamMembershipState, role: discord.TeamMemberRole) -> Any:
    return SimpleNamespace(id=user_id, membership_state=state, role=role)


ALONE = SimpleNamespace(owner=SimpleNamespace(id=1), team=None)
TEAM = SimpleNamespace(
    owner=SimpleNamespace(id=9),
    team=SimpleNamespace(
        owner_id=5,
        members=[
            member(1, ACCEPTED, ADMIN),
            member(2, ACCEPTED, DEVELOPER),
            member(3, ACCEPTED, READS),
            member(4, INVITED, ADMIN),
            member(5, ACCEPTED, READS),
        ],
    ),
)


@pytest.mark.parametrize(
    ("application", "named", "expected"),
    [
        (None, (), ()),
        (ALONE, (), (1,)),
        (TEAM, (), (1, 2, 5)),
        (None, (42, 43), (42, 43)),
        (ALONE, (42,), (42,)),
        (TEAM, (42,), (42,)),
    ],
    ids=["not logged in", "an owner", "a team", "named, not logged in", "named, an owner", "named, a team"],
)
def test_who_runs_the_bot(application: Any, named: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """The named people only; else the owner, or a team's joined admins and developers, and its owner."""
    assert owners(application, named) == expected
