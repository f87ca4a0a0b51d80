"""Texts that people had written in the last day, and who lets EurIA see their collection."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import SnowflakeOrId, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ai_uses",
        sa.Column("id", SnowflakeOrId, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("used_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_uses")),
    )
    op.create_index("ix_ai_uses_user_id_used_at", "ai_uses", ["user_id", "used_at"])
    op.create_index("ix_ai_uses_guild_id_used_at", "ai_uses", ["guild_id", "used_at"])
    op.create_table(
        "ai_consents",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("given_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_ai_consents")),
    )


def downgrade() -> None:
    op.drop_table("ai_consents")
    op.drop_table("ai_uses")
