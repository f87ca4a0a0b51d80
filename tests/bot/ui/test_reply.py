"""How an answer reaches Discord, against an interaction and a channel that record what is asked."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest
from discord import InteractionResponseType, InteractionType
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time

from bot.ui.notices import notice
from bot.ui.reply import InteractionReply, MessageReply, Reply, finished
from bot.ui.stream import EditFailed, MessageGone, ProgressiveMessages


def refusal(status: int, code: int) -> discord.HTTPException:
    """Return the error that discord.py raises for an answer of Discord."""
    response = SimpleNamespace(status=status, reason="")
    body: dict[str, Any] = {"code": code, "message": "no"}
    return discord.HTTPException(cast("Any", response), body)


class Recorder:
    """Records calls by name; the next of ``failures`` is raised where there is one."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failures: dict[str, list[Exception]] = {}

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def record(self, name: str, **details: object) -> None:
        self.calls.append((name, details))
        if self.failures.get(name):
            raise self.failures[name].pop(0)


class FakeResponse:
    """``interaction.response``: may be used once."""

    def __init__(self, recorder: Recorder, kind: InteractionType) -> None:
        self._recorder = recorder
        self._kind = kind
        self.type: InteractionResponseType | None = None

    def is_done(self) -> bool:
        return self.type is not None

    async def defer(self, *, thinking: bool = False, ephemeral: bool = False) -> None:
        assert not self.is_done()
        self._recorder.record("defer", thinking=thinking, ephemeral=ephemeral)
        is_new = thinking or self._kind is InteractionType.application_command
        self.type = (
            InteractionResponseType.deferred_channel_message
            if is_new
            else InteractionResponseType.deferred_message_update
        )

    async def send_message(self, **details: object) -> None:
        assert not self.is_done()
        self._recorder.record("send", **details)
        self.type = InteractionResponseType.channel_message


class FakeInteraction(Recorder):
    """An interaction as far as a reply uses it."""

    def __init__(self, kind: InteractionType = InteractionType.application_command) -> None:
        super().__init__()
        self.id = 1234
        self.type = kind
        self.user = SimpleNamespace(id=42)
        self.guild_id = 9
        self.message = None
        self.channel_id = 7
        self.is_member = True
        self.is_ephemeral = False
        self.context = SimpleNamespace(dm_channel=False)
        self.app_permissions = discord.Permissions(view_channel=True, send_messages=True)
        self.client = SimpleNamespace(get_partial_messageable=self._channel)
        self.response = FakeResponse(self, kind)
        self.followup = SimpleNamespace(send=self._follow_up)

    async def edit_original_response(self, **details: object) -> SimpleNamespace:
        self.record("edit", **details)
        return SimpleNamespace(id=99, flags=SimpleNamespace(ephemeral=self.is_ephemeral))

    def is_guild_integration(self) -> bool:
        return self.is_member

    def _channel(self, channel_id: int) -> SimpleNamespace:
        def get_partial_message(message_id: int) -> SimpleNamespace:
            async def edit(**details: object) -> None:
                self.record("edit as bot", place=(channel_id, message_id), **details)

            return SimpleNamespace(edit=edit)

        return SimpleNamespace(get_partial_message=get_partial_message)

    async def delete_original_response(self) -> None:
        self.record("delete")

    async def _follow_up(self, **details: object) -> None:
        self.record("follow up", **details)

    def reply(self) -> InteractionReply:
        return InteractionReply(cast("discord.Interaction", self))


class FakeChannel(Recorder):
    """A direct-message channel, and the one message the bot has in it."""

    id = 7

    def typing(self) -> Awaitable[None]:
        return self._do("typing")

    async def send(self, **details: object) -> "FakeChannel":
        self.record("send", **details)
        return self

    async def edit(self, **details: object) -> None:
        self.record("edit", **details)

    async def _do(self, name: str) -> None:
        self.record(name)

    def reply(self) -> MessageReply:
        message = SimpleNamespace(channel=self, author=SimpleNamespace(id=42), id=1234)
        return MessageReply(cast("discord.Message", message))


