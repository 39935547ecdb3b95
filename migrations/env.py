"""Alembic's entry: runs the migrations on the connection that `bot.jobs.migrating` hands over; it opens none itself."""

from alembic import context

from bot.jobs.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll schema changes back; Alembic must be told, or a failed migration leaves half of itself behind.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
