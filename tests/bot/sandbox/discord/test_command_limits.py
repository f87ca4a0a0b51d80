"""Limits on registered commands and on modals."""

from typing import Any

import pytest

from bot.sandbox.discord import DiscordStandIn

Api = Any
"""The `RawApi` of conftest.py, which cannot be imported from here."""


def _text(length: int) -> dict[str, object]:
    return {"type": 10, "content": "x" * length}


def _codes(tree: object) -> set[str]:
    if isinstance(tree, dict):
        own = {error["code"] for error in tree.get("_errors", [])}
        return own.union(*(_codes(value) for value in tree.values() if isinstance(value, dict)))
    return set()


def _option(**members: object) -> dict[str, object]:
    return {"type": 3, "name": "query", "description": "What.", **members}


def _command(*options: object, **members: object) -> dict[str, object]:
    return {"name": "find", "description": "Find.", "options": list(options), **members}


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        pytest.param(
            [_command(name="Find")], "APPLICATION_COMMAND_INVALID_NAME", id="capital letter"
        ),
        pytest.param([_command(name="f" * 33)], "BASE_TYPE_BAD_LENGTH", id="long name"),
        pytest.param([_command(description="")], "BASE_TYPE_BAD_LENGTH", id="no description"),
        pytest.param([_command(description="d" * 101)], "BASE_TYPE_BAD_LENGTH", id="long text"),
        pytest.param(
            [_command(), _command()], "APPLICATION_COMMANDS_DUPLICATE_NAME", id="same name"
        ),
        pytest.param(
            [_command(*(_option(name=f"o{n}") for n in range(26)))],
            "BASE_TYPE_MAX_LENGTH",
            id="26 options",
        ),
        pytest.param(
            [_command(_option(), _option(name="second", required=True))],
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
            id="required after optional",
        ),
        pytest.param(
            [_command(_option(choices=[{"name": str(n), "value": "v"} for n in range(26)]))],
            "BASE_TYPE_MAX_LENGTH",
            id="26 choices",
        ),
        pytest.param(
            [_command(_option(), {"type": 1, "name": "sub", "description": "Sub."})],
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            id="options beside subcommands",
        ),
        pytest.param(
            [_command(description_localizations={"xx": "Que"})], "BASE_TYPE_CHOICES", id="locale"
        ),
        pytest.param(
            [
                _command(
                    *(
                        _option(
                            name=f"o{n}",
                            choices=[{"name": "n" * 100, "value": f"{i:0100}"} for i in range(5)],
                        )
                        for n in range(8)
                    )
                )
            ],
            "APPLICATION_COMMAND_TOO_LARGE",
            id="more than 8,000 characters",
        ),
    ],
)
async def test_command_beyond_a_limit_is_refused_and_nothing_changes(
    stand_in: DiscordStandIn, api: Api, commands: list[object], code: str
) -> None:
    base = f"/applications/{api.application_id}/commands"
    await api("PUT", base, [_command(name="before")])

    refused = await api("PUT", base, commands)

    assert (refused.status, refused.code) == (400, 50035)
    assert code in _codes(refused.body["errors"])
    assert [command["name"] for command in stand_in.commands] == ["before"]


async def test_commands_can_be_registered_one_by_one_and_per_server(
    stand_in: DiscordStandIn, api: Api
) -> None:
    guild_id = stand_in.channels["general"].guild_id
    base = f"/applications/{api.application_id}/guilds/{guild_id}/commands"

    created = await api("POST", base, _command())
    replaced = await api("POST", base, _command(description="Better."))
    edited = await api("PATCH", f"{base}/{created.body['id']}", {"description": "Best."})

    assert (created.status, replaced.status, edited.status) == (201, 200, 200)
    assert created.body["id"] == replaced.body["id"]
    assert [command["description"] for command in stand_in.commands] == ["Best."]
    assert (await api("DELETE", f"{base}/{created.body['id']}")).status == 204
    assert stand_in.commands == []


async def test_hundred_and_one_commands_are_too_many(api: Api) -> None:
    base = f"/applications/{api.application_id}/commands"

    refused = await api("PUT", base, [_command(name=f"c{n}") for n in range(101)])

    assert (refused.status, refused.code) == (400, 30032)


@pytest.mark.parametrize(
    "modal",
    [
        pytest.param({"title": "t" * 46}, id="title"),
        pytest.param({"components": []}, id="nothing in it"),
        pytest.param({"components": [_text(5)] * 6}, id="six components"),
        pytest.param({"components": [{"type": 18, "label": "L" * 46}]}, id="label"),
    ],
)
async def test_modal_beyond_a_limit_is_refused(api: Api, modal: dict[str, object]) -> None:
    exchange = await api.open()

    refused = await api.answer(
        exchange, 9, {"custom_id": "m", "title": "T", "components": [_text(5)], **modal}
    )

    assert (refused.status, refused.code) == (400, 50035)
    assert exchange.modal is None
