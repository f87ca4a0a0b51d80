"""What the policies remember: answers, daily counts, long penalties."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cached_answers",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("stored_at", UtcDateTime, nullable=False),
        sa.Column("keep_until", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_cached_answers")),
    )
    op.create_index("ix_cached_answers_keep_until", "cached_answers", ["keep_until"])
    op.create_index("ix_cached_answers_stored_at", "cached_answers", ["stored_at"])
    op.create_table(
        "quota_counts",
        sa.Column("upstream", sa.String(16), nullable=False),
        sa.Column("slot_start", sa.BigInteger, nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("upstream", "slot_start", "priority", name=op.f("pk_quota_counts")),
    )
    op.create_table(
        "penalties",
        sa.Column("upstream", sa.String(16), nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("upstream", name=op.f("pk_penalties")),
    )


def downgrade() -> None:
    op.drop_table("penalties")
    op.drop_table("quota_counts")
    op.drop_table("cached_answers")
