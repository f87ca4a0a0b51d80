"""Settings: where a value comes from, what is refused, and what is never shown."""

import json
import re
import traceback
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings, SettingsError, load_settings, setting_specs
from services.accounts.keys import EXPECTED_KEYS
from services.secret import MASK, Secret

_CANARY = "canary-7f3a91".ljust(43, "x") + "="  # in the shape on which SECRET_KEYS insists
_SECRETS = [
    "DISCORD_TOKEN",
    "SPOTIFY_CLIENT_SECRET",
    "DISCOGS_TOKEN",
    "DISCOGS_CONSUMER_SECRET",
    "EURIA_TOKEN",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEYS",
]


def _load(directory: Path, **environment: str) -> Settings:
    return load_settings(environment, directory)


def _problems(directory: Path, **environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        _load(directory, **environment)
    return caught.value.problems


def _write_dotenv(directory: Path, text: str) -> None:
    (directory / ".env").write_text(text, encoding="utf-8")


def _write_secrets(directory: Path, content: object, name: str = "secrets.json") -> None:
    (directory / name).write_text(json.dumps(content), encoding="utf-8")


def _shown(error: BaseException) -> str:
    """Return everything a terminal or a log could show of ``error``."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(error.__dict__)


# --- Where a value comes from


def test_settings_without_any_source_are_the_defaults(tmp_path: Path) -> None:
    assert _load(tmp_path) == Settings()


def test_settings_take_the_environment_before_the_files(tmp_path: Path) -> None:
    _write_dotenv(tmp_path, "SPOTIFY_MARKET=DE\n")
    _write_secrets(tmp_path, {"SPOTIFY_MARKET": "JP"})

    settings = _load(tmp_path, SPOTIFY_MARKET="CH")

    assert settings.spotify_market == "CH"


def test_settings_take_dotenv_before_the_secrets_file(tmp_path: Path) -> None:
    _write_dotenv(tmp_path, "SPOTIFY_MARKET=DE\n")
    _write_secrets(tmp_path, {"SPOTIFY_MARKET": "JP"})

    assert _load(tmp_path).spotify_market == "DE"


def test_settings_take_the_secrets_file_before_the_default(tmp_path: Path) -> None:
    _write_secrets(tmp_path, {"SPOTIFY_MARKET": "JP"})

    assert _load(tmp_path).spotify_market == "JP"


def test_settings_combine_their_sources(tmp_path: Path) -> None:
    _write_dotenv(tmp_path, "WEB_PORT=9090\n")
    _write_secrets(tmp_path, {"DISCORD_TOKEN": _CANARY})

    settings = _load(tmp_path, LOG_LEVEL="debug")

    assert (settings.log_level, settings.web_port) == ("DEBUG", 9090)
    assert settings.discord_token == Secret(_CANARY)


@pytest.mark.parametrize("empty", [pytest.param("", id="empty"), pytest.param("  ", id="blank")])
def test_settings_take_an_empty_value_for_not_set(tmp_path: Path, empty: str) -> None:
    _write_dotenv(tmp_path, "SPOTIFY_MARKET=DE\nWEB_PORT=\n")
    _write_secrets(tmp_path, {"WEB_PORT": empty})

    settings = _load(tmp_path, SPOTIFY_MARKET=empty, WEB_PORT=empty)

    assert (settings.spotify_market, settings.web_port) == ("DE", Settings().web_port)


def test_settings_trim_values(tmp_path: Path) -> None:
    assert _load(tmp_path, DISCORD_TOKEN=f" {_CANARY}\n").discord_token == Secret(_CANARY)


def test_settings_ignore_names_that_are_none_of_theirs(tmp_path: Path) -> None:
    _write_dotenv(tmp_path, "SOMETHING_ELSE=1\n")
    _write_secrets(tmp_path, {"ANOTHER": True})

    assert _load(tmp_path, PATH="/bin") == Settings()


def test_settings_copied_from_the_example_are_the_defaults(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / ".env.example"
    _write_dotenv(tmp_path, example.read_text(encoding="utf-8"))

    assert _load(tmp_path) == Settings()


def test_settings_of_the_example_are_the_defaults_when_uncommented(tmp_path: Path) -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text(encoding="utf-8")
    _write_dotenv(tmp_path, re.sub(r"(?m)^#(?=[A-Z])", "", example))
    _write_secrets(tmp_path, {})  # SECRETS_FILE now names it

    assert _load(tmp_path) == Settings()


# --- The secrets file


def test_secrets_file_may_have_names_in_lower_case_and_numbers(tmp_path: Path) -> None:
    _write_secrets(tmp_path, {"web_port": 9090, "spotify_enabled": False, "euria_token": None})

    settings = _load(tmp_path)

    assert (settings.web_port, settings.spotify_enabled) == (9090, False)
    assert settings.euria_token is None


@pytest.mark.parametrize("layer", ["environment", ".env"])
def test_secrets_file_may_lie_elsewhere(tmp_path: Path, layer: str) -> None:
    _write_secrets(tmp_path, {"DISCORD_TOKEN": _CANARY}, "vault.json")
    _write_dotenv(tmp_path, "SECRETS_FILE=vault.json\n" if layer == ".env" else "")
    environment = {} if layer == ".env" else {"SECRETS_FILE": "vault.json"}

    assert _load(tmp_path, **environment).discord_token == Secret(_CANARY)


def test_secrets_file_that_is_named_must_exist(tmp_path: Path) -> None:
    assert _problems(tmp_path, SECRETS_FILE="vault.json") == [
        "SECRETS_FILE: expected the path of a readable file"
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f'{{"DISCORD_TOKEN": "{_CANARY}"', id="cut short"),
        pytest.param(f"DISCORD_TOKEN={_CANARY}", id="another format"),
        pytest.param(f'["{_CANARY}"]', id="a list"),
        pytest.param(f'"{_CANARY}"', id="a text"),
        pytest.param("", id="empty"),
    ],
)
def test_secrets_file_that_is_malformed_is_named_and_not_quoted(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.json").write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError) as caught:
        _load(tmp_path)

    assert caught.value.problems == ["secrets.json: expected a JSON object of names and values"]
    assert _CANARY not in _shown(caught.value)


def test_secrets_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_bytes(b'{"DISCORD_TOKEN": "\xff\xfe"}')

    assert _problems(tmp_path) == ["secrets.json: expected a JSON object of names and values"]


@pytest.mark.parametrize(
    "value", [pytest.param({"a": 1}, id="object"), pytest.param([1], id="list")]
)
def test_secrets_file_refuses_a_value_that_is_no_text_or_number(
    tmp_path: Path, value: object
) -> None:
    _write_secrets(tmp_path, {"EURIA_MODEL": value})

    (problem,) = _problems(tmp_path)

    assert "EURIA_MODEL" in problem


def test_dotenv_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"DISCORD_TOKEN=\xff\xfe\n")

    (problem,) = _problems(tmp_path)

    assert problem.startswith(".env: expected")


def test_dotenv_value_is_taken_as_it_stands(tmp_path: Path) -> None:
    _write_dotenv(tmp_path, "DISCORD_TOKEN=ab${HOME}cd\n")

    assert _load(tmp_path).discord_token == Secret("ab${HOME}cd")


# --- What a value may be


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        pytest.param("SPOTIFY_ENABLED", "No", False, id="no"),
        pytest.param("SPOTIFY_ENABLED", "0", False, id="zero"),
        pytest.param("SPOTIFY_ENABLED", "off", False, id="off"),
        pytest.param("SPOTIFY_ENABLED", "TRUE", True, id="true"),
        pytest.param("SPOTIFY_ENABLED", "yes", True, id="yes"),
        pytest.param("DISCORD_GUILD_IDS", "1, 22 ,,333", (1, 22, 333), id="ids"),
        pytest.param("SPOTIFY_MARKET", "ch", "CH", id="market in lower case"),
        pytest.param("LOG_FORMAT", "JSON", "json", id="choice in another case"),
        pytest.param("DISCORD_API_URL", "http://[::1]:80/api/", "http://[::1]:80/api", id="url"),
        pytest.param("WEB_PORT", "0", 0, id="lowest number"),
        pytest.param("WEB_PORT", "65535", 65_535, id="highest number"),
        pytest.param("DISCOGS_STALE_HOURS", "0.5", 0.5, id="fraction"),
        pytest.param("DATA_DIR", "over/there", Path("over/there"), id="path"),
    ],
)
def test_setting_is_parsed(tmp_path: Path, name: str, text: str, value: object) -> None:
    settings: Any = _load(tmp_path, **{name: text})

    assert getattr(settings, name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param("SPOTIFY_ENABLED", "maybe", "true or false", id="boolean"),
        pytest.param("DISCORD_GUILD_IDS", "1;2", "whole numbers separated by commas", id="ids"),
        pytest.param("DISCORD_GUILD_IDS", "-1", "whole numbers separated by commas", id="minus"),
        pytest.param("SPOTIFY_MARKET", "USA", "a country code of two letters", id="market"),
        pytest.param("WEB_PORT", "http", "a whole number from 0 to 65535", id="no number"),
        pytest.param("WEB_PORT", "1.5", "a whole number from 0 to 65535", id="fraction"),
        pytest.param("WEB_PORT", "65536", "a whole number from 0 to 65535", id="too large"),
        pytest.param("DISCOGS_STALE_HOURS", "7", "a number from 0.01 to 6", id="over the terms"),
        pytest.param("EURIA_TIMEOUT_SECONDS", "nan", "a number from 0.05 to 840", id="nan"),
        pytest.param("EURIA_TIMEOUT_SECONDS", "inf", "a number from 0.05 to 840", id="infinity"),
        pytest.param("LOG_LEVEL", "LOUD", "one of DEBUG, INFO, WARNING, ERROR", id="choice"),
        pytest.param("DISCORD_TOKEN", "two words", "a secret without spaces", id="secret"),
        pytest.param("DISCORD_API_URL", "discord.com/api", "a URL that starts with", id="bare"),
        pytest.param("DISCORD_API_URL", "ftp://discord.com", "a URL that starts with", id="ftp"),
        pytest.param("DISCORD_API_URL", "https://", "a URL that starts with", id="no host"),
    ],
)
def test_setting_that_is_wrong_is_named_with_what_is_expected(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    (problem,) = _problems(tmp_path, **{name: text})

    assert problem.startswith(f"{name} (from environment): expected {expected}")


@pytest.mark.parametrize("name", [spec.name.upper() for spec in setting_specs()])
@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{} with spaces", id="spaces"),
        pytest.param("https://[{}]/", id="brackets in a URL"),
        pytest.param("https://{}\u2100.example/", id="odd host in a URL"),
        pytest.param("https://{}.example:port", id="odd port in a URL"),
        pytest.param("9" * 5_000 + "{}", id="thousands of digits"),
    ],
)
def test_setting_that_is_wrong_never_shows_its_value(
    tmp_path: Path, name: str, template: str
) -> None:
    # A secret may have been pasted into any of them.
    shown = ""
    try:
        _load(tmp_path, **{name: template.format(_CANARY), "SECRETS_FILE": ""})
    except SettingsError as error:
        shown = _shown(error)

    assert _CANARY not in shown


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://[nothing]/", id="brackets without an address"),
        pytest.param("https://[::1/", id="an open bracket"),
        pytest.param("https://discord.com:port/", id="a port that is no number"),
        pytest.param("https://discord.com:99999/", id="a port that does not exist"),
    ],
)
def test_setting_that_is_no_usable_url_is_told_what_is_expected(tmp_path: Path, url: str) -> None:
    (problem,) = _problems(tmp_path, DISCORD_API_URL=url)

    assert "expected a URL that starts with https://" in problem


def test_setting_that_is_wrong_says_which_source_it_is_from(tmp_path: Path) -> None:
    _write_dotenv(tmp_path, "WEB_PORT=x\n")
    _write_secrets(tmp_path, {"LOG_LEVEL": "LOUD"})

    assert _problems(tmp_path) == [
        "WEB_PORT (from .env): expected a whole number from 0 to 65535",
        "LOG_LEVEL (from secrets.json): expected one of DEBUG, INFO, WARNING, ERROR",
    ]


def test_settings_report_every_problem_at_once_and_in_order(tmp_path: Path) -> None:
    problems = _problems(tmp_path, LOG_LEVEL="LOUD", WEB_PORT="x", SPOTIFY_MARKET="USA")

    assert [problem.split()[0] for problem in problems] == [
        "SPOTIFY_MARKET",
        "WEB_PORT",
        "LOG_LEVEL",
    ]


def test_settings_error_reads_one_problem_a_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, LOG_LEVEL="LOUD", WEB_PORT="x")

    assert str(caught.value).splitlines() == caught.value.problems


# --- Where Spotify sends people back to


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("https://bot.example/healthz", "another path than /healthz", id="alive"),
        pytest.param("https://bot.example/read%79z", "another path than /readyz", id="encoded"),
        pytest.param("https://bot.example/statusz?x=1", "another path than /statusz", id="query"),
        pytest.param("https://bot.example/callback/discogs", "another path", id="of discogs"),
        pytest.param("http://bot.example/callback/spotify", "https://, or http://", id="plain"),
        pytest.param("http://localhost:8080/callback", "https://, or http://", id="localhost"),
        pytest.param("https://bot.example/{name}", "an address without", id="a pattern"),
        pytest.param("bot.example/callback", "a URL that starts with", id="no scheme"),
    ],
)
def test_redirect_that_cannot_work_is_refused_at_the_start(
    tmp_path: Path, address: str, expected: str
) -> None:
    [problem] = _problems(tmp_path, SPOTIFY_REDIRECT_URL=address)

    assert problem.startswith("SPOTIFY_REDIRECT_URL")
    assert f"expected {expected}" in problem


@pytest.mark.parametrize(
    "address",
    [
        "https://bot.example/back/",
        "https://bot.example",
        "http://[::1]:8080/callback",
        "http://127.0.0.1:80/",
    ],
)
def test_redirect_stays_letter_by_letter_as_it_is_registered(tmp_path: Path, address: str) -> None:
    assert _load(tmp_path, SPOTIFY_REDIRECT_URL=address).spotify_redirect_url == address


# --- Settings that contradict each other


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        pytest.param({"EURIA_API_URL": "https://ai.example/v1"}, "EURIA_API_URL", id="euria base"),
        pytest.param({"SHARD_IDS": "0,1"}, "SHARD_COUNT", id="shards without their count"),
        pytest.param({"SHARD_IDS": "0,2", "SHARD_COUNT": "2"}, "SHARD_IDS", id="a shard too far"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    problems = _problems(tmp_path, **environment)

    assert problems[0].startswith(f"{named}: expected")


def test_settings_accept_shards_below_their_count(tmp_path: Path) -> None:
    settings = _load(tmp_path, SHARD_IDS="0,1", SHARD_COUNT="2")

    assert (settings.shard_ids, settings.shard_count) == ((0, 1), 2)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, "", id="nothing set"),
        pytest.param(
            {"EURIA_PRODUCT_ID": "42"},
            "https://api.infomaniak.com/2/ai/42/openai/v1",
            id="from the product id",
        ),
        pytest.param(
            {"EURIA_PRODUCT_ID": "42", "EURIA_API_URL": "http://127.0.0.1:9/openai/v1/"},
            "http://127.0.0.1:9/openai/v1",
            id="the whole URL wins",
        ),
    ],
)
def test_settings_build_the_base_of_euria(
    tmp_path: Path, environment: dict[str, str], expected: str
) -> None:
    assert _load(tmp_path, **environment).euria_base_url == expected


# --- What is never shown


def test_settings_know_which_of_them_are_secret() -> None:
    optional_secrets = [
        spec.name.upper() for spec in setting_specs() if spec.type == (Secret | None)
    ]

    assert optional_secrets == _SECRETS


def _secret_value(name: str) -> str:
    """Return a value that is well-formed for the setting and holds the canary."""
    return f"postgresql://aime:{_CANARY}@host/aime" if name == "DATABASE_URL" else _CANARY


@pytest.mark.parametrize("name", _SECRETS)
def test_settings_mask_a_secret_wherever_they_are_shown(tmp_path: Path, name: str) -> None:
    settings = _load(tmp_path, **{name: _secret_value(name)})
    value: Secret = getattr(settings, name.lower())

    shown = f"{settings} {settings!r} {value} {value!r} {value:>40}" + str([value])

    assert _CANARY not in shown
    assert MASK in shown


@pytest.mark.parametrize("name", _SECRETS)
def test_settings_hand_every_secret_to_the_redactor(tmp_path: Path, name: str) -> None:
    secrets = _load(tmp_path, **{name: _secret_value(name)}).secrets()

    assert secrets[0] == _secret_value(name)
    assert _CANARY in secrets


def test_settings_without_secrets_have_none_to_redact() -> None:
    assert Settings().secrets() == []


def test_settings_hand_each_key_of_a_list_to_the_redactor(tmp_path: Path) -> None:
    first, second = "1" * 43 + "=", "2" * 43 + "="

    secrets = _load(tmp_path, SECRET_KEYS=f"{first},{second}").secrets()

    assert {first, second} <= set(secrets)


def test_secret_keys_are_taken_with_spaces_around_them(tmp_path: Path) -> None:
    first, second = "1" * 43 + "=", "2" * 43 + "="

    settings = _load(tmp_path, SECRET_KEYS=f"{first}, {second},")

    assert settings.secret_keys == Secret(f"{first},{second}")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("canary", id="too short"),
        pytest.param(f"{'1' * 43}=,canary", id="one of two"),
        pytest.param("c" * 44, id="33 bytes"),
        pytest.param("c" * 42 + "/=", id="not the url-safe alphabet"),
        pytest.param(",", id="none"),
    ],
)
def test_secret_keys_that_are_no_keys_are_refused_without_their_value(
    tmp_path: Path, value: str
) -> None:
    [problem] = _problems(tmp_path, SECRET_KEYS=value)

    assert problem == f"SECRET_KEYS (from environment): expected {EXPECTED_KEYS}"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("mysql://aime:canary@host/aime", id="another database"),
        pytest.param("postgresql://aime:canary@host", id="without a database"),
        pytest.param("postgresql://aime:canary@host:port/aime", id="no port"),
        pytest.param("canary", id="no url"),
    ],
)
def test_database_url_is_refused_without_being_quoted(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, DATABASE_URL=value)

    [problem] = caught.value.problems
    assert problem.startswith("DATABASE_URL (from environment): expected a URL such as postgresql:")
    assert "canary" not in problem


def test_settings_do_not_appear_in_a_traceback(tmp_path: Path) -> None:
    settings = _load(tmp_path, DISCORD_TOKEN=_CANARY)

    with pytest.raises(TypeError) as caught:
        settings.discord_token + "x"  # type: ignore[operator]  # the mistake this is about

    shown = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    assert _CANARY not in shown


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().web_port = 1  # type: ignore[misc]  # the mistake this is about


def test_settings_each_have_a_summary_of_one_line() -> None:
    summaries = [spec.metadata["summary"] for spec in setting_specs()]

    assert all(summary and "\n" not in summary for summary in summaries)
