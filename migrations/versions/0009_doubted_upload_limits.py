"""Whose file was refused although Discord's own number is larger.

Revises 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("upload_limits", sa.Column("doubted_bytes", sa.BigInteger()))
    op.add_column("upload_limits", sa.Column("doubted_at", sa.Float()))
    op.add_column("upload_limits", sa.Column("doubted_by", sa.BigInteger()))
    op.add_column("upload_limits", sa.Column("doubted_hint_bytes", sa.BigInteger()))
