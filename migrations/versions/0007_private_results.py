"""Private results: jobs and drafts whose messages go to their requester's DM.

Revises 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("dm_channel_id", sa.BigInteger()))
    for table in ("jobs", "drafts"):
        op.add_column(table, sa.Column("private", sa.Boolean(), nullable=False, server_default="0"))
