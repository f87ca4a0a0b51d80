"""Logging: every line carries its reference, and none carries a secret."""

import io
import json
import logging
from typing import Any

import pytest

from bot.logs import CORRELATION_ID, Redactor, set_up_logging
from services.secret import MASK

_CANARY = "canary/7f3a91+x=="
_PASSWORD = 'pass"word\\with(regex)*'
_FETCHED = "BQDfetched-7f3a91_token.that~is/no+setting=="
_FORMATS = ["console", "json"]

_LOGGER = logging.getLogger("tests.logs")


@pytest.fixture(params=_FORMATS)
def log_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def log(log_format: str) -> io.StringIO:
    """What was logged, at every level, with two known secrets."""
    return _log(log_format, level="DEBUG")


def _log(log_format: str, *, level: str) -> io.StringIO:
    stream = io.StringIO()
    set_up_logging(level=level, log_format=log_format, secrets=[_CANARY, _PASSWORD], stream=stream)
    return stream


def _fail(text: str) -> None:
    raise ValueError(text)


def _fail_twice(inner: str, outer: str) -> None:
    try:
        _fail(inner)
    except ValueError as error:
        raise RuntimeError(outer) from error


def _lines(log: io.StringIO) -> list[dict[str, Any]]:
    # Not ``splitlines``: it also splits at characters that JSON leaves as they are.
    return [json.loads(line) for line in log.getvalue().split("\n") if line]


# --- Secrets of the settings


@pytest.mark.parametrize("secret", [_CANARY, _PASSWORD], ids=["token", "odd characters"])
def test_log_hides_a_secret_in_the_message(log: io.StringIO, secret: str) -> None:
    _LOGGER.info("the key is " + secret)  # noqa: G003  # the mistake this is about

    assert secret not in log.getvalue()
    assert json.dumps(secret)[1:-1] not in log.getvalue()
    assert f"the key is {MASK}" in log.getvalue()


@pytest.mark.parametrize("secret", [_CANARY, _PASSWORD], ids=["token", "odd characters"])
def test_log_hides_a_secret_in_an_argument(log: io.StringIO, secret: str) -> None:
    _LOGGER.info("the key is %s", secret)

    assert secret not in log.getvalue()
    assert json.dumps(secret)[1:-1] not in log.getvalue()


def test_log_hides_a_secret_inside_a_structure(log: io.StringIO) -> None:
    _LOGGER.info("sent %s", {"headers": [("X-Key", _CANARY)]})

    assert _CANARY not in log.getvalue()


def test_log_hides_a_secret_in_the_text_of_an_exception(log: io.StringIO) -> None:
    try:
        _fail(f"refused: {_CANARY}")
    except ValueError:
        _LOGGER.exception("it failed")

    assert _CANARY not in log.getvalue()
    assert f"ValueError: refused: {MASK}" in log.getvalue()


def test_log_hides_secrets_in_a_chained_traceback(log: io.StringIO) -> None:
    try:
        _fail_twice(inner=f"inner {_CANARY}", outer=f"outer {_CANARY}")
    except RuntimeError:
        _LOGGER.exception("it failed")

    assert _CANARY not in log.getvalue()
    assert f"ValueError: inner {MASK}" in log.getvalue()
    assert f"RuntimeError: outer {MASK}" in log.getvalue()


def test_log_hides_a_secret_in_an_exception_given_as_argument(log: io.StringIO) -> None:
    _LOGGER.error("it failed: %r", ValueError(_CANARY))

    assert _CANARY not in log.getvalue()


def test_redactor_hides_a_secret_that_begins_with_another_one() -> None:
    redactor = Redactor(["short", "short-and-long"])

    assert redactor.redact("short-and-long, short") == f"{MASK}, {MASK}"


def test_redactor_does_not_hide_words_for_a_tiny_secret() -> None:
    assert Redactor(["abc"]).redact("abcdef") == "abcdef"


def test_redactor_without_secrets_leaves_text_as_it_is() -> None:
    assert Redactor([]).redact("nothing to hide") == "nothing to hide"


def test_log_hides_a_secret_when_the_message_does_not_fit_its_arguments(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = _log(log_format, level="INFO")  # here, so that pytest's own handlers are gone

    _LOGGER.info("the key is %d", _CANARY)  # the mistake this is about

    shown = log.getvalue() + "".join(capsys.readouterr())
    assert _CANARY not in shown
    assert "tests.logs" in shown


# --- Credentials that are no settings


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Authorization: Bearer {}", id="bearer"),
        pytest.param("authorization: bearer {}", id="lower case"),
        pytest.param("{{'Authorization': 'Bearer {}'}}", id="header in a mapping"),
        pytest.param("Authorization: Bot {}", id="discord"),
        pytest.param("Authorization: Basic {}", id="basic"),
        pytest.param("Authorization: Discogs token={}", id="discogs"),
        pytest.param("GET https://api.discogs.com/x?token={}&page=1", id="query"),
        pytest.param("access_token={}", id="form"),
        pytest.param('{{"access_token": "{}", "expires_in": 3600}}', id="json"),
        pytest.param("{{'refresh_token': '{}'}}", id="mapping"),
        pytest.param("Grant(access_token='{}', expires_in=3600)", id="repr of a grant"),
        pytest.param("connect(token='{}')", id="repr of a call"),
        pytest.param('oauth_signature="{}"', id="signature in quotes"),
    ],
)
def test_log_hides_a_credential_that_is_no_setting(log: io.StringIO, text: str) -> None:
    _LOGGER.info("%s", text.format(_FETCHED))

    assert _FETCHED not in log.getvalue()
    assert MASK in log.getvalue()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://discord.com/api/v10/webhooks/123/{}", id="webhook"),
        pytest.param("https://discord.com/api/v10/webhooks/123/{}/messages/@original", id="edit"),
        pytest.param("https://discord.com/api/v10/interactions/123/{}/callback", id="interaction"),
    ],
)
def test_log_hides_the_token_in_the_url_of_a_webhook(log: io.StringIO, url: str) -> None:
    token = "aW50ZXJhY3Rpb246canary_7f3a91-x.y"

    _LOGGER.warning("We are being rate limited. PATCH %s responded with 429.", url.format(token))

    assert token not in log.getvalue()
    assert url.format(MASK) in log.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('File "/srv/aime/bot/client.py", line 12, in setup_hook', id="our own path"),
        pytest.param("bot/sandbox/discord/gateway.py", id="relative path"),
        pytest.param("the bottlenecks are both basically elsewhere", id="words"),
        pytest.param("no token: releases only; the bot restarted", id="words that go with it"),
        pytest.param("https://discord.com/channels/123/456", id="link"),
    ],
)
def test_redactor_does_not_hide_what_is_no_credential(text: str) -> None:
    assert Redactor([]).redact(text) == text


