"""The callback of interactions.

An interaction that nobody answered in time is unknown from then on (10062), and it is answered at
most once (40060). https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from bot.sandbox.discord.call import NOTHING, Call, Reply, Route
from bot.sandbox.discord.command_checks import OptionType, check_choice
from bot.sandbox.discord.components import complete
from bot.sandbox.discord.composing import Draft
from bot.sandbox.discord.errors import ApiError, ErrorTree, unknown
from bot.sandbox.discord.forms import Form
from bot.sandbox.discord.interactions import Callback, Interaction, InteractionKind
from bot.sandbox.discord.mentions import USERS_ONLY
from bot.sandbox.discord.messages import MessageFlag
from bot.sandbox.discord.modal_checks import check_modal
from bot.sandbox.discord.platform import Platform
from bot.sandbox.discord.snowflakes import Json
from bot.sandbox.discord.wire import message_payload

_MOST_CHOICES = 25
_DATA = ("data",)
_ANSWERS = {Callback.MESSAGE, Callback.DEFERRED_MESSAGE}
_UPDATES = {Callback.DEFERRED_UPDATE, Callback.UPDATE}


class InteractionRoutes:
    """`POST /interactions/{interaction_id}/{interaction_token}/callback`."""

    def __init__(self, platform: Platform) -> None:
        """Serve this platform."""
        self._platform = platform
        self._board = platform.board
        self._apply = {
            Callback.MESSAGE: self._message,
            Callback.DEFERRED_MESSAGE: self._defer,
            Callback.DEFERRED_UPDATE: self._defer_update,
            Callback.UPDATE: self._update,
            Callback.AUTOCOMPLETE: self._autocomplete,
            Callback.MODAL: self._modal,
        }

    def routes(self) -> list[Route]:
        """Return the address."""
        template = "/interactions/{interaction_id}/{interaction_token}/callback"
        return [Route("POST", template, self._callback, needs_token=False)]

    def _callback(self, call: Call) -> Reply:
        interaction = self._platform.interactions.get(call.params["interaction_token"])
        if interaction is None or str(interaction.id) != call.params["interaction_id"]:
            raise unknown(10062, "interaction")
        if interaction.callback is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if interaction.age > self._platform.rules.ack_seconds:
            raise unknown(10062, "interaction")
        callback = _checked_type(interaction, call.form)
        data = call.form.get("data") or {}
        self._apply[callback](interaction, data, call)
        self._platform.acknowledge(interaction, callback)
        if call.query.get("with_response", "").lower() in ("1", "true"):
            return Reply(self._response(interaction, callback))
        return NOTHING

    def _message(self, interaction: Interaction, data: Json, call: Call) -> None:
        ephemeral = is_ephemeral(data)
        interaction.original = self._board.post(
            Draft(
                body=data,
                uploads=call.uploads,
                channel=interaction.channel,
                default_pings=USERS_ONLY,
                ephemeral=ephemeral,
                path=_DATA,
            ),
            author=self._platform.world.bot,
            exchanges=[interaction.exchange],
            kind=interaction.message_kind,
            only_for=interaction.user if ephemeral else None,
            metadata=interaction.metadata(),
            reference=interaction.source,
        )

    def _defer(self, interaction: Interaction, data: Json, _call: Call) -> None:
        if int(data.get("flags") or 0) & int(MessageFlag.COMPONENTS_V2):
            tree = ErrorTree()
            message = "A deferred message cannot carry IS_COMPONENTS_V2; send it with the edit"
            tree.add(("data", "flags"), "BASE_TYPE_CHOICES", message)
            tree.raise_if_any()
        interaction.original = self._board.think(
            interaction.exchange,
            kind=interaction.message_kind,
            only_for=interaction.user if is_ephemeral(data) else None,
            metadata=interaction.metadata(),
        )

    def _defer_update(self, interaction: Interaction, _data: Json, _call: Call) -> None:
        interaction.original = interaction.source

    def _update(self, interaction: Interaction, data: Json, call: Call) -> None:
        source = interaction.source
        if source is None or source.deleted:
            raise unknown(10008, "Message")
        draft = Draft(
            body=data,
            uploads=call.uploads,
            channel=interaction.channel,
            default_pings=USERS_ONLY,
            path=_DATA,
        )
        interaction.original = source
        interaction.exchange.include(source)
        self._board.edit(source, draft)

    def _autocomplete(self, interaction: Interaction, data: Json, _call: Call) -> None:
        tree = ErrorTree()
        form = Form(data, tree, _DATA)
        for choice in form.objects("choices", maximum=_MOST_CHOICES):
            check_choice(choice, _focused_type(interaction.data.get("options") or []))
        tree.raise_if_any()
        interaction.choices = list(data.get("choices") or ())

    def _modal(self, interaction: Interaction, data: Json, _call: Call) -> None:
        tree = ErrorTree()
        check_modal(Form(data, tree, _DATA))
        tree.raise_if_any()
        complete(data["components"])
        interaction.exchange.modal = data

    def _response(self, interaction: Interaction, callback: Callback) -> Json:
        told: Json = {
            "id": str(interaction.id),
            "type": int(interaction.kind),
            "channel_id": str(interaction.channel.id),
        }
        if interaction.channel.guild:
            told["guild_id"] = str(interaction.channel.guild.id)
        resource: Json = {"type": int(callback)}
        original = interaction.original
        if original is not None:
            told |= {
                "response_message_id": str(original.id),
                "response_message_loading": original.thinking,
                "response_message_ephemeral": original.ephemeral,
            }
            if callback in (Callback.MESSAGE, Callback.UPDATE):
                resource["message"] = message_payload(self._platform.world, original)
        return {"interaction": told, "resource": resource}


def is_ephemeral(data: Json) -> bool:
    """Return whether the message asks to be seen by one person only."""
    return bool(int(data.get("flags") or 0) & int(MessageFlag.EPHEMERAL))


def _checked_type(interaction: Interaction, body: Json) -> Callback:
    allowed = set(_ANSWERS) | {Callback.MODAL}
    if interaction.kind is InteractionKind.AUTOCOMPLETE:
        allowed = {Callback.AUTOCOMPLETE}
    elif interaction.kind is InteractionKind.MODAL_SUBMIT:
        allowed = set(_ANSWERS)
    if interaction.source is not None:
        allowed |= _UPDATES
    tree = ErrorTree()
    form = Form(body, tree)
    found = form.one_of("type", tuple(int(callback) for callback in allowed), required=True)
    tree.raise_if_any()
    return Callback(found)


def _focused_type(options: list[Json]) -> int | None:
    for option in options:
        if option.get("focused"):
            return OptionType(option["type"])
        nested = _focused_type(option.get("options") or [])
        if nested is not None:
            return nested
    return None
