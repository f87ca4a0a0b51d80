"""Every table but those of ``digest_tables.py``, as SQLAlchemy describes them.

The migrations lead here and a test compares: a change of a table is a change here *and* a
migration (``make migration ARGS="what changes"``).
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from services.storage.columns import SnowflakeOrId, UtcDateTime

METADATA: Final = MetaData(
    naming_convention={
        # Named alike on both databases, so that a migration can change a constraint later.
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

JOBS: Final = Table(
    "jobs",
    METADATA,
    Column("id", SnowflakeOrId, primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("payload", Text, nullable=False),  # JSON; never a token
    Column("state", String(8), nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("dedup_key", String(200)),
    Column("run_at", UtcDateTime),  # NULL: at once, whatever the clock says
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("max_attempts", Integer, nullable=False),
    Column("fence", Integer, nullable=False, server_default="0"),  # grows with every claim
    Column("beat", Integer, nullable=False, server_default="0"),  # grows with every heartbeat
    Column("worker", String(64)),
    Column("enqueued_at", UtcDateTime, nullable=False),
    Column("last_error", String(500)),
    CheckConstraint("state IN ('queued', 'running', 'dead')", name="state"),
    # An id that is never used twice: a late worker's fence must not fit another job.
    sqlite_autoincrement=True,
)
Index("ix_jobs_state_priority_id", JOBS.c.state, JOBS.c.priority, JOBS.c.id)
# The same wish is queued once; a dead letter does not stand in the way of a new try.
_LIVE: Final = text("state <> 'dead'")
Index(
    "uq_jobs_live_dedup_key",
    JOBS.c.dedup_key,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)

GRANTS: Final = Table(
    "grants",
    METADATA,
    Column("user_id", BigInteger, nullable=False),
    Column("service", String(16), nullable=False),
    Column("version", Integer, nullable=False),  # grows with every change of the tokens
    Column("ciphertext", Text, nullable=False),  # the tokens, encrypted; never in the clear
    Column("linked_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("user_id", "service"),
)

LATE_MESSAGES: Final = Table(
    "late_messages",
    METADATA,
    Column("id", SnowflakeOrId, primary_key=True),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False, unique=True),
    Column("application_id", BigInteger, nullable=False),
    Column("token", Text),  # the interaction's, encrypted
    Column("token_until", UtcDateTime),
    Column("is_in_reach", Boolean, nullable=False),
    Column("locale", String(16), nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    # A number that is never used twice: a late edit must not find another message.
    sqlite_autoincrement=True,
)

CACHED_ANSWERS: Final = Table(
    "cached_answers",
    METADATA,
    Column("key", String(200), primary_key=True),  # hashed: it tells nobody's words
    Column("data", LargeBinary, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False, index=True),
    Column("keep_until", UtcDateTime, nullable=False, index=True),
)
QUOTA_COUNTS: Final = Table(
    "quota_counts",
    METADATA,
    Column("upstream", String(16), primary_key=True),
    Column("slot_start", BigInteger, primary_key=True),  # Unix seconds
    Column("priority", String(16), primary_key=True),
    Column("requests", Integer, nullable=False),
)
PENALTIES: Final = Table(
    "penalties",
    METADATA,
    Column("upstream", String(16), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

# --- Collections (docs/decisions/0013): every statement on them is limited to one user_id.

# Ordered by bytes, as SQLite does, and not by the rules of the server's language.
_Key: Final = Text().with_variant(Text(collation="C"), "postgresql")

COLLECTIONS: Final = Table(
    "collections",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("username", String(100), nullable=False),
    Column("generation", Integer),  # the one that is shown; NULL: never read whole
    Column("building", Integer),  # the one that a sync is writing
    Column("last_generation", Integer, nullable=False, server_default="0"),  # only ever grows
    Column("synced_at", UtcDateTime),
    Column("full_at", UtcDateTime),  # when it was last read from end to end
    Column("is_running", Boolean, nullable=False, server_default=text("false")),
    Column("is_cancelled", Boolean, nullable=False, server_default=text("false")),
    Column("pages_done", Integer, nullable=False, server_default="0"),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("copies_done", Integer, nullable=False, server_default="0"),
    Column("total", Integer),
    Column("seconds_left", Float),
    Column("problem", String(16)),
    Column("retry_at", UtcDateTime),
)
# Which number of ours a copy has: the same in every generation, and never used twice.
COLLECTION_IDS: Final = Table(
    "collection_ids",
    METADATA,
    Column("item_id", SnowflakeOrId, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("instance_id", BigInteger),  # NULL: Discogs does not have it
    UniqueConstraint("user_id", "instance_id"),
    sqlite_autoincrement=True,
)
COLLECTION_ITEMS: Final = Table(
    "collection_items",
    METADATA,
    Column("row_id", SnowflakeOrId, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("generation", Integer, nullable=False),  # 0: local entries
    Column("page", Integer, nullable=False),  # on which it was read; 0: not by a walk
    Column("item_id", BigInteger, nullable=False),
    Column("instance_id", BigInteger),
    Column("release_id", BigInteger),
    Column("master_id", BigInteger),
    Column("folder_id", BigInteger, nullable=False),
    Column("rating", SmallInteger, nullable=False),
    Column("year", SmallInteger),
    Column("added_at", UtcDateTime),
    Column("artist_key", _Key, nullable=False),  # folded, for sorting and comparing
    Column("title_key", _Key, nullable=False),
    Column("label_key", _Key, nullable=False),  # of the first label
    Column("genres", Text, nullable=False),  # names, one a line
    Column("styles", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("formats", Text, nullable=False),  # names and descriptions
    Column("genre_keys", Text, nullable=False),  # folded names, a line break around each
    Column("style_keys", Text, nullable=False),
    Column("label_keys", Text, nullable=False),
    Column("format_keys", Text, nullable=False),
    Column("words", Text, nullable=False),  # what full-text search finds it by
    Column("data", Text, nullable=False),  # JSON: everything that is shown
    Column("country", Text, nullable=False, server_default=text("''")),
    Column("format_names", Text, nullable=False, server_default=text("''")),  # without descriptions
    UniqueConstraint("user_id", "generation", "item_id"),
)
Index(
    "ix_collection_items_user_id_generation_release_id",
    COLLECTION_ITEMS.c.user_id,
    COLLECTION_ITEMS.c.generation,
    COLLECTION_ITEMS.c.release_id,
)
# Who else has another pressing of a work: asked across people who share (docs/decisions/0016).
Index(
    "ix_collection_items_master_id_user_id",
    COLLECTION_ITEMS.c.master_id,
    COLLECTION_ITEMS.c.user_id,
)
COLLECTION_NAMES: Final = Table(
    "collection_names",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(8), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column(
        "options", Text
    ),  # of a field: what may be chosen, one a line; NULL: anything, or unknown
    CheckConstraint("kind IN ('folder', 'field')", name="kind"),
)
COLLECTION_PICKS: Final = Table(
    "collection_picks",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("times", Integer, nullable=False),
    Column("picked_at", UtcDateTime, nullable=False),
)
# When a copy was last said to be playing.
PLAYS: Final = Table(
    "plays",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("played_at", UtcDateTime, nullable=False),
)
# What a page of a collection was filtered by, for the buttons below it (docs/decisions/0014).
COLLECTION_VIEWS: Final = Table(
    "collection_views",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(16), primary_key=True),  # follows from ``view``
    Column("view", Text, nullable=False),  # JSON: filters and order
    Column("used_at", UtcDateTime, nullable=False, index=True),
)
# What a collection was worth, in Discogs' own words, once a day (UTC).
COLLECTION_VALUES: Final = Table(
    "collection_values",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("minimum", String(64), nullable=False),
    Column("median", String(64), nullable=False),
    Column("maximum", String(64), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
)
# When works first came out: a fact of Discogs' catalogue, nobody's own.
MASTER_YEARS: Final = Table(
    "master_years",
    METADATA,
    Column("master_id", BigInteger, primary_key=True, autoincrement=False),
    Column("year", SmallInteger, nullable=False),
)

# --- Wantlists, in generations as collections are (docs/decisions/0013)

WANTLISTS: Final = Table(
    "wantlists",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("username", String(100), nullable=False),
    Column("generation", Integer),  # the one that is shown; NULL: never read whole
    Column("building", Integer),  # the one that a sync is writing
    Column("last_generation", Integer, nullable=False, server_default="0"),  # only ever grows
    Column("edits", Integer, nullable=False, server_default="0"),  # grows with what is changed here
    Column("synced_at", UtcDateTime),
    Column("is_running", Boolean, nullable=False, server_default=text("false")),
    Column("problem", String(16)),
    Column("retry_at", UtcDateTime),
)
WANTS: Final = Table(
    "wants",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("release_id", BigInteger, primary_key=True, autoincrement=False),
    Column("master_id", BigInteger),
    Column("rating", SmallInteger, nullable=False),
    Column("year", SmallInteger),
    Column("added_at", UtcDateTime),
    Column("artist_key", _Key, nullable=False),  # folded, for sorting
    Column("title_key", _Key, nullable=False),
    Column("label_key", _Key, nullable=False),  # of the first label
    Column("words", Text, nullable=False),  # folded, a space around each
    Column("data", Text, nullable=False),  # JSON: everything that is shown
)

DISCOGS_ACCOUNTS: Final = Table(
    "discogs_accounts",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("username", String(100), nullable=False),
    Column("discogs_id", BigInteger, nullable=False),
    Column("is_proven", Boolean, nullable=False),  # the person has shown that it is theirs
    Column("linked_at", UtcDateTime, nullable=False),
)
SPOTIFY_ACCOUNTS: Final = Table(
    "spotify_accounts",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", String(100), nullable=False),
    Column("name", String(200), nullable=False),
    Column("scopes", String(400), nullable=False),  # what was allowed, separated by spaces
    Column("linked_at", UtcDateTime, nullable=False),  # when it was allowed
)
# Permissions that were asked for and not given yet.
PERMISSIONS: Final = Table(
    "permissions",
    METADATA,
    Column("user_id", BigInteger, nullable=False, autoincrement=False),
    Column("service", String(16), nullable=False),
    Column("handle_hash", String(64), nullable=False),
    Column("ciphertext", Text, nullable=False),  # what ends it, encrypted
    Column("asked_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("user_id", "service"),
    UniqueConstraint("service", "handle_hash"),
)
# What people have decided about what others see of them; no row: nothing.
PREFERENCES: Final = Table(
    "preferences",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shares", Boolean, nullable=False, server_default=text("false")),
    Column("shared_at", UtcDateTime),  # since when; NULL: does not share
    Column("shows_value", Boolean, nullable=False, server_default=text("false")),
)

# The releases that a person looked at last, to be suggested to them alone.
LOOKUPS: Final = Table(
    "lookups",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("release_id", BigInteger, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("artist", Text, nullable=False),
    Column("looked_at", UtcDateTime, nullable=False),
)

# Texts that the model wrote for somebody in the last 24 hours.
AI_USES: Final = Table(
    "ai_uses",
    METADATA,
    Column("id", SnowflakeOrId, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("used_at", UtcDateTime, nullable=False),
    Index("ix_ai_uses_user_id_used_at", "user_id", "used_at"),
    Index("ix_ai_uses_guild_id_used_at", "guild_id", "used_at"),
)
# Who lets the model see a list of their own records.
AI_CONSENTS: Final = Table(
    "ai_consents",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("given_at", UtcDateTime, nullable=False),
)
# Playlists that are being filled from somebody's records, and those that were lately.
PLAYLIST_RUNS: Final = Table(
    "playlist_runs",
    METADATA,
    Column("id", SnowflakeOrId, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("content", Text, nullable=False),  # JSON: what was chosen, and how far it is
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_playlist_runs_user_id_changed_at", "user_id", "changed_at"),
    # A number that is never used twice: an old button must not find another run.
    sqlite_autoincrement=True,
)

SEARCH_NAME: Final = "collection_search"
"""The full-text index, which only the migration can describe: FTS5 with triggers on SQLite, a GIN
index on PostgreSQL. Both follow ``collection_items.words`` by themselves."""
