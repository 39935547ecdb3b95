"""Better versions of prompts: what a draft has of one, and who asked for how many.

Revises 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("drafts", sa.Column("improve", sa.Boolean(), nullable=False, server_default="0"))
    op.add_column("drafts", sa.Column("improved", sa.String(2000)))
    op.create_table(
        "improvements",
        sa.Column("draft_id", sa.String(16), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", name="pk_improvements"),
    )
    op.create_index("ix_improvements_user_id_begun_at", "improvements", ["user_id", "begun_at"])
    op.create_index("ix_improvements_begun_at", "improvements", ["begun_at"])
