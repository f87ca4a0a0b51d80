"""What SQLAlchemy writes differently for SQLite and PostgreSQL, though both can do it."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from services.storage.database import Transaction


def insert_into(transaction: Transaction, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return postgresql.insert(table) if transaction.is_postgres else sqlite.insert(table)
