"""A draft may be one of a batch.

Revises 0017.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("drafts", sa.Column("is_batch", sa.Boolean(), nullable=False, server_default="0"))
