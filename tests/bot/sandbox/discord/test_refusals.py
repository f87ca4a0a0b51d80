"""What Discord refuses, seen without discord.py, which would not send most of it."""

import io
from typing import Any

import aiohttp
import pytest

from bot.sandbox.discord import DiscordStandIn, Exchange, Limit, RateLimits

V2 = 1 << 15
Api = Any
"""The `RawApi` of conftest.py, which cannot be imported from here."""


@pytest.fixture
def stand_in_options() -> dict[str, object]:
    """Plenty of requests, so that only the limits under test refuse."""
    plenty = Limit(requests=1000, seconds=1.0)
    return {
        "limits": RateLimits(
            webhook=plenty, channel_messages=plenty, other=plenty, everything=plenty
        )
    }


def _text(length: int) -> dict[str, object]:
    return {"type": 10, "content": "x" * length}


def _button(custom_id: str = "a", label: str = "A") -> dict[str, object]:
    return {"type": 2, "style": 1, "custom_id": custom_id, "label": label}


def _row(*children: object) -> dict[str, object]:
    return {"type": 1, "components": list(children)}


def _codes(tree: object) -> set[str]:
    if isinstance(tree, dict):
        own = {error["code"] for error in tree.get("_errors", [])}
        return own.union(*(_codes(value) for value in tree.values() if isinstance(value, dict)))
    return set()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"content": "x" * 2001}, "BASE_TYPE_MAX_LENGTH", id="content"),
        pytest.param({"embeds": [{"title": "x" * 257}]}, "BASE_TYPE_MAX_LENGTH", id="embed title"),
        pytest.param(
            {"embeds": [{"description": "x" * 3001}] * 2}, "MAX_EMBED_SIZE_EXCEEDED", id="embeds"
        ),
        pytest.param(
            {"embeds": [{"fields": [{"name": "n", "value": ""}]}]},
            "BASE_TYPE_BAD_LENGTH",
            id="empty field",
        ),
        pytest.param({"embeds": [{"title": "x"}] * 11}, "BASE_TYPE_MAX_LENGTH", id="11 embeds"),
        pytest.param(
            {"content": "x", "components": [_text(5)]}, "UNION_TYPE_CHOICES", id="V2 without flag"
        ),
        pytest.param(
            {"flags": V2, "content": "x", "components": [_text(5)]},
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            id="content with V2",
        ),
        pytest.param(
            {"flags": V2, "components": [_text(3000), _text(1001)]},
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            id="4,001 characters of V2",
        ),
        pytest.param(
            {"flags": V2, "components": [{"type": 17, "components": [_text(1)] * 40}]},
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            id="41 components",
        ),
        pytest.param(
            {"content": "x", "components": [_row(_button())] * 6},
            "BASE_TYPE_MAX_LENGTH",
            id="six rows",
        ),
        pytest.param(
            {"content": "x", "components": [_row(*(_button(str(n)) for n in range(6)))]},
            "BASE_TYPE_BAD_LENGTH",
            id="six buttons",
        ),
        pytest.param(
            {"content": "x", "components": [_row(_button(), _button())]},
            "COMPONENT_CUSTOM_ID_DUPLICATED",
            id="same custom id",
        ),
        pytest.param(
            {
                "content": "x",
                "components": [_row(_button(), {"type": 5, "custom_id": "who"})],
            },
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            id="menu beside a button",
        ),
        pytest.param(
            {"content": "x", "components": [_row(_button("a" * 101))]},
            "BASE_TYPE_BAD_LENGTH",
            id="custom id",
        ),
        pytest.param(
            {"content": "x", "components": [_row(_button(label="L" * 81))]},
            "BASE_TYPE_MAX_LENGTH",
            id="label",
        ),
        pytest.param(
            {"content": "x", "components": [_row({"type": 3, "custom_id": "m", "options": []})]},
            "BASE_TYPE_BAD_LENGTH",
            id="menu without options",
        ),
        pytest.param(
            {
                "flags": V2,
                "components": [{"type": 13, "file": {"url": "attachment://none.csv"}}],
            },
            "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
            id="file that was not sent",
        ),
        pytest.param(
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
            id="allowed mentions",
        ),
    ],
)
async def test_message_beyond_a_limit_is_refused_in_channel_callback_and_edit(
    stand_in: DiscordStandIn, api: Api, body: dict[str, object], code: str
) -> None:
    exchange = await api.open()
    general = stand_in.channels["general"].id

    posted = await api("POST", f"/channels/{general}/messages", body)
    answered = await api.answer(exchange, 4, body)
    await api.answer(exchange, 5)
    edited = await api("PATCH", api.webhook(exchange, "@original"), body)

    for refused in (posted, answered, edited):
        assert (refused.status, refused.code) == (400, 50035)
        assert refused.body["message"] == "Invalid Form Body"
        assert code in _codes(refused.body["errors"])
    assert set(answered.body["errors"]) == {"data"}
    assert exchange.thinking


