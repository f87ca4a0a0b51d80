"""What Alembic runs for every command: our tables, on the connection it is handed."""

from alembic import context

from services.storage.digest_tables import DIGEST_METADATA
from services.storage.tables import METADATA, SEARCH_NAME


def _is_described(name: str | None, _kind: str, _parents: object) -> bool:
    """Return False for the full-text index, which ``tables.py`` cannot describe."""
    return name is None or not name.startswith(SEARCH_NAME)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[METADATA, DIGEST_METADATA],
    # SQLite cannot alter most things: the table is copied instead, in the same transaction.
    render_as_batch=True,
    transactional_ddl=True,
    compare_server_default=True,
    include_name=_is_described,
)
context.run_migrations()
