"""A credential that a policy can renew, and that counts how often it did."""

from collections.abc import Awaitable, Callable


class FakeCredential:
    """There from the start; ``renew`` awaits what it is given."""

    def __init__(self, renew: Callable[[], Awaitable[None]]) -> None:
        self._renew = renew
        self._generation = 1

    async def obtain(self) -> int:
        return self._generation

    async def renew(self, generation: int) -> bool:
        if generation == self._generation:
            await self._renew()
            self._generation += 1
        return True
