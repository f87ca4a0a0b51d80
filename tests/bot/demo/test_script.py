"""How a typed line becomes a command."""

from typing import Any

import pytest

from bot.demo.script import SCRIPT, NotUnderstood, TypedCommand, parse_command

TEXT, BOOLEAN = 3, 5
COMMANDS: list[dict[str, Any]] = [
    {
        "name": "search",
        "options": [{"name": "query", "type": TEXT}, {"name": "kind", "type": TEXT}],
    },
    {
        "name": "describe",
        "options": [
            {"name": "topic", "type": TEXT},
            {"name": "length", "type": TEXT},
            {"name": "fresh", "type": BOOLEAN},
        ],
    },
    {"name": "status"},
    {"name": "help", "options": None},
]


@pytest.mark.parametrize(
    ("line", "name", "options"),
    [
        pytest.param("/status", "status", {}, id="no options"),
        pytest.param("/search query:blue train", "search", {"query": "blue train"}, id="one"),
        pytest.param(
            "/search query:kind of blue kind:album",
            "search",
            {"query": "kind of blue", "kind": "album"},
            id="two",
        ),
        pytest.param(
            "/search kind:album query:kind of blue",
            "search",
            {"query": "kind of blue", "kind": "album"},
            id="the other way round",
        ),
        pytest.param("/search kind of blue", "search", {"query": "kind of blue"}, id="no name"),
        pytest.param(
            "/search blue train kind:album",
            "search",
            {"query": "blue train", "kind": "album"},
            id="first without a name",
        ),
        pytest.param("/search query:a:b", "search", {"query": "a:b"}, id="colon in a value"),
        pytest.param(
            "/search query:artist: x", "search", {"query": "artist: x"}, id="word and colon"
        ),
        pytest.param(
            "/search length:long", "search", {"query": "length:long"}, id="another's option"
        ),
        pytest.param("/search query:", "search", {"query": ""}, id="empty value"),
        pytest.param("  search   query:x ", "search", {"query": "x"}, id="no slash and blanks"),
        pytest.param("/help topic:search", "help", {}, id="options that are not there"),
    ],
)
def test_command_is_read_as_discord_would(line: str, name: str, options: dict[str, object]) -> None:
    assert parse_command(line.strip(), COMMANDS) == TypedCommand(name, options)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("true", True), ("Yes", True), ("1", True), ("on", True), ("false", False), ("", False)],
)
def test_switch_is_read_as_true_or_false(typed: str, expected: object) -> None:
    command = parse_command(f"/describe topic:x fresh:{typed}", COMMANDS)

    assert command.options["fresh"] is expected


@pytest.mark.parametrize("line", ["/", "/find query:x", "/Search query:x", "/collection sync"])
def test_unknown_command_names_those_there_are(line: str) -> None:
    with pytest.raises(NotUnderstood, match="/describe, /help, /search, /status"):
        parse_command(line, COMMANDS)


def test_entry_of_a_menu_cannot_be_typed() -> None:
    menu = {"name": "Find music links", "type": 3}

    with pytest.raises(NotUnderstood, match=r"Try one of: /describe, /help, /search, /status$"):
        parse_command("/Find music links", [*COMMANDS, menu])


def test_script_is_made_of_commands_and_messages() -> None:
    commands = [line for line in SCRIPT if line.startswith("/")]

    assert [parse_command(line, COMMANDS).name for line in commands] == [
        "search",
        "describe",
        "status",
    ]
    assert len(SCRIPT) - len(commands) == 1
