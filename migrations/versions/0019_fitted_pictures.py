"""How pictures are fitted to the size of a video, where a person chose that.

Revises 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("fit", sa.String(8)))
    op.add_column("drafts", sa.Column("fit", sa.String(8)))