VIEW = notice("text")
BUTTON = InteractionType.component
COMMAND = InteractionType.application_command
NETWORK_ERRORS = [
    pytest.param(aiohttp.ServerDisconnectedError(), id="server disconnected"),
    pytest.param(aiohttp.ClientPayloadError(), id="broken answer"),
    pytest.param(ConnectionResetError(110, "reset"), id="connection reset"),
    pytest.param(TimeoutError(), id="socket timeout"),
]
GONE = [
    pytest.param(404, 10003, id="unknown channel"),
    pytest.param(404, 10008, id="message deleted"),
    pytest.param(404, 10015, id="webhook gone"),
    pytest.param(403, 50001, id="no access"),
    pytest.param(403, 50013, id="no permission"),
    pytest.param(401, 50027, id="token expired"),
    pytest.param(401, 0, id="401 without a code"),
]
PASSING = [
    pytest.param(500, 0, id="500"),
    pytest.param(503, 0, id="503"),
    pytest.param(429, 20028, id="429"),
    pytest.param(400, 50035, id="invalid form body"),
]


# --- Acknowledging


async def test_command_is_acknowledged_by_thinking_aloud() -> None:
    interaction = FakeInteraction(COMMAND)

    await interaction.reply().acknowledge()

    assert interaction.calls == [("defer", {"thinking": True, "ephemeral": False})]


async def test_button_is_acknowledged_without_touching_its_message() -> None:
    interaction = FakeInteraction(BUTTON)

    await interaction.reply().acknowledge()

    assert interaction.response.type is InteractionResponseType.deferred_message_update


async def test_answer_apart_leaves_the_buttons_message_alone() -> None:
    interaction = FakeInteraction(BUTTON)
    reply = InteractionReply(cast("discord.Interaction", interaction), is_apart=True)

    await reply.acknowledge()

    assert interaction.response.type is InteractionResponseType.deferred_channel_message
    assert interaction.calls == [("defer", {"thinking": True, "ephemeral": False})]


async def test_acknowledging_twice_defers_once() -> None:
    interaction = FakeInteraction()
    reply = interaction.reply()

    await reply.acknowledge()
    await reply.acknowledge()

    assert interaction.names == ["defer"]


async def test_direct_message_is_acknowledged_by_typing() -> None:
    channel = FakeChannel()

    await channel.reply().acknowledge()

    assert channel.names == ["typing"]


async def test_typing_that_is_refused_is_no_matter() -> None:
    channel = FakeChannel()
    channel.failures = {"typing": [refusal(403, 50007)]}

    await channel.reply().acknowledge()

    assert channel.names == ["typing"]


def test_reply_knows_who_asked_and_which_question() -> None:
    replies: list[Reply] = [FakeInteraction().reply(), FakeChannel().reply()]

    assert [(r.user_id, r.question_id, r.is_shown) for r in replies] == [(42, 1234, False)] * 2


# --- Showing


async def test_result_edits_the_acknowledgement_and_pings_nobody() -> None:
    interaction = FakeInteraction()
    reply = interaction.reply()

    await reply.acknowledge()
    await reply.show(VIEW)

    name, details = interaction.calls[-1]
    assert name == "edit"
    assert details["view"] is VIEW
    assert details["allowed_mentions"].to_dict() == {"parse": []}
    assert reply.is_shown


async def test_direct_message_is_answered_once_and_then_edited() -> None:
    channel = FakeChannel()
    reply = channel.reply()

    await reply.show(VIEW)
    await reply.show(notice("more"))

    assert channel.names == ["send", "edit"]
    assert [d["allowed_mentions"].to_dict() for _, d in channel.calls] == [{"parse": []}] * 2


@pytest.mark.parametrize("make", [FakeInteraction, FakeChannel])
async def test_answer_that_looks_alike_is_not_sent_again_unless_it_failed(
    make: Callable[[], FakeInteraction | FakeChannel],
) -> None:
    place = make()
    place.failures = {"edit": [refusal(500, 0)], "send": [refusal(500, 0)]}
    reply = place.reply()

    with pytest.raises(EditFailed):
        await reply.show(notice("text"))
    await reply.show(notice("text"))
    await reply.show(notice("text"))

    assert len(place.names) == 2


