"""The webhook of an interaction: follow-ups, and edits of what it answered.

Until the interaction is acknowledged its webhook is unknown (10015); after 15 minutes its token is
invalid (50027). https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages
"""

from bot.sandbox.discord.call import NOTHING, Call, Reply, Route
from bot.sandbox.discord.composing import Draft
from bot.sandbox.discord.errors import ApiError, unknown
from bot.sandbox.discord.interactions import Interaction
from bot.sandbox.discord.mentions import USERS_ONLY
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.platform import Platform
from bot.sandbox.discord.rest_interactions import is_ephemeral
from bot.sandbox.discord.wire import message_payload

_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
_MOST_FOLLOW_UPS = 5


class WebhookRoutes:
    """Everything below `/webhooks/{webhook_id}/{webhook_token}`."""

    def __init__(self, platform: Platform) -> None:
        """Serve this platform."""
        self._platform = platform
        self._board = platform.board

    def routes(self) -> list[Route]:
        """Return the addresses."""
        table = [Route("POST", _WEBHOOK, self._follow_up, needs_token=False)]
        for which in ("@original", "{message_id}"):
            template = f"{_WEBHOOK}/messages/{which}"
            table += [
                Route("GET", template, self._get, needs_token=False),
                Route("PATCH", template, self._edit, needs_token=False),
                Route("DELETE", template, self._delete, needs_token=False),
            ]
        return table

    def _follow_up(self, call: Call) -> Reply:
        interaction = self._interaction(call)
        original = interaction.original
        if original is not None and original.thinking:
            # The first follow-up fills the "thinking…" and cannot change who sees it.
            return self._change(interaction, original, call)
        if interaction.is_user_install_only and interaction.follow_ups >= _MOST_FOLLOW_UPS:
            message = "This interaction has reached the maximum number of follow-up messages"
            raise ApiError(400, 40094, message)
        ephemeral = is_ephemeral(call.form)
        posted = self._board.post(
            self._draft(interaction, call, ephemeral=ephemeral),
            author=self._platform.world.bot,
            exchanges=[interaction.exchange],
            kind=interaction.message_kind,
            only_for=interaction.user if ephemeral else None,
            metadata=interaction.metadata(follow_up=True),
            reference=original,
        )
        interaction.follow_ups += 1
        return self._shown(posted)

    def _get(self, call: Call) -> Reply:
        return self._shown(self._message(self._interaction(call), call))

    def _edit(self, call: Call) -> Reply:
        interaction = self._interaction(call)
        return self._change(interaction, self._message(interaction, call), call)

    def _delete(self, call: Call) -> Reply:
        self._board.delete(self._message(self._interaction(call), call))
        return NOTHING

    def _change(self, interaction: Interaction, message: Message, call: Call) -> Reply:
        interaction.exchange.include(message)
        self._board.edit(message, self._draft(interaction, call))
        return self._shown(message)

    def _draft(self, interaction: Interaction, call: Call, *, ephemeral: bool = False) -> Draft:
        return Draft(
            body=call.form,
            uploads=call.uploads,
            channel=interaction.channel,
            default_pings=USERS_ONLY,
            ephemeral=ephemeral,
        )

    def _interaction(self, call: Call) -> Interaction:
        interaction = self._platform.interactions.get(call.params["webhook_token"])
        application_id = str(self._platform.world.application_id)
        if interaction is None or call.params["webhook_id"] != application_id:
            raise unknown(10015, "Webhook")
        if interaction.age > self._platform.rules.token_seconds:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if interaction.callback is None:
            raise unknown(10015, "Webhook")
        return interaction

    def _message(self, interaction: Interaction, call: Call) -> Message:
        message_id = call.params.get("message_id")
        found = interaction.original
        if message_id is not None:
            found = self._board.get(message_id, interaction.channel)
        if found is None or found.deleted or not self._reaches(interaction, found):
            raise unknown(10008, "Message")
        return found

    def _reaches(self, interaction: Interaction, message: Message) -> bool:
        """An interaction's token only reaches what it made, and the message it was used on."""
        return message in interaction.exchange.messages or message is interaction.original

    def _shown(self, message: Message) -> Reply:
        return Reply(message_payload(self._platform.world, message))
