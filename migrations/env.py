"""Alembic's entry: runs the migrations on the connection from `bot.jobs.migrating`."""

from alembic import context

from bot.jobs.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll schema changes back; Alembic must be configured for it, or a failed migration would be half
    # applied.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
