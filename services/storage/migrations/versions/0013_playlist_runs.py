"""Playlists that are filled from somebody's records."""

import sqlalchemy as sa
from alembic import op

from services.storage.columns import SnowflakeOrId, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "playlist_runs",
        sa.Column("id", SnowflakeOrId, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlist_runs")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_playlist_runs_user_id_changed_at", "playlist_runs", ["user_id", "changed_at"]
    )


def downgrade() -> None:
    op.drop_table("playlist_runs")