@pytest.mark.parametrize(
    "body",
    [{}, {"content": ""}, {"content": " \n"}, {"embeds": []}, {"flags": V2, "components": []}],
    ids=str,
)
async def test_empty_message_is_refused_with_50006(
    stand_in: DiscordStandIn, api: Api, body: dict[str, object]
) -> None:
    exchange = await api.open()
    await api.answer(exchange, 5)
    general = stand_in.channels["general"].id

    posted = await api("POST", f"/channels/{general}/messages", body)
    edited = await api("PATCH", api.webhook(exchange, "@original"), body)

    assert [(posted.status, posted.code), (edited.status, edited.code)] == [(400, 50006)] * 2


async def test_message_at_the_limits_is_accepted(stand_in: DiscordStandIn, api: Api) -> None:
    general = stand_in.channels["general"].id
    plain = {"content": "x" * 2000, "embeds": [{"description": "x" * 3000}] * 2}
    v2 = {"flags": V2, "components": [{"type": 17, "components": [_text(100)] * 39}]}

    assert (await api("POST", f"/channels/{general}/messages", plain)).status == 200
    assert (await api("POST", f"/channels/{general}/messages", v2)).status == 200


async def test_components_v2_flag_cannot_be_removed_nor_content_added(api: Api) -> None:
    exchange = await api.open()
    await api.answer(exchange, 4, {"flags": V2, "components": [_text(5)]})
    original = api.webhook(exchange, "@original")

    without_flag = await api("PATCH", original, {"flags": 0, "components": [_text(6)]})
    with_content = await api("PATCH", original, {"content": "x"})
    kept = await api("PATCH", original, {"components": [_text(7)]})

    assert _codes(without_flag.body["errors"]) == {"MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG"}
    assert with_content.code == 50035
    assert kept.status == 200
    assert exchange.last.text == "x" * 7


async def test_deferral_cannot_carry_the_components_v2_flag(api: Api) -> None:
    exchange = await api.open()

    assert (await api.answer(exchange, 5, {"flags": V2})).code == 50035
    assert exchange.acknowledged_at is None


async def test_second_callback_is_refused_with_40060(api: Api) -> None:
    exchange = await api.open()
    await api.answer(exchange, 4, {"content": "once"})

    again = await api.answer(exchange, 4, {"content": "twice"})

    assert (again.status, again.code) == (400, 40060)
    assert [message.text for message in exchange.messages] == ["once"]


async def test_callback_with_response_tells_about_the_message(api: Api) -> None:
    exchange = await api.open()

    answer = await api.answer(exchange, 4, {"content": "hi", "flags": 64})

    assert answer.status == 200
    assert answer.body["interaction"]["response_message_ephemeral"] is True
    assert answer.body["resource"]["message"]["content"] == "hi"
    assert answer.body["resource"]["message"]["flags"] == 64


@pytest.mark.parametrize("kind", [1, 6, 7, 8], ids=["pong", "defer update", "update", "choices"])
async def test_command_cannot_be_answered_with_a_callback_of_something_else(
    api: Api, kind: int
) -> None:
    exchange = await api.open()

    assert (await api.answer(exchange, kind, {"content": "x"})).code == 50035


async def test_webhook_is_unknown_until_the_interaction_is_acknowledged(api: Api) -> None:
    exchange = await api.open()

    early = await api("POST", api.webhook(exchange), {"content": "early"})

    assert (early.status, early.code) == (404, 10015)


