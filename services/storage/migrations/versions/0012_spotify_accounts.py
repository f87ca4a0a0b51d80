"""Linked Spotify accounts; permissions under way, of every upstream in one table."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was under way held for 15 minutes: who is in the middle of it begins again.
    op.drop_table("discogs_requests")
    op.create_table(
        "permissions",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("service", sa.String(16), nullable=False),
        sa.Column("handle_hash", sa.String(64), nullable=False),
        sa.Column("ciphertext", sa.Text, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "service", name=op.f("pk_permissions")),
        sa.UniqueConstraint(
            "service", "handle_hash", name=op.f("uq_permissions_service_handle_hash")
        ),
    )
    op.create_table(
        "spotify_accounts",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("account_id", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("scopes", sa.String(400), nullable=False),
        sa.Column("linked_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_spotify_accounts")),
    )


def downgrade() -> None:
    op.drop_table("spotify_accounts")
    op.drop_table("permissions")
    op.create_table(
        "discogs_requests",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("ciphertext", sa.Text, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_discogs_requests")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_discogs_requests_token_hash")),
    )