def test_log_keeps_the_paths_of_a_traceback_readable(log: io.StringIO) -> None:
    try:
        Redactor([None])  # type: ignore[list-item]  # the mistake this is about
    except TypeError:
        _LOGGER.exception("it failed")

    assert "bot/logs.py" in log.getvalue()


# --- Its form


def test_log_carries_the_reference_of_what_is_being_answered(log: io.StringIO) -> None:
    token = CORRELATION_ID.set("ab12cd34")
    _LOGGER.info("inside")
    CORRELATION_ID.reset(token)
    _LOGGER.info("outside")

    inside, outside = log.getvalue().splitlines()
    assert "ab12cd34" in inside
    assert "ab12cd34" not in outside


def test_json_log_is_one_valid_object_a_line() -> None:
    log = _log("json", level="INFO")

    _LOGGER.warning('quotes " and \\ and\nline breaks, %s', "é 🎷 \u2028 \x00")
    try:
        _fail("a text\nof two lines")
    except ValueError:
        _LOGGER.exception("it failed")

    first, second = _lines(log)
    assert first["message"] == 'quotes " and \\ and\nline breaks, é 🎷 \u2028 \x00'
    assert second["exception"].startswith("Traceback (most recent call last):")
    assert second["exception"].endswith("ValueError: a text\nof two lines")


def test_json_log_has_the_fields_that_machines_look_for() -> None:
    log = _log("json", level="INFO")

    _LOGGER.warning("hello %s", "there")

    (line,) = _lines(log)
    assert line.keys() == {"timestamp", "level", "logger", "correlation_id", "message"}
    assert (line["level"], line["logger"]) == ("WARNING", "tests.logs")
    assert (line["correlation_id"], line["message"]) == ("-", "hello there")
    assert line["timestamp"].endswith("+00:00")


def test_json_log_stays_valid_when_a_secret_is_cut_out_of_it() -> None:
    log = _log("json", level="INFO")

    _LOGGER.info('{"password": "%s"}', _PASSWORD)

    (line,) = _lines(log)
    assert line["message"] == f'{{"password": "{MASK}"}}'


def test_json_log_stays_valid_when_a_message_does_not_fit_its_arguments() -> None:
    log = _log("json", level="INFO")

    _LOGGER.info("the key is %d", _CANARY)  # the mistake this is about

    (line,) = _lines(log)
    assert line["logger"] == "tests.logs"


def test_console_log_is_one_readable_line() -> None:
    log = _log("console", level="INFO")

    _LOGGER.warning("hello %s", "there")

    assert log.getvalue().endswith("WARNING - tests.logs: hello there\n")


# --- How much of it


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        pytest.param("DEBUG", ["ours DEBUG", "ours INFO", "theirs INFO"], id="debug"),
        pytest.param("INFO", ["ours INFO"], id="info"),
        pytest.param("WARNING", [], id="warning"),
    ],
)
def test_log_shows_less_of_libraries_than_of_us(level: str, expected: list[str]) -> None:
    log = _log("json", level=level)

    _LOGGER.debug("ours DEBUG")
    _LOGGER.info("ours INFO")
    logging.getLogger("discord.gateway").debug("theirs DEBUG")
    logging.getLogger("discord.gateway").info("theirs INFO")

    assert [line["message"] for line in _lines(log)] == expected


def test_log_shows_the_warnings_of_libraries_unless_only_errors_are_wanted() -> None:
    warnings, errors = _log("json", level="WARNING"), io.StringIO()
    logging.getLogger("discord").warning("theirs WARNING")
    set_up_logging(level="ERROR", log_format="json", secrets=[], stream=errors)
    logging.getLogger("discord").warning("theirs WARNING")

    assert [line["message"] for line in _lines(warnings)] == ["theirs WARNING"]
    assert errors.getvalue() == ""


def test_log_goes_to_one_place_however_often_it_is_set_up() -> None:
    first = _log("console", level="INFO")
    second = _log("console", level="INFO")

    _LOGGER.info("hello")

    assert first.getvalue() == ""
    assert second.getvalue().count("hello") == 1
