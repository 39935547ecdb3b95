"""What a provider reports about a finished video, and an index that finds the remixes of a video.

Revises 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("reported", sa.JSON()))
    op.create_index(
        op.f("ix_jobs_parent_id_accepted_at"),
        "jobs",
        ["parent_id", "accepted_at"],
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
