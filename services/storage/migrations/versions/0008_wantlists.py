"""Wantlists, and what may be chosen in the fields of a copy."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "wantlists",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("username", sa.String(100), nullable=False),
        sa.Column("generation", sa.Integer),
        sa.Column("building", sa.Integer),
        sa.Column("last_generation", sa.Integer, nullable=False, server_default="0"),
        sa.Column("edits", sa.Integer, nullable=False, server_default="0"),
        sa.Column("synced_at", UtcDateTime),
        sa.Column("is_running", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("problem", sa.String(16)),
        sa.Column("retry_at", UtcDateTime),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_wantlists")),
    )
    op.create_table(
        "wants",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("generation", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("release_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("master_id", sa.BigInteger),
        sa.Column("rating", sa.SmallInteger, nullable=False),
        sa.Column("year", sa.SmallInteger),
        sa.Column("added_at", UtcDateTime),
        sa.Column("artist_key", _KEY, nullable=False),
        sa.Column("title_key", _KEY, nullable=False),
        sa.Column("label_key", _KEY, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "generation", "release_id", name=op.f("pk_wants")),
    )
    op.add_column("collection_names", sa.Column("options", sa.Text))


def downgrade() -> None:
    op.drop_column("collection_names", "options")
    op.drop_table("wants")
    op.drop_table("wantlists")
