"""Every table, as SQLAlchemy describes it; the migrations lead here and a test compares.

A change of a table is a change here *and* a migration (``make migration ARGS="what changes"``).
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
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
