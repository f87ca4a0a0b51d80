"""What every stand-in is: something that is started and stopped, best with ``async with``."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Startable(ABC):
    """Starts on entering a block and stops on leaving it."""

    @abstractmethod
    async def start(self) -> None:
        """Start; a second call changes nothing."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop and free everything; a second call changes nothing."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()
