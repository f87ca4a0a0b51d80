"""Linked Discogs accounts, permissions under way, filters of the pages in messages."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discogs_accounts",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("username", sa.String(100), nullable=False),
        sa.Column("discogs_id", sa.BigInteger, nullable=False),
        sa.Column("is_proven", sa.Boolean, nullable=False),
        sa.Column("linked_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_discogs_accounts")),
    )
    op.create_table(
        "discogs_requests",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("ciphertext", sa.Text, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_discogs_requests")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_discogs_requests_token_hash")),
    )
    op.create_table(
        "collection_views",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("view", sa.Text, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_collection_views")),
    )
    op.create_index("ix_collection_views_used_at", "collection_views", ["used_at"])


def downgrade() -> None:
    op.drop_table("collection_views")
    op.drop_table("discogs_requests")
    op.drop_table("discogs_accounts")
