"""What statistics count: countries, carriers, years of the music, what a collection was worth."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A column that may be added in place: SQLite keeps the table, and so its triggers.
    for name in ("country", "format_names"):
        column = sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))
        op.add_column("collection_items", column)
    # What was read before says neither. Entries of our own only have the one format that was
    # typed; everything else is read anew in full by the next sync.
    op.execute("UPDATE collection_items SET format_names = formats WHERE generation = 0")
    op.execute("UPDATE collections SET full_at = NULL")
    op.create_table(
        "master_years",
        sa.Column("master_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("year", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("master_id", name=op.f("pk_master_years")),
    )
    op.create_table(
        "collection_values",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("minimum", sa.String(64), nullable=False),
        sa.Column("median", sa.String(64), nullable=False),
        sa.Column("maximum", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("pk_collection_values")),
    )


def downgrade() -> None:
    op.drop_table("collection_values")
    op.drop_table("master_years")
    for name in ("format_names", "country"):
        op.drop_column("collection_items", name)
