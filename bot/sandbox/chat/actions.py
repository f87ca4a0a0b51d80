"""What a person does on the page, one function an address; each gets and returns JSON.

A ValueError is what the client would not have let the person do; it becomes a 400.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.sandbox.chat.history import History
from bot.sandbox.chat.live import LiveFeed
from bot.sandbox.chat.switches import Switchboard
from bot.sandbox.chat.views import Json, command_views, menu_views
from bot.sandbox.discord import Exchange
from bot.sandbox.sandbox import Sandbox

_MESSAGE_MAXIMUM: Final = 2_000
_UNANSWERED_SECONDS: Final = 30.0

Action = Callable[[Json], Awaitable[Json]]


class Actions:
    """Acts on the sandbox for whoever sits at the page."""

    def __init__(
        self, sandbox: Sandbox, history: History, feed: LiveFeed, switches: Switchboard
    ) -> None:
        """Act on `sandbox`."""
        self._sandbox = sandbox
        self._discord = sandbox.discord
        self._history = history
        self._feed = feed
        self._switches = switches

    def by_name(self) -> dict[str, Action]:
        """Return the actions by the last part of their address."""
        return {
            "commands": self._commands,
            "run": self._run,
            "run_menu": self._run_menu,
            "autocomplete": self._autocomplete,
            "press": self._press,
            "choose": self._choose,
            "submit": self._submit,
            "send": self._send,
            "dismiss": self._dismiss,
            "fault": self._fault,
            "gateway": self._gateway,
        }

    async def _commands(self, given: Json) -> Json:
        offered = self._discord.offered_commands(user=given["user"], channel=given["channel"])
        return {"commands": command_views(offered), "menu": menu_views(offered)}

    async def _run(self, given: Json) -> Json:
        exchange = await self._discord.run_command(
            given["command"], _with_files(given["options"]), **_scene(given)
        )
        return await self._noted_outcome(exchange)

    async def _run_menu(self, given: Json) -> Json:
        exchange = await self._discord.run_message_command(
            given["command"],
            self._history.message(given["message"]),
            user=given["user"],
            locale=given["locale"],
        )
        return await self._noted_outcome(exchange)

    async def _noted_outcome(self, exchange: Exchange) -> Json:
        """Return how a command was acknowledged; that it was not is shown to its user."""
        outcome = await self._outcome(exchange)
        if outcome["state"] == "failed":
            note = self._history.note_failure(exchange, self._discord.bot_user)
            self._feed.tell({"type": "message", "message": note}, only=exchange.user)
        return outcome

    async def _autocomplete(self, given: Json) -> Json:
        try:
            choices = await self._discord.autocomplete(
                given["command"],
                given["focused"],
                given["value"],
                given["options"],
                **_scene(given),
            )
        except TimeoutError:
            return {"failed": True, "choices": []}
        return {"choices": [{"name": c.name, "value": c.value} for c in choices]}

    async def _press(self, given: Json) -> Json:
        message = self._history.message(given["message"])
        exchange = await self._discord.press(
            message, given["control"], user=given["user"], locale=given["locale"]
        )
        return await self._outcome(exchange)

    async def _choose(self, given: Json) -> Json:
        message = self._history.message(given["message"])
        exchange = await self._discord.choose(
            message, given["control"], given["values"], user=given["user"], locale=given["locale"]
        )
        return await self._outcome(exchange)

    async def _submit(self, given: Json) -> Json:
        opened = self._history.modal(given["exchange"])
        values = _with_files(given["values"])
        exchange = await self._discord.submit_modal(opened, values, user=given["user"])
        return await self._outcome(exchange)

    async def _send(self, given: Json) -> Json:
        text = given["text"].strip()
        if not 0 < len(text) <= _MESSAGE_MAXIMUM:
            message = f"a message has 1 to {_MESSAGE_MAXIMUM} characters, not {len(text)}"
            raise ValueError(message)
        await self._discord.send_message(text, user=given["user"], channel=given["channel"])
        return {"state": "done"}

    async def _dismiss(self, given: Json) -> Json:
        user = self._discord.users[given["user"]]
        if self._history.note_for(given["message"], user):
            self._feed.take_back(given["message"])
            return {"state": "done"}
        message = self._history.message(given["message"])
        if message.only_for is not user:
            reason = "only what nobody else sees can be dismissed"
            raise ValueError(reason)
        await self._discord.delete_message(message)
        return {"state": "done"}

    async def _fault(self, given: Json) -> Json:
        if given.get("upstream") is None:
            self._switches.clear()
        else:
            self._switches.turn(given["upstream"], given["fault"])
        return {"faults": self._switches.current()}

    async def _gateway(self, given: Json) -> Json:
        await self._discord.disconnect(resumable=bool(given["resumable"]))
        return {"state": "done"}

    async def _outcome(self, exchange: Exchange) -> Json:
        """Return how an interaction was acknowledged, if it was."""
        try:
            await exchange.wait_acknowledged(_UNANSWERED_SECONDS)
        except TimeoutError:
            return {"state": "failed"}
        if exchange.modal is None:
            return {"state": "done"}
        key = self._history.keep_modal(exchange)
        return {"state": "modal", "exchange": key, "modal": exchange.modal}


def _scene(given: Json) -> dict[str, Any]:
    return {key: given[key] for key in ("user", "channel", "locale")}


def _with_files(values: Json) -> Json:
    """Turn the files among the values, `{"name", "base64"}`, into (name, bytes)."""
    return {name: _with_file(value) for name, value in values.items()}


def _with_file(value: object) -> object:
    match value:
        case list():
            return [_with_file(each) for each in value]
        case {"name": str() as name, "base64": str() as data}:
            try:
                return (name, base64.b64decode(data, validate=True))
            except binascii.Error as error:
                message = f"{name} is not base64"
                raise ValueError(message) from error
    return value
