"""A process that writes as hard as it can: ``python -m harness.writer_process PATH NAME ROWS``.

It says that it is ready, and begins when it reads a line; both processes are at it together then.
"""

import asyncio
import sys
from pathlib import Path

from sqlalchemy import text

from harness.databases import open_database


async def main(path: Path, name: str, rows: int) -> None:
    """Write ``rows`` rows, each in a transaction of its own, from four tasks at once."""
    statement = text("INSERT INTO notes (name) VALUES (:name)")
    async with open_database(path) as database:
        async with database.read() as transaction:
            await transaction.execute(text("SELECT 1"))

        async def write(number: int) -> None:
            for _ in range(number):
                async with database.write() as transaction:
                    await transaction.execute(statement, [{"name": name}])

        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(write(rows // 4) for _ in range(4)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