@pytest.mark.parametrize(("status", "code"), GONE)
async def test_edit_that_can_never_work_again_says_so(status: int, code: int) -> None:
    interaction = FakeInteraction()
    interaction.failures = {"edit": [refusal(status, code)]}
    reply = interaction.reply()

    with pytest.raises(MessageGone):
        await reply.show(VIEW)

    assert not reply.is_shown


@pytest.mark.parametrize(("status", "code"), PASSING)
async def test_edit_that_failed_may_work_later(status: int, code: int) -> None:
    interaction = FakeInteraction()
    interaction.failures = {"edit": [refusal(status, code)]}
    reply = interaction.reply()

    with pytest.raises(EditFailed):
        await reply.show(VIEW)

    assert not reply.is_shown


@pytest.mark.parametrize("error", NETWORK_ERRORS)
async def test_edit_that_the_network_ate_may_work_later(error: Exception) -> None:
    # discord.py lets what aiohttp raises through (2.7.1, webhook/async_.py and http.py).
    interaction = FakeInteraction()
    interaction.failures = {"edit": [error]}

    with pytest.raises(EditFailed):
        await interaction.reply().show(VIEW)


@pytest.mark.parametrize("error", NETWORK_ERRORS)
async def test_direct_message_that_the_network_ate_may_work_later(error: Exception) -> None:
    channel = FakeChannel()
    channel.failures = {"send": [error]}

    with pytest.raises(EditFailed):
        await channel.reply().show(VIEW)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        pytest.param(403, 50007, MessageGone, id="the user takes no messages"),
        pytest.param(404, 10008, MessageGone, id="answer deleted"),
        pytest.param(500, 0, EditFailed, id="500"),
    ],
)
async def test_direct_message_translates_refusals(
    status: int, code: int, expected: type[Exception]
) -> None:
    channel = FakeChannel()
    channel.failures = {"send": [refusal(status, code)]}

    with pytest.raises(expected):
        await channel.reply().show(VIEW)


@in_virtual_time
async def test_nothing_is_sent_after_the_token_expired(clock: VirtualClock) -> None:
    interaction = FakeInteraction()
    interaction.failures = {"edit": [refusal(401, 50027)] * 99}
    reply = interaction.reply()

    async def show(text: str) -> None:
        await reply.show(notice(text))

    async with ProgressiveMessages(clock=clock).start(show) as message:
        for number in range(100):
            message.update(str(number))
            await clock.pass_time(0.5)
        await message.finish("final")

    assert interaction.names == ["edit"]


@pytest.mark.parametrize("code", [50027, 10015, 0])
async def test_answer_is_edited_by_the_bot_itself_once_the_token_has_ended(code: int) -> None:
    interaction = FakeInteraction()
    reply = interaction.reply()
    await reply.show(VIEW)
    interaction.failures = {"edit": [refusal(401 if code == 0 else 404, code)]}

    await reply.show(notice("second"))
    await reply.show(notice("third"))

    assert interaction.names == ["edit", "edit", "edit as bot", "edit as bot"]
    assert interaction.calls[-1][1]["place"] == (7, 99)


@pytest.mark.parametrize("is_ephemeral", [False, True])
async def test_follow_up_is_as_public_as_the_answer(*, is_ephemeral: bool) -> None:
    interaction = FakeInteraction()
    interaction.is_ephemeral = is_ephemeral
    reply = interaction.reply()
    await reply.show(VIEW)

    await reply.send_more(notice("more"))

    name, details = interaction.calls[-1]
    assert (name, details["ephemeral"]) == ("follow up", is_ephemeral)
    assert details["allowed_mentions"].to_dict() == {"parse": []}


async def test_follow_up_that_is_refused_says_so() -> None:
    interaction = FakeInteraction()
    interaction.failures = {"follow up": [refusal(500, 0)]}

    with pytest.raises(EditFailed):
        await interaction.reply().send_more(VIEW)


