"""What an older version has stored, counted by this one."""

from pathlib import Path

from fakes.clock import WALL_START
from harness.databases import open_database
from sqlalchemy import text

from services.storage.migrating import migrate

_OLD_ROWS = """
    INSERT INTO collection_items (user_id, generation, page, item_id, folder_id, rating,
        artist_key, title_key, label_key, genres, styles, labels, formats, genre_keys, style_keys,
        label_keys, format_keys, words, data)
    SELECT 42, generation, 0, item_id, 1, 0,
        'a', 't', '', '', '', '', formats, '', '', '', '', '', '{}'
    FROM (SELECT 0 AS generation, 1 AS item_id, 'Acetate' AS formats
          UNION ALL SELECT 3, 2, 'Vinyl') AS old
"""


async def test_migration_keeps_rows_and_has_what_they_lack_read_anew(
    empty_database: Path | str,
) -> None:
    async with open_database(empty_database) as database:
        await migrate(database, "0006")
        person = "INSERT INTO collections (user_id, username, full_at) VALUES (42, 'me', :then)"
        async with database.write() as transaction:
            await transaction.execute(text(_OLD_ROWS))
            await transaction.execute(text(person), [{"then": WALL_START.replace(tzinfo=None)}])

        await migrate(database)

        async with database.read() as transaction:
            items = "SELECT format_names, country FROM collection_items ORDER BY item_id"
            rows = (await transaction.execute(text(items))).all()
            full_at = (await transaction.execute(text("SELECT full_at FROM collections"))).scalar()
        assert [tuple(row) for row in rows] == [("Acetate", ""), ("", "")]
        assert full_at is None
