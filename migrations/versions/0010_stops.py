"""Since when the provider is to stop a job, and when it was asked to.

Revises 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("stop_asked_at", sa.Float()))
    op.add_column("jobs", sa.Column("stop_sent_at", sa.Float()))