@pytest.mark.parametrize(("is_member", "is_ephemeral"), [(False, False), (True, True)])
async def test_answer_stays_as_it_is_where_only_the_token_could_edit_it(
    *, is_member: bool, is_ephemeral: bool
) -> None:
    interaction = FakeInteraction()
    interaction.is_member, interaction.is_ephemeral = is_member, is_ephemeral
    reply = interaction.reply()
    await reply.show(VIEW)
    interaction.failures = {"edit": [refusal(401, 50027)]}

    with pytest.raises(MessageGone):
        await reply.show(notice("second"))

    assert interaction.names == ["edit", "edit"]


@pytest.mark.parametrize(("code", "expected"), [(50013, MessageGone), (0, EditFailed)])
async def test_bot_that_may_not_or_cannot_edit_says_so(
    code: int, expected: type[Exception]
) -> None:
    interaction = FakeInteraction()
    reply = interaction.reply()
    await reply.show(VIEW)
    refused = refusal(403 if code else 500, code)
    interaction.failures = {"edit": [refusal(401, 50027)], "edit as bot": [refused]}

    with pytest.raises(expected):
        await reply.show(notice("second"))


# --- Failing


async def test_error_before_the_acknowledgement_is_seen_by_the_asker_only() -> None:
    interaction = FakeInteraction()

    await interaction.reply().fail(VIEW)

    [(name, details)] = interaction.calls
    assert name == "send"
    assert details["ephemeral"] is True
    assert details["allowed_mentions"].to_dict() == {"parse": []}


async def test_error_after_a_public_thinking_takes_it_away() -> None:
    interaction = FakeInteraction()
    reply = interaction.reply()
    await reply.acknowledge()

    await reply.fail(VIEW)

    assert interaction.names == ["defer", "delete", "follow up"]
    assert interaction.calls[-1][1]["ephemeral"] is True


async def test_error_after_a_private_thinking_takes_its_place() -> None:
    interaction = FakeInteraction()
    reply = interaction.reply()
    reply.make_private()
    await reply.acknowledge()

    await reply.fail(VIEW)

    assert interaction.names == ["defer", "edit"]


@pytest.mark.parametrize(("status", "code"), [(500, 0), (404, 10008)])
async def test_error_is_said_anew_where_a_private_thinking_cannot_be_edited(
    status: int, code: int
) -> None:
    interaction = FakeInteraction()
    reply = interaction.reply()
    reply.make_private()
    await reply.acknowledge()
    interaction.failures = {"edit": [refusal(status, code)]}

    await reply.fail(VIEW)

    assert interaction.names == ["defer", "edit", "delete", "follow up"]


async def test_error_after_a_result_leaves_the_result() -> None:
    interaction = FakeInteraction()
    reply = interaction.reply()
    await reply.acknowledge()
    await reply.show(VIEW)

    await reply.fail(VIEW)

    assert interaction.names == ["defer", "edit", "follow up"]


async def test_error_after_a_button_leaves_its_message() -> None:
    interaction = FakeInteraction(BUTTON)
    reply = interaction.reply()
    await reply.acknowledge()

    await reply.fail(VIEW)

    assert interaction.names == ["defer", "follow up"]


async def test_thinking_that_is_gone_already_is_no_matter() -> None:
    interaction = FakeInteraction()
    interaction.failures = {"delete": [refusal(404, 10008)]}
    reply = interaction.reply()
    await reply.acknowledge()

    await reply.fail(VIEW)

    assert interaction.names == ["defer", "delete", "follow up"]


@pytest.mark.parametrize("error", NETWORK_ERRORS)
async def test_thinking_that_the_network_kept_does_not_hide_the_error(error: Exception) -> None:
    interaction = FakeInteraction()
    interaction.failures = {"delete": [error]}
    reply = interaction.reply()
    await reply.acknowledge()

    await reply.fail(VIEW)

    assert interaction.names == ["defer", "delete", "follow up"]


async def test_error_in_a_direct_message_is_a_message() -> None:
    channel = FakeChannel()

    await channel.reply().fail(VIEW)

    assert channel.names == ["send"]


async def test_sent_view_keeps_no_state() -> None:
    # Async: a view has a future to finish only where a loop runs.
    assert finished(notice("text")).is_finished()
