"""Digests of servers, who joined them, and their slots."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import SnowflakeOrId, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_STATES = "'planned', 'claimed', 'sending', 'posted', 'uncertain', 'skipped', 'missed'"


def upgrade() -> None:
    op.create_table(
        "digests",
        sa.Column("digest_id", SnowflakeOrId, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("creator_id", sa.BigInteger, nullable=False),
        sa.Column("cadence", sa.String(8), nullable=False),
        sa.Column("hour", sa.SmallInteger, nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("weekday", sa.SmallInteger),
        sa.Column("day", sa.SmallInteger),
        sa.Column("when_nothing", sa.String(8), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("is_paused", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("pause_reason", sa.String(16)),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("last_posted_at", UtcDateTime),
        sa.Column("told_until", UtcDateTime),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("edition", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("digest_id", name=op.f("pk_digests")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_digests_guild_id", "digests", ["guild_id"])
    op.create_index("ix_digests_is_paused_next_at", "digests", ["is_paused", "next_at"])
    op.create_table(
        "digest_members",
        sa.Column("digest_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("joined_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("digest_id", "user_id", name=op.f("pk_digest_members")),
    )
    op.create_index("ix_digest_members_user_id", "digest_members", ["user_id"])
    _create_slots()
    _create_posts()


def _create_slots() -> None:
    op.create_table(
        "digest_slots",
        sa.Column("digest_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("slot_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("is_by_hand", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("told_until", UtcDateTime),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("sending_at", UtcDateTime),
        sa.Column("message_id", sa.BigInteger),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_digest_slots_state")),
        sa.PrimaryKeyConstraint("digest_id", "slot_at", name=op.f("pk_digest_slots")),
    )
    op.create_index("ix_digest_slots_slot_at", "digest_slots", ["slot_at"])


def _create_posts() -> None:
    op.create_table(
        "digest_posts",
        sa.Column("digest_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("slot_at", UtcDateTime, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("posted_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("digest_id", "slot_at", name=op.f("pk_digest_posts")),
    )
    op.create_index("ix_digest_posts_posted_at", "digest_posts", ["posted_at"])


def downgrade() -> None:
    op.drop_table("digest_posts")
    op.drop_table("digest_slots")
    op.drop_table("digest_members")
    op.drop_table("digests")
