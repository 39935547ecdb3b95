"""Jobs, the messages they say, and the requests and offers that wait for an answer.

Revises nothing: the first schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("reply_to", sa.BigInteger(), nullable=True),
        sa.Column("prompt", sa.String(length=4000), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=True),
        sa.Column("size", sa.String(length=16), nullable=True),
        sa.Column("seconds", sa.String(length=16), nullable=True),
        sa.Column("references", sa.JSON(), nullable=False),
        sa.Column("parent_id", sa.String(length=8), nullable=True),
        sa.Column("pictures_awaited", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("origin_id", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("via", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("reply_to", sa.BigInteger(), nullable=True),
        sa.Column("history_after", sa.BigInteger(), nullable=True),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("provider", sa.String(length=512), nullable=False),
        sa.Column("remote_id", sa.String(length=1024), nullable=True),
        sa.Column("idempotency_key", sa.String(length=36), nullable=False),
        sa.Column("parent_id", sa.String(length=8), nullable=True),
        sa.Column("retry_of", sa.String(length=8), nullable=True),
        sa.Column("prompt", sa.String(length=4000), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=True),
        sa.Column("size", sa.String(length=16), nullable=True),
        sa.Column("seconds", sa.String(length=16), nullable=True),
        sa.Column("references", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=True),
        sa.Column("about", sa.String(length=8), nullable=True),
        sa.Column("waiting_for", sa.String(length=16), nullable=True),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("clean_refusals", sa.Integer(), nullable=False),
        sa.Column("fetch_tries", sa.Integer(), nullable=False),
        sa.Column("video_sha256", sa.String(length=64), nullable=True),
        sa.Column("video_bytes", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.Float(), nullable=False),
        sa.Column("submitted_at", sa.Float(), nullable=True),
        sa.Column("completed_at", sa.Float(), nullable=True),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("late_at", sa.Float(), nullable=True),
        sa.Column("removed_at", sa.Float(), nullable=True),
        sa.Column("revived_at", sa.Float(), nullable=True),
        sa.Column("answered_at", sa.Float(), nullable=True),
        sa.Column("not_before", sa.Float(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.Float(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_jobs_idempotency_key")),
        sa.UniqueConstraint("origin_id", "ordinal", name=op.f("uq_jobs_origin_id_ordinal")),
        sa.UniqueConstraint("provider", "remote_id", name=op.f("uq_jobs_provider_remote_id")),
    )
    op.create_index(op.f("ix_jobs_guild_id_user_id_state"), "jobs", ["guild_id", "user_id", "state"], unique=False)
    op.create_index(op.f("ix_jobs_state"), "jobs", ["state"], unique=False)
    op.create_index(op.f("ix_jobs_submitted_at"), "jobs", ["submitted_at"], unique=False)
    op.create_index(op.f("ix_jobs_user_id_accepted_at"), "jobs", ["user_id", "accepted_at"], unique=False)
    op.create_table(
        "offers",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("video_id", sa.String(length=8), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("draft_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("delete_at", sa.Float(), nullable=False),
        sa.Column("gone_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_gone_at_delete_at"), "offers", ["gone_at", "delete_at"], unique=False)
    op.create_index(op.f("ix_offers_user_id_video_id"), "offers", ["user_id", "video_id"], unique=False)
    op.create_table(
        "posts",
        sa.Column("job_id", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.Float(), nullable=True),
        sa.Column("not_before", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "kind", "number", name=op.f("pk_posts")),
    )
    op.create_index(op.f("ix_posts_message_id"), "posts", ["message_id"], unique=False)
    op.create_index(op.f("ix_posts_state_kind"), "posts", ["state", "kind"], unique=False)
