"""What was charged, which field the provider blamed, who is blocked, attachments by address, marks of the database.

Revises 0001.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# By the rule of "Charged, and counted": refused or never sent is no, completed is yes, all else once sent is unknown.
_CHARGED = """
UPDATE jobs SET charged = CASE
    WHEN completed_at IS NOT NULL OR video_sha256 IS NOT NULL THEN 'yes'
    WHEN submitted_at IS NULL OR state IN ('accepted', 'refused') THEN 'no'
    WHEN state = 'failed' AND remote_id IS NULL THEN 'no'
    ELSE 'unknown'
END
"""


def upgrade() -> None:
    op.add_column("jobs", sa.Column("field", sa.String(length=64)))
    op.add_column("jobs", sa.Column("provider_code", sa.String(length=128)))
    op.add_column("jobs", sa.Column("charged", sa.String(length=8), nullable=False, server_default="no"))
    op.add_column("jobs", sa.Column("cost_micros", sa.BigInteger()))
    op.add_column("jobs", sa.Column("removed_by", sa.BigInteger()))
    op.execute(_CHARGED)
    op.create_index(op.f("ix_jobs_accepted_at"), "jobs", ["accepted_at"], unique=False)
    op.add_column("drafts", sa.Column("uploads", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("drafts", sa.Column("retry_of", sa.String(length=8)))
    op.add_column("drafts", sa.Column("pictures_dropped", sa.Boolean(), nullable=False, server_default="0"))
    # Their pictures were still being fetched when the process ended.
    op.execute("DELETE FROM drafts WHERE pictures_awaited > 0")
    op.drop_column("drafts", "pictures_awaited")
    op.add_column("offers", sa.Column("shown_at", sa.Float()))
    op.add_column("posts", sa.Column("attempted_after", sa.BigInteger()))
    op.create_table(
        "blocks",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("blocked_by", sa.BigInteger(), nullable=False),
        sa.Column("blocked_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_blocks")),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    marks = sa.table("marks", sa.column("name", sa.String), sa.column("value", sa.String))
    # Which database this is, and how often it has sent something (bot/jobs/generation.py).
    op.bulk_insert(marks, [{"name": "lineage", "value": uuid.uuid4().hex}, {"name": "generation", "value": "0"}])
