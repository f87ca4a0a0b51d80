"""The page as a person uses it: mostly from the keyboard."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.sandbox.chat import ChatServer
from bot.sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page


@dataclass
class Stage:
    """An open chat page and what is behind it."""

    sandbox: Sandbox
    chat: ChatServer
    page: "Page"

    async def open(
        self, *, user: str = "alice", locale: str = "en-US", place: str = "general"
    ) -> None:
        if self.page.url != "about:blank":
            await self.page.goto("about:blank")  # a changed fragment alone would load nothing
        await self.page.goto(f"{self.chat.url}?user={user}&locale={locale}#{place}")
        await self.page.locator("#fault-spotify").wait_for(state="attached")

    async def type(self, *keys: str) -> None:
        """Press named keys such as <Enter>, and type everything else."""
        for key in keys:
            if key.startswith("<"):
                await self.page.keyboard.press(key.strip("<>"))
            else:
                await self.page.keyboard.type(key)

    async def command(self, name: str, *values: str) -> None:
        """Run a command from the keyboard, its required options in order."""
        await self.page.locator("#text").focus()
        await self.type(f"/{name}")
        await self.offer(f"/{name}").wait_for()
        await self.type("<Enter>")
        for place, value in enumerate(values):
            await self.type(*(["<Tab>"] if place else []), value)
        await self.type("<Enter>")

    def offer(self, text: str) -> "Locator":
        return self.page.locator("#offer-list [role=option]", has_text=text)

    def choice(self, text: str) -> "Locator":
        """Return an entry of the select menu that is open."""
        return self.page.locator("[popover] [role=option]", has_text=text)

    @property
    def messages(self) -> "Locator":
        return self.page.locator("#log > article")

    @property
    def last(self) -> "Locator":
        return self.messages.last
