"""The tables of digests (docs/decisions/0021); see ``tables.py``.

What people ask for or change is limited to one guild_id in every statement.
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
    SmallInteger,
    String,
    Table,
    text,
)

from services.storage.columns import SnowflakeOrId, UtcDateTime
from services.storage.tables import METADATA

DIGEST_METADATA: Final = MetaData(naming_convention=METADATA.naming_convention)

DIGESTS: Final = Table(
    "digests",
    DIGEST_METADATA,
    Column("digest_id", SnowflakeOrId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False, index=True),
    Column("channel_id", BigInteger, nullable=False),
    Column("creator_id", BigInteger, nullable=False),
    Column("cadence", String(8), nullable=False),
    Column("hour", SmallInteger, nullable=False),  # on the clocks of the zone
    Column("zone", String(64), nullable=False),  # IANA
    Column("weekday", SmallInteger),  # 0: Monday
    Column("day", SmallInteger),
    Column("when_nothing", String(8), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("is_paused", Boolean, nullable=False, server_default=text("false")),
    Column("pause_reason", String(16)),
    Column("next_at", UtcDateTime, nullable=False),
    Column("last_posted_at", UtcDateTime),
    Column("told_until", UtcDateTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("edition", Integer, nullable=False, server_default="0"),  # grows with every edit
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_digests_is_paused_next_at", "is_paused", "next_at"),
    # A number that is never used twice: a job must not find another digest.
    sqlite_autoincrement=True,
)
DIGEST_MEMBERS: Final = Table(
    "digest_members",
    DIGEST_METADATA,
    Column("digest_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
)
# A row is the right to post one slot: its key is what makes that right exist once.
DIGEST_SLOTS: Final = Table(
    "digest_slots",
    DIGEST_METADATA,
    Column("digest_id", BigInteger, primary_key=True, autoincrement=False),
    Column("slot_at", UtcDateTime, primary_key=True, index=True),
    Column("state", String(12), nullable=False),
    Column("is_by_hand", Boolean, nullable=False, server_default=text("false")),
    Column("edition", Integer, nullable=False),  # of the digest that the content is for
    Column("content", LargeBinary),  # JSON, until it is posted
    Column("told_until", UtcDateTime),  # up to when the content tells what is new
    Column("channel_id", BigInteger),  # where it is being sent, or was
    Column("sending_at", UtcDateTime),  # since when
    Column("message_id", BigInteger),
    CheckConstraint(
        "state IN ('planned', 'claimed', 'sending', 'posted', 'uncertain', 'skipped', 'missed')",
        name="state",
    ),
)
