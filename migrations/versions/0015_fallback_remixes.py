"""Fallback remixes: why a remix is made as a new video, its first picture, and its prompt as sent; which attempts were
remixes.

Revises 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("fallback", sa.String(16)))
    op.add_column("jobs", sa.Column("frame", sa.JSON()))
    op.add_column("jobs", sa.Column("sent_prompt", sa.String(4000)))
    op.add_column("attempts", sa.Column("is_remix", sa.Boolean(), nullable=False, server_default="0"))
    jobs = sa.table("jobs", sa.column("id"), sa.column("parent_id"))
    attempts = sa.table("attempts", sa.column("job_id"), sa.column("is_remix"))
    # Until now every attempt of a job with a parent asked for a remix.
    remixes = sa.select(jobs.c.id).where(jobs.c.parent_id.is_not(None))
    op.execute(sa.update(attempts).where(attempts.c.job_id.in_(remixes)).values(is_remix=sa.true()))