async def test_deleted_message_cannot_be_edited(stand_in: DiscordStandIn, api: Api) -> None:
    exchange = await api.open()
    await api.answer(exchange, 4, {"content": "x"})
    await stand_in.delete_message(exchange.messages[0])

    edited = await api("PATCH", api.webhook(exchange, "@original"), {"content": "y"})

    assert (edited.status, edited.code) == (404, 10008)
    assert exchange.messages[0].deleted


async def test_user_install_gets_five_follow_ups_only(api: Api) -> None:
    exchange = await api.open(channel="group")
    await api.answer(exchange, 4, {"content": "0"})

    answers = [await api("POST", api.webhook(exchange), {"content": str(n)}) for n in range(6)]

    assert [answer.status for answer in answers] == [200] * 5 + [400]
    assert answers[-1].code == 40094


@pytest.mark.parametrize(
    ("channel", "status", "code"),
    [
        pytest.param("group", 403, 50001, id="not a member"),
        pytest.param("elsewhere", 403, 50001, id="foreign server"),
        pytest.param("listening-room", 403, 50013, id="may not speak"),
        pytest.param(None, 404, 10003, id="unknown"),
    ],
)
async def test_plain_message_needs_the_bot_in_the_channel(
    stand_in: DiscordStandIn, api: Api, channel: str | None, status: int, code: int
) -> None:
    channel_id = stand_in.channels[channel].id if channel else 1

    refused = await api("POST", f"/channels/{channel_id}/messages", {"content": "x"})

    assert (refused.status, refused.code) == (status, code)


async def test_wrong_token_is_refused(api: Api) -> None:
    refused = await api("GET", "/users/@me", token="wrong")

    assert (refused.status, refused.body) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_unknown_route_is_answered_and_recorded(stand_in: DiscordStandIn, api: Api) -> None:
    refused = await api("GET", "/nowhere/at/all")

    assert (refused.status, refused.body) == (404, {"message": "404: Not Found", "code": 0})
    [recorded] = stand_in.unknown_requests
    assert (recorded.method, recorded.path, recorded.status) == ("GET", "/nowhere/at/all", 404)


async def test_requests_are_recorded_with_the_openapi_template(
    stand_in: DiscordStandIn, api: Api
) -> None:
    exchange = await api.open()
    await api.answer(exchange, 4, {"content": "x"})
    await api("PATCH", api.webhook(exchange, "@original"), {"content": "y"})

    assert [(r.method, r.route, r.status) for r in stand_in.requests] == [
        ("PUT", "/applications/{application_id}/commands", 200),
        ("POST", "/interactions/{interaction_id}/{interaction_token}/callback", 200),
        ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original", 200),
    ]
    assert stand_in.requests[-1].json == {"content": "y"}


async def test_too_large_file_is_refused(stand_in: DiscordStandIn, api: Api) -> None:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", '{"content": "x"}')
    form.add_field("files[0]", io.BytesIO(b"x" * (10 * 1024 * 1024 + 1)), filename="big.bin")
    exchange = await api.open()
    await api.answer(exchange, 5)
    url = f"{stand_in.api_url}/v10{api.webhook(exchange)}"

    async with aiohttp.ClientSession() as session, session.post(url, data=form) as response:
        assert (response.status, (await response.json())["code"]) == (413, 40005)


class TestExpiredToken:
    """The token of an interaction lives 15 minutes; here, none at all."""

    @pytest.fixture
    def stand_in_options(self) -> dict[str, object]:
        return {"token_lifetime_seconds": 0.0}

    async def test_edit_is_refused_with_50027(self, api: Api) -> None:
        exchange: Exchange = await api.open()
        await api.answer(exchange, 5)

        refused = await api("PATCH", api.webhook(exchange, "@original"), {"content": "x"})

        assert (refused.status, refused.code) == (401, 50027)


async def test_exchange_fails_at_the_deadline_without_anything_else_happening(api: Api) -> None:
    exchange = await api.open()
    exchange._ack_seconds = 0.0

    assert exchange.failed
    with pytest.raises(TimeoutError):
        await exchange.wait_acknowledged(1)
