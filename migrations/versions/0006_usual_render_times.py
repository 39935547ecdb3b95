"""How long renders usually take: what a card showed, and an index of the latest renders of a class.

Revises 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("usual_low_seconds", sa.Integer()))
    op.add_column("jobs", sa.Column("usual_high_seconds", sa.Integer()))
    only = sa.text("completed_at IS NOT NULL")
    op.create_index(
        op.f("ix_jobs_provider_model_size_seconds_completed_at"),
        "jobs",
        ["provider", "model", "size", "seconds", "completed_at"],
        unique=False,
        sqlite_where=only,
        postgresql_where=only,
    )
