"""How a video was delivered, where else it may go, and how large a file each server takes.

Revises 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("thread_of", sa.BigInteger()))
    op.add_column("jobs", sa.Column("fit_step", sa.String(length=8)))
    op.add_column("jobs", sa.Column("fitted_sha256", sa.String(length=64)))
    op.add_column("jobs", sa.Column("fitted_bytes", sa.BigInteger()))
    op.add_column("jobs", sa.Column("posted_as", sa.String(length=8)))
    op.add_column("posts", sa.Column("file_denial", sa.String(length=8)))
    op.add_column("posts", sa.Column("moved_for", sa.String(length=8)))
    op.create_table(
        "upload_limits",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("accepted_bytes", sa.BigInteger()),
        sa.Column("accepted_at", sa.Float()),
        sa.Column("refused_bytes", sa.BigInteger()),
        sa.Column("refused_at", sa.Float()),
        sa.Column("refused_hint_bytes", sa.BigInteger()),
        sa.PrimaryKeyConstraint("guild_id", name=op.f("pk_upload_limits")),
    )
