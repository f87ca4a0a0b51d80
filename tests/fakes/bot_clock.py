"""The clock of a bot in another process, as the chat page moves it."""

from datetime import datetime, timedelta

from services.resilience.clock import SystemClock


class FakeBotClock:
    """Some time ahead of the real clock."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.ahead

    async def move(self, by: timedelta) -> None:
        self.ahead += by
