"""Messages that are changed later."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import SnowflakeOrId, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "late_messages",
        sa.Column("id", SnowflakeOrId, primary_key=True),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("application_id", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("token_until", UtcDateTime),
        sa.Column("is_in_reach", sa.Boolean, nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("noted_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_messages")),
        sa.UniqueConstraint("message_id", name=op.f("uq_late_messages_message_id")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("late_messages")
