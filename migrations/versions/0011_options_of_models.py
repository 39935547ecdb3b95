"""What a request chooses of its model's further options.

Revises 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("options", sa.JSON()))
    op.add_column("drafts", sa.Column("options", sa.JSON()))
