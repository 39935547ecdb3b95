"""The newest video in a thread is found by an index.

Revises 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    only = sa.text("kind = 'video'")
    op.create_index(
        op.f("ix_posts_channel_id_message_id"),
        "posts",
        ["channel_id", "message_id"],
        unique=False,
        sqlite_where=only,
        postgresql_where=only,
    )
