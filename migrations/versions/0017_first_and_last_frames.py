"""Whether the pictures of a request are the first and the last frame.

Revises 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("frames", sa.String(8)))
    op.add_column("drafts", sa.Column("frames", sa.String(8)))
