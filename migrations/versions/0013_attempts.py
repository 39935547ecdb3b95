"""The attempts of jobs: a job may be sent to several providers, one after the other.

Revises 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("job_id", sa.String(8), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(512), nullable=False),
        sa.Column("model", sa.String(128)),
        sa.Column("idempotency_key", sa.String(36), nullable=False),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.Column("sent_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float()),
        sa.Column("answer", sa.String(16)),
        sa.Column("charged", sa.String(8), nullable=False),
        sa.Column("remote_id", sa.String(1024)),
        sa.Column("status", sa.Integer()),
        sa.Column("provider_code", sa.String(128)),
        sa.PrimaryKeyConstraint("job_id", "ordinal", name="pk_attempts"),
        sa.UniqueConstraint("idempotency_key", name="uq_attempts_idempotency_key"),
    )
    op.add_column("jobs", sa.Column("closed_routes", sa.JSON()))
    op.add_column("jobs", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
