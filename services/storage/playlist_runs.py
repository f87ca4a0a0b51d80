"""``PlaylistRunRepository``: playlists that are filled from somebody's records.

Every statement is limited to one ``user_id``: there is none that could return another's rows.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from services.storage.database import Transaction
from services.storage.tables import PLAYLIST_RUNS

_COLUMNS = PLAYLIST_RUNS.c


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistRunRow:
    """A run: its number, its stage, and what else there is to know of it, as JSON."""

    run_id: int
    stage: str
    content: str


class PlaylistRunRepository:
    """Statements on one person's runs; each takes part in the caller's transaction."""

    async def add(
        self, transaction: Transaction, user_id: int, stage: str, content: str, now: datetime
    ) -> int:
        """Store a new run; returns its number, which is never used again."""
        values = {"user_id": user_id, "stage": stage, "content": content, "changed_at": now}
        statement = insert(PLAYLIST_RUNS).values(values).returning(_COLUMNS.id)
        return int((await transaction.execute(statement)).scalar_one())

    async def get(
        self, transaction: Transaction, user_id: int, run_id: int, *, for_update: bool = False
    ) -> PlaylistRunRow | None:
        """Return a person's run, or None; ``for_update`` locks it."""
        statement = select(PLAYLIST_RUNS).where(_COLUMNS.user_id == user_id, _COLUMNS.id == run_id)
        if for_update:
            statement = statement.with_for_update()
        row = (await transaction.execute(statement)).mappings().first()
        return None if row is None else _row(row["id"], row["stage"], row["content"])

    async def all_of(self, transaction: Transaction, user_id: int) -> list[PlaylistRunRow]:
        """Return a person's runs, the oldest first, and lock them."""
        statement = select(PLAYLIST_RUNS).where(_COLUMNS.user_id == user_id)
        rows = await transaction.execute(statement.order_by(_COLUMNS.id).with_for_update())
        return [_row(row["id"], row["stage"], row["content"]) for row in rows.mappings()]

    async def newest(
        self,
        transaction: Transaction,
        user_id: int,
        stages: tuple[str, ...],
        since: datetime | None = None,
    ) -> PlaylistRunRow | None:
        """Return the run in one of these stages that changed last, and after ``since``; or None."""
        statement = select(PLAYLIST_RUNS).where(
            _COLUMNS.user_id == user_id, _COLUMNS.stage.in_(stages)
        )
        if since is not None:
            statement = statement.where(_COLUMNS.changed_at > since)
        ordered = statement.order_by(_COLUMNS.changed_at.desc(), _COLUMNS.id.desc()).limit(1)
        row = (await transaction.execute(ordered)).mappings().first()
        return None if row is None else _row(row["id"], row["stage"], row["content"])

    async def put(
        self,
        transaction: Transaction,
        user_id: int,
        row: PlaylistRunRow,
        now: datetime,
    ) -> None:
        """Store how a person's run stands."""
        await transaction.execute(
            update(PLAYLIST_RUNS)
            .where(_COLUMNS.user_id == user_id, _COLUMNS.id == row.run_id)
            .values(stage=row.stage, content=row.content, changed_at=now)
        )

    async def delete_older(
        self, transaction: Transaction, user_id: int, stages: tuple[str, ...], before: datetime
    ) -> None:
        """Forget a person's runs in these stages that have not changed since."""
        await transaction.execute(
            delete(PLAYLIST_RUNS).where(
                _COLUMNS.user_id == user_id,
                _COLUMNS.stage.in_(stages),
                _COLUMNS.changed_at < before,
            )
        )

    async def delete_person(self, transaction: Transaction, user_id: int) -> list[int]:
        """Forget everything of a person; returns the numbers of the runs that there were."""
        statement = delete(PLAYLIST_RUNS).where(_COLUMNS.user_id == user_id)
        rows = await transaction.execute(statement.returning(_COLUMNS.id))
        return [int(number) for number in rows.scalars()]


def _row(run_id: int, stage: str, content: str) -> PlaylistRunRow:
    return PlaylistRunRow(run_id=run_id, stage=stage, content=content)
