"""Processes that share a database: who is alive, who does what; leases of single jobs go.

Revises 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# What other processes have to hear of: a new job, a move, a mark, a change of owner. The notice has the job, its
# state, whether a process owns it, and the name of the process that wrote it, which needs no notice.
def _notifies(table: str, name: str, payload: str, condition: str = "TRUE") -> str:
    """A function that sends a notice on the table's channel, for triggers."""
    return f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {condition} THEN PERFORM pg_notify('{table}', {payload}); END IF;
            RETURN NULL;
        END $$"""


_JOB = "concat_ws(' ', NEW.id, NEW.state, COALESCE(NEW.owner, '-'), current_setting('application_name'))"
_NAME = "COALESCE(NEW.name, OLD.name)"
# What other processes have to hear of. A job's notice has its id, state and owner, and the process that wrote it.
_NOTICES = (
    _notifies("jobs", "notify_of_job", _JOB),
    "CREATE TRIGGER job_inserted AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION notify_of_job()",
    "CREATE TRIGGER job_changed AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION notify_of_job()",
    # The generation is counted up with each message; no process waits for that.
    _notifies("marks", "notify_of_mark", _NAME, f"{_NAME} <> 'generation'"),
    """CREATE TRIGGER mark_changed AFTER INSERT OR UPDATE OR DELETE ON marks
        FOR EACH ROW EXECUTE FUNCTION notify_of_mark()""",
    _notifies("processes", "notify_of_process", _NAME),
    """CREATE TRIGGER process_came_or_went AFTER INSERT OR DELETE ON processes
        FOR EACH ROW EXECUTE FUNCTION notify_of_process()""",
    """CREATE TRIGGER process_found_out AFTER UPDATE ON processes FOR EACH ROW
        WHEN (OLD.facts IS DISTINCT FROM NEW.facts) EXECUTE FUNCTION notify_of_process()""",
)


def upgrade() -> None:
    op.drop_column("jobs", "lease_until")
    op.add_column("posts", sa.Column("owner", sa.String(length=64)))
    op.add_column("offers", sa.Column("owner", sa.String(length=64)))
    op.create_table(
        "processes",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_processes")),
    )
    roles = op.create_table(
        "roles",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=64)),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_roles")),
    )
    op.bulk_insert(roles, [{"name": "submitter", "holder": None}])
    op.create_table(
        "pictures",
        sa.Column("file_name", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("file_name", name=op.f("pk_pictures")),
    )
    with op.batch_alter_table("marks") as marks:
        # A provider's address is longer than it allowed, and PostgreSQL means it.
        marks.alter_column("value", existing_type=sa.String(length=200), type_=sa.Text(), existing_nullable=False)
    if op.get_bind().dialect.name == "postgresql":
        # As in SQLite: by bytes, not by a language's rules. Ranges of this column are read.
        op.execute('ALTER TABLE jobs ALTER COLUMN origin_id TYPE varchar(64) COLLATE "C"')
        for statement in _NOTICES:
            op.execute(sa.text(statement))
