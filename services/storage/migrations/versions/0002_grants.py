"""Linked accounts, their tokens encrypted."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grants",
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("service", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("ciphertext", sa.Text, nullable=False),
        sa.Column("linked_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "service", name=op.f("pk_grants")),
    )


def downgrade() -> None:
    op.drop_table("grants")
