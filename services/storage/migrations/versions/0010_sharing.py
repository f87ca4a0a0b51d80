"""What people let others see, what they have played, and an index for other pressings."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("shares", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("shared_at", UtcDateTime),
        sa.Column("shows_value", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_preferences")),
    )
    op.create_table(
        "plays",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("item_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("played_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "item_id", name=op.f("pk_plays")),
    )
    op.create_index(
        "ix_collection_items_master_id_user_id", "collection_items", ["master_id", "user_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_collection_items_master_id_user_id", "collection_items")
    op.drop_table("plays")
    op.drop_table("preferences")
