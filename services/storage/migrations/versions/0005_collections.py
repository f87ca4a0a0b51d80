"""Collections: copies in generations, and their full-text index."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import SnowflakeOrId, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# ``ascii`` takes everything beyond ASCII for a part of a word: our own folding has decided already.
# Without positions (``detail=none``) the index is half as large; nobody asks for phrases.
_SQLITE_SEARCH = (
    """
    CREATE VIRTUAL TABLE collection_search USING fts5 (
        words, content='collection_items', content_rowid='row_id', detail=none,
        tokenize="ascii tokenchars '_'"
    )
    """,
    """
    CREATE TRIGGER collection_search_insert AFTER INSERT ON collection_items BEGIN
        INSERT INTO collection_search (rowid, words) VALUES (new.row_id, new.words);
    END
    """,
    """
    CREATE TRIGGER collection_search_delete AFTER DELETE ON collection_items BEGIN
        INSERT INTO collection_search (collection_search, rowid, words)
        VALUES ('delete', old.row_id, old.words);
    END
    """,
    """
    CREATE TRIGGER collection_search_update AFTER UPDATE OF words ON collection_items BEGIN
        INSERT INTO collection_search (collection_search, rowid, words)
        VALUES ('delete', old.row_id, old.words);
        INSERT INTO collection_search (rowid, words) VALUES (new.row_id, new.words);
    END
    """,
)
# Not to_tsvector: PostgreSQL's parser would see numbers, hosts and e-mail addresses in our words.
# Not fastupdate: right after a sync, the list of what is not yet in the index makes PostgreSQL read
# all rows instead (measured with 10,000 copies: 47 ms, and 0.7 ms without that list).
_POSTGRES_SEARCH = """
    CREATE INDEX collection_search ON collection_items
    USING gin (array_to_tsvector(string_to_array(words, ' ')))
    WITH (fastupdate = off)
"""


def upgrade() -> None:
    _create_collections()
    _create_items()
    op.create_index(
        "ix_collection_items_user_id_generation_release_id",
        "collection_items",
        ["user_id", "generation", "release_id"],
    )
    _create_side_tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRES_SEARCH)
        return
    for statement in _SQLITE_SEARCH:
        op.execute(statement)


def _create_collections() -> None:
    op.create_table(
        "collections",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("username", sa.String(100), nullable=False),
        sa.Column("generation", sa.Integer),
        sa.Column("building", sa.Integer),
        sa.Column("last_generation", sa.Integer, nullable=False, server_default="0"),
        sa.Column("synced_at", UtcDateTime),
        sa.Column("full_at", UtcDateTime),
        sa.Column("is_running", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("is_cancelled", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("pages_done", sa.Integer, nullable=False, server_default="0"),
        sa.Column("pages", sa.Integer, nullable=False, server_default="0"),
        sa.Column("copies_done", sa.Integer, nullable=False, server_default="0"),
        sa.Column("total", sa.Integer),
        sa.Column("seconds_left", sa.Float),
        sa.Column("problem", sa.String(16)),
        sa.Column("retry_at", UtcDateTime),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_collections")),
    )


def _create_items() -> None:
    op.create_table(
        "collection_ids",
        sa.Column("item_id", SnowflakeOrId, primary_key=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("instance_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_collection_ids")),
        sa.UniqueConstraint(
            "user_id", "instance_id", name=op.f("uq_collection_ids_user_id_instance_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "collection_items",
        sa.Column("row_id", SnowflakeOrId, primary_key=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.Column("instance_id", sa.BigInteger),
        sa.Column("release_id", sa.BigInteger),
        sa.Column("master_id", sa.BigInteger),
        sa.Column("folder_id", sa.BigInteger, nullable=False),
        sa.Column("rating", sa.SmallInteger, nullable=False),
        sa.Column("year", sa.SmallInteger),
        sa.Column("added_at", UtcDateTime),
        sa.Column("artist_key", _KEY, nullable=False),
        sa.Column("title_key", _KEY, nullable=False),
        sa.Column("label_key", _KEY, nullable=False),
        sa.Column("genres", sa.Text, nullable=False),
        sa.Column("styles", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("formats", sa.Text, nullable=False),
        sa.Column("genre_keys", sa.Text, nullable=False),
        sa.Column("style_keys", sa.Text, nullable=False),
        sa.Column("label_keys", sa.Text, nullable=False),
        sa.Column("format_keys", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_collection_items")),
        sa.UniqueConstraint(
            "user_id",
            "generation",
            "item_id",
            name=op.f("uq_collection_items_user_id_generation_item_id"),
        ),
    )


def _create_side_tables() -> None:
    op.create_table(
        "collection_names",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.CheckConstraint("kind IN ('folder', 'field')", name=op.f("ck_collection_names_kind")),
        sa.PrimaryKeyConstraint("user_id", "kind", "number", name=op.f("pk_collection_names")),
    )
    op.create_table(
        "collection_picks",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("item_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("picked_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "item_id", name=op.f("pk_collection_picks")),
    )


def downgrade() -> None:
    op.drop_table("collection_picks")
    op.drop_table("collection_names")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE collection_search")
    op.drop_table("collection_items")
    op.drop_table("collection_ids")
    op.drop_table("collections")
