"""The releases that a person looked at last."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lookups",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("release_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("artist", sa.Text, nullable=False),
        sa.Column("looked_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "release_id", name=op.f("pk_lookups")),
    )


def downgrade() -> None:
    op.drop_table("lookups")
