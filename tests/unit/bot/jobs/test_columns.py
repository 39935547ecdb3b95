"""The bot's own words fit their columns: SQLite would store them all the same, PostgreSQL refuses them."""

from enum import StrEnum

import pytest
import sqlalchemy as sa

from bot.jobs.column_values import fitted
from bot.jobs.drafts import OfferKind
from bot.jobs.model import Cause, Charged, PostKind, PostState, Via
from bot.jobs.states import State
from bot.jobs.store.marks import Mark
from bot.jobs.store.processes import Role
from bot.jobs.tables import jobs, marks, offers, posts, roles


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (jobs.c.state, State),
        (jobs.c.cause, Cause),
        (jobs.c.waiting_for, Cause),
        (jobs.c.charged, Charged),
        (jobs.c.via, Via),
        (posts.c.kind, PostKind),
        (posts.c.state, PostState),
        (offers.c.kind, OfferKind),
        (marks.c.name, Mark),
        (roles.c.name, Role),
    ],
)
def test_each_word_fits_its_column(column: sa.Column[str], words: type[StrEnum]) -> None:
    """Each member of the enumeration."""
    assert [fitted(column, word.value) for word in words] == list(words)
