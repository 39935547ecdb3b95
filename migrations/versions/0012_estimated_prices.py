"""What a job will probably cost, and in which currency.

Revises 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("price_micros", sa.BigInteger()))
    op.add_column("jobs", sa.Column("currency", sa.String(3)))
