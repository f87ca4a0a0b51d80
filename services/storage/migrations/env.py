"""What Alembic runs for every command: our tables, on the connection it is handed."""

from alembic import context

from services.storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite cannot alter most things: the table is copied instead, in the same transaction.
    render_as_batch=True,
    transactional_ddl=True,
    compare_server_default=True,
)
context.run_migrations()
