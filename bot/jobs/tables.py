"""The schema, as `migrations/` builds it (a test holds the two equal). Times are seconds since the epoch, UTC.

Discord ids fit a signed 64-bit integer. Rows stay for ever; files go after RETENTION_DAYS.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    literal_column,
    text,
)

from bot.jobs.states import ENDS

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def _partial(condition: str, *columns: str, name: str | None = None) -> Index:
    """An index of the rows for which that holds; a query uses it if it says the same.

    The migration says it for PostgreSQL, too: here that would import its whole dialect at every start.
    """
    return Index(name, *columns, sqlite_where=text(condition))


jobs = Table(
    "jobs",
    metadata,
    Column("id", String(8), primary_key=True),
    # One action of a person (an interaction, a reply, a Retry of one job) makes at most one job per ordinal; of a batch
    # it makes several.
    Column("origin_id", String(64), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("via", String(16), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    # The requester's DM, where the messages of a private job go.
    Column("dm_channel_id", BigInteger),
    Column("reply_to", BigInteger),
    Column("history_after", BigInteger),
    # The channel above the public thread that it was requested in.
    Column("thread_of", BigInteger),
    Column("locale", String(16), nullable=False),
    Column("provider", String(512), nullable=False),
    Column("remote_id", String(1024)),
    Column("idempotency_key", String(36), nullable=False, unique=True),
    Column("parent_id", String(8)),
    Column("retry_of", String(8)),
    Column("prompt", String(4000), nullable=False),
    Column("model", String(128)),
    Column("size", String(16)),
    Column("seconds", String(16)),
    Column("references", JSON, nullable=False),
    # Whether its messages go to its requester's DM alone.
    Column("private", Boolean, nullable=False, server_default="0"),
    # The values that the requester chose for the model's further options, by name.
    Column("options", JSON),
    # Whether its pictures are the first and the last frame.
    Column("frames", String(8)),
    # How its pictures are fitted, where the provider's setting doesn't decide.
    Column("fit", String(8)),
    Column("state", String(16), nullable=False),
    Column("cause", String(16)),
    Column("about", String(8)),
    # The request field that the provider blamed, and its own code for it.
    Column("field", String(64)),
    Column("provider_code", String(128)),
    Column("charged", String(8), nullable=False, server_default="no"),
    # The cost that the provider reported, and what was estimated before, in millionths; and the currency of the model's
    # price, as an ISO code. Without it the cost is in the provider's own currency.
    Column("cost_micros", BigInteger),
    Column("price_micros", BigInteger),
    Column("currency", String(3)),
    # The settings that the provider reported, or that the file has: names and values.
    Column("reported", JSON),
    Column("waiting_for", String(16)),
    # The providers that gave it a definite no: each with the answer, when that began, and until when it is passed over.
    Column("closed_routes", JSON),
    # How many attempts it had.
    Column("attempts", Integer, nullable=False, server_default="0"),
    # Why a remix is made as a new video, the parent's last frame that it begins with, and its prompt as it was sent.
    Column("fallback", String(16)),
    Column("frame", JSON(none_as_null=True)),
    Column("sent_prompt", String(4000)),
    Column("withheld", Boolean, nullable=False),
    Column("progress", Integer),
    # How long most such renders took, as it was known when the job was sent: its card shows it.
    Column("usual_low_seconds", Integer),
    Column("usual_high_seconds", Integer),
    Column("clean_refusals", Integer, nullable=False),
    Column("fetch_tries", Integer, nullable=False),
    Column("video_sha256", String(64)),
    Column("video_bytes", BigInteger),
    # The last rung that ffmpeg began for it, stored before it begins; and the file that it finished.
    Column("fit_step", String(8)),
    Column("fitted_sha256", String(64)),
    Column("fitted_bytes", BigInteger),
    # As what it was posted: a file of one of the rungs, or a link.
    Column("posted_as", String(8)),
    Column("accepted_at", Float, nullable=False),
    Column("submitted_at", Float),
    Column("completed_at", Float),
    Column("ended_at", Float),
    Column("late_at", Float),
    Column("removed_at", Float),
    Column("removed_by", BigInteger),
    Column("revived_at", Float),
    Column("answered_at", Float),
    # Since when a person wants the provider to stop it, and when the one request for that was begun.
    Column("stop_asked_at", Float),
    Column("stop_sent_at", Float),
    Column("not_before", Float, nullable=False),
    # The process that takes its next steps.
    Column("owner", String(64)),
    Column("fence", Integer, nullable=False),
    UniqueConstraint("origin_id", "ordinal"),
    UniqueConstraint("provider", "remote_id"),
    # Ended jobs stay for ever: what is asked all the time reads the few others.
    _partial("ended_at IS NULL", "state", "user_id", name="ix_jobs_unended"),
    _partial("ended_at IS NOT NULL", "ended_at"),
    _partial("ended_at IS NOT NULL", "user_id", "ended_at"),
    _partial("completed_at IS NOT NULL", "completed_at"),
    # The latest renders of a class.
    _partial("completed_at IS NOT NULL", "provider", "model", "size", "seconds", "completed_at"),
    _partial("removed_at IS NOT NULL", "removed_at"),
    _partial("parent_id IS NOT NULL", "parent_id", "accepted_at"),
    Index(None, "user_id", "accepted_at"),
    Index(None, "submitted_at"),
    Index(None, "accepted_at"),
)

# Each paid request of a job, repeats at the same provider with it.
attempts = Table(
    "attempts",
    metadata,
    Column("job_id", String(8), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("provider", String(512), nullable=False),
    # The provider's name for the model.
    Column("model", String(128)),
    Column("idempotency_key", String(36), nullable=False, unique=True),
    # Whether it asked for a remix, or for a new video.
    Column("is_remix", Boolean, nullable=False, server_default="0"),
    # When it was first sent, and last.
    Column("begun_at", Float, nullable=False),
    Column("sent_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("answer", String(16)),
    Column("charged", String(8), nullable=False),
    Column("remote_id", String(1024)),
    # The HTTP status and the provider's own code, for the operator.
    Column("status", Integer),
    Column("provider_code", String(128)),
)

posts = Table(
    "posts",
    metadata,
    Column("job_id", String(8), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),
    Column("tries", Integer, nullable=False),
    # When an attempt of unknown outcome began; after the nonce window a retry must search before it sends.
    Column("attempted_at", Float),
    # An id of Discord's that is older than any message of that attempt.
    Column("attempted_after", BigInteger),
    Column("not_before", Float, nullable=False),
    # Why Discord refused its file in this channel, other than for its size; and why it left the channel before.
    Column("file_denial", String(8)),
    Column("moved_for", String(8)),
    # The process that tried it last.
    Column("owner", String(64)),
    Index(None, "state", "kind"),
    Index(None, "message_id"),
    # The newest video in a channel or thread.
    _partial("kind = 'video'", "channel_id", "message_id"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("reply_to", BigInteger),
    Column("prompt", String(4000), nullable=False),
    Column("model", String(128)),
    Column("size", String(16)),
    Column("seconds", String(16)),
    Column("references", JSON, nullable=False),
    Column("parent_id", String(8)),
    Column("private", Boolean, nullable=False, server_default="0"),
    Column("options", JSON),
    Column("frames", String(8)),
    Column("fit", String(8)),
    # Attachments that are fetched when the draft becomes a job: address, file name, bytes.
    Column("uploads", JSON, nullable=False, server_default="[]"),
    Column("retry_of", String(8)),
    # Its pictures were refused or are gone: its form says so.
    Column("pictures_dropped", Boolean, nullable=False, server_default="0"),
    # A better version of the prompt is wanted; and that version.
    Column("improve", Boolean, nullable=False, server_default="0"),
    Column("improved", String(2000)),
    # Each line of its prompt becomes a job.
    Column("is_batch", Boolean, nullable=False, server_default="0"),
    Column("created_at", Float, nullable=False),
)

# Requests for a better prompt, one for a draft at most; kept as long as they count.
improvements = Table(
    "improvements",
    metadata,
    Column("draft_id", String(16), primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("begun_at", Float, nullable=False),
    Index(None, "user_id", "begun_at"),
    Index(None, "begun_at"),
)

offers = Table(
    "offers",
    metadata,
    # The id of the reply that the offer is about.
    Column("id", BigInteger, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("video_id", String(8), nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("draft_id", String(16), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("message_id", BigInteger),
    Column("delete_at", Float, nullable=False),
    Column("shown_at", Float),
    Column("gone_at", Float),
    # The process that posts and deletes its message.
    Column("owner", String(64)),
    Index(None, "user_id", "video_id"),
    Index(None, "gone_at", "delete_at"),
)

# People who are blocked everywhere.
blocks = Table(
    "blocks",
    metadata,
    Column("user_id", BigInteger, primary_key=True),
    Column("blocked_by", BigInteger, nullable=False),
    Column("blocked_at", Float, nullable=False),
)

# What Discord answered about the size of files, by server; 0 is for direct messages.
upload_limits = Table(
    "upload_limits",
    metadata,
    Column("guild_id", BigInteger, primary_key=True),
    Column("accepted_bytes", BigInteger),
    Column("accepted_at", Float),
    Column("refused_bytes", BigInteger),
    Column("refused_at", Float),
    # Discord's own number at that refusal.
    Column("refused_hint_bytes", BigInteger),
    # A refusal of less than that number, which counts for one person alone.
    Column("doubted_bytes", BigInteger),
    Column("doubted_at", Float),
    Column("doubted_by", BigInteger),
    Column("doubted_hint_bytes", BigInteger),
)

# The database's data about itself, one value under each name.
marks = Table(
    "marks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

# Where several processes share the database: those that are alive, by a lease on the database's clock.
processes = Table(
    "processes",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("lease_until", Float, nullable=False),
    # What it serves and finds out, for the others, as JSON.
    Column("facts", Text, nullable=False),
)

# What only one process does at a time.
roles = Table(
    "roles",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("holder", String(64)),
)

# The bytes of references, where the process that submits a job may be another than the one that accepted it.
pictures = Table(
    "pictures",
    metadata,
    Column("file_name", String(80), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("stored_at", Float, nullable=False),
)

# That a job has not ended, also if it is in a state of a newer version. `ix_jobs_unended` finds them.
UNENDED = and_(jobs.c.ended_at.is_(None), jobs.c.state.not_in([literal_column(f"'{end}'") for end in sorted(ENDS)]))
