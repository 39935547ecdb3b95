"""Indexes of the jobs that have not ended, and of the times at which others ended.

Revises 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ENDS = ("delivered", "refused", "failed", "cancelled", "lost", "undeliverable")


def upgrade() -> None:
    # A move has always set both; a row changed by hand would be found by neither index.
    jobs = sa.table("jobs", sa.column("state", sa.String), sa.column("ended_at", sa.Float))
    has_ended = jobs.c.state.in_(_ENDS)
    op.execute(sa.update(jobs).where(jobs.c.ended_at.is_not(None), ~has_ended).values(ended_at=None))
    op.drop_index(op.f("ix_jobs_state"), "jobs")
    op.drop_index(op.f("ix_jobs_guild_id_user_id_state"), "jobs")
    _create_partial("ix_jobs_unended", ["state", "user_id"], "ended_at IS NULL")
    _create_partial(op.f("ix_jobs_user_id_ended_at"), ["user_id", "ended_at"], "ended_at IS NOT NULL")
    for name in ("ended_at", "completed_at", "removed_at"):
        _create_partial(op.f(f"ix_jobs_{name}"), [name], f"{name} IS NOT NULL")


def _create_partial(name: str, columns: list[str], condition: str) -> None:
    only = sa.text(condition)
    op.create_index(name, "jobs", columns, unique=False, sqlite_where=only, postgresql_where=only)
