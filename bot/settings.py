"""Settings: read once, validated, frozen; the only module that looks at the environment.

``SecretsManager`` finds each value (environment > ``.env`` > ``secrets.json`` > default) and
``Settings`` holds the parsed ones. A wrong value stops the start with the setting's name and what
is expected, never with the value: it may be a secret in the wrong place.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values

from bot import setting_types as types
from services.euria.capabilities import ModelCapabilities, parse_capabilities
from services.secret import Secret

DEFAULT_SECRETS_FILE: Final = "secrets.json"
_DOTENV_FILE: Final = ".env"


class SettingsError(Exception):
    """The settings cannot be used; each problem names a setting and what is expected."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the problems, one line each."""
        super().__init__("\n".join(problems))
        self.problems = problems


class SecretsManager:
    """Finds the raw value of each setting: environment > ``.env`` > ``secrets.json``."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        """Read the files of ``directory`` once.

        Raises:
            SettingsError: ``secrets.json`` is not a JSON object of texts and numbers.
        """
        dotenv = _read_dotenv(directory / _DOTENV_FILE)
        name = environment.get("SECRETS_FILE") or dotenv.get("SECRETS_FILE")
        vault = _read_secrets_file(
            directory / (name or DEFAULT_SECRETS_FILE), must_exist=bool(name)
        )
        self._layers: tuple[tuple[str, Mapping[str, str]], ...] = (
            ("environment", environment),
            (".env", dotenv),
            ("secrets.json", vault),
        )
        self.file_names = frozenset(dotenv) | frozenset(vault)

    def find(self, name: str) -> tuple[str, str] | None:
        """Return where ``name`` is set and its raw value; an empty value counts as not set."""
        for layer, values in self._layers:
            value = values.get(name, "").strip()
            if value:
                return layer, value
        return None


def _read_dotenv(path: Path) -> Mapping[str, str]:
    try:
        # Not interpolated: a secret may hold ``${``.
        values = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError([".env: expected a readable text file"]) from None
    return {name: value for name, value in values.items() if value}


def _read_secrets_file(path: Path, *, must_exist: bool) -> Mapping[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(["SECRETS_FILE: expected the path of a readable file"]) from None
        return {}
    except (OSError, ValueError):
        # ``from None``: a JSON error quotes the text around it, which may be a secret.
        raise SettingsError([f"{path.name}: expected a JSON object of names and values"]) from None
    if not isinstance(content, dict):
        raise SettingsError([f"{path.name}: expected a JSON object of names and values"])
    values = {str(name).upper(): value for name, value in content.items() if value is not None}
    problems = [
        f"{name} (from {path.name}): expected a text or a number"
        for name, value in values.items()
        if isinstance(value, dict | list)
    ]
    if problems:
        raise SettingsError(problems)
    return {name: str(value) for name, value in values.items()}


def _setting(parse: Callable[[str], object], default: object, summary: str) -> Any:  # noqa: ANN401  # as dataclasses.field
    return field(default=default, metadata={"parse": parse, "summary": summary})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting, parsed; the environment's name is the attribute's in upper case."""

    # fmt: off
    # --- Discord
    discord_token: Secret | None = _setting(types.secret, None, "Bot token from the developer portal; required by `aime run`")
    discord_api_url: str = _setting(types.url, "https://discord.com/api", "Base of Discord's API, without a version")
    discord_cdn_url: str = _setting(types.url, "https://cdn.discordapp.com", "Where avatars and attachments come from")
    discord_guild_ids: tuple[int, ...] = _setting(types.ids, (), "Server ids, comma-separated: commands appear there at once")
    # --- Spotify
    spotify_enabled: bool = _setting(types.boolean, True, "Use Spotify at all")  # noqa: FBT003  # a default
    spotify_client_id: str = _setting(types.text, "", "Client id of your Spotify app (its owner needs Premium)")
    spotify_client_secret: Secret | None = _setting(types.secret, None, "Client secret of your Spotify app")
    spotify_api_url: str = _setting(types.url, "https://api.spotify.com/v1", "Base of Spotify's Web API, with /v1")
    spotify_accounts_url: str = _setting(types.url, "https://accounts.spotify.com", "Base of Spotify's accounts host")
    spotify_redirect_url: str = _setting(types.redirect_url, "http://127.0.0.1:8080/callback/spotify", "Redirect URI, exactly as registered with your Spotify app; Spotify sends people there who link an account")
    spotify_market: str = _setting(types.market, "US", "Country whose catalogue is searched (two letters)")
    spotify_daily_requests: int = _setting(types.whole(1, 1_000_000), 800, "Requests the whole bot may send in 24 hours, half of them kept for people")
    spotify_attempt_timeout_seconds: float = _setting(types.seconds(0.05, 120), 10.0, "Limit of one attempt")
    spotify_deadline_seconds: float = _setting(types.seconds(0.05, 600), 20.0, "Limit of the whole operation, retries included")
    spotify_breaker_failures: int = _setting(types.whole(1, 1000), 5, "Failures in a row that open the circuit breaker")
    spotify_breaker_open_seconds: float = _setting(types.seconds(0.05, 3600), 60.0, "How long the circuit breaker first stays open")
    # --- Discogs
    discogs_enabled: bool = _setting(types.boolean, True, "Use Discogs at all")  # noqa: FBT003  # a default
    discogs_token: Secret | None = _setting(types.secret, None, "Personal access token (discogs.com, settings, developers); without it no search")
    discogs_consumer_key: str = _setting(types.text, "", "OAuth consumer key: people can then prove that an account is theirs")
    discogs_consumer_secret: Secret | None = _setting(types.secret, None, "OAuth consumer secret")
    discogs_api_url: str = _setting(types.url, "https://api.discogs.com", "Base of Discogs' API")
    discogs_authorize_url: str = _setting(types.url, "https://www.discogs.com/oauth/authorize", "Where people allow the bot to use their collection")
    discogs_requests_per_minute: int = _setting(types.whole(1, 1000), 60, "Allowance of your token (25 are used without one)")
    discogs_user_agent: str = _setting(types.text, "AIMEforDiscord/0.1 +https://github.com/aime-discord/aime", "Must be unique to your bot and name a contact")
    discogs_stale_hours: float = _setting(types.seconds(0.01, 6), 6.0, "How old release details may be shown, at most 6 by Discogs' terms")
    discogs_attempt_timeout_seconds: float = _setting(types.seconds(0.05, 120), 10.0, "Limit of one attempt")
    discogs_deadline_seconds: float = _setting(types.seconds(0.05, 600), 30.0, "Limit of the whole operation, retries included")
    discogs_breaker_failures: int = _setting(types.whole(1, 1000), 5, "Failures in a row that open the circuit breaker")
    discogs_breaker_open_seconds: float = _setting(types.seconds(0.05, 3600), 60.0, "How long the circuit breaker first stays open")
    # --- EurIA
    euria_enabled: bool = _setting(types.boolean, True, "Use EurIA at all")  # noqa: FBT003  # a default
    euria_token: Secret | None = _setting(types.secret, None, "Infomaniak API token with the AI scope")
    euria_product_id: str = _setting(types.text, "", "Product id of your Infomaniak AI Tools")
    euria_api_url: str = _setting(types.url, "", "Complete base ending in /openai/v1; built from the product id when empty")
    euria_model: str = _setting(types.text, "mistralai/Ministral-3-14B-Instruct-2512", "Model id; `aime doctor` checks it")
    euria_model_capabilities: ModelCapabilities = _setting(parse_capabilities, ModelCapabilities(), "What models can do that this version does not know, or knows wrongly, as JSON (see docs/upstreams/euria.md)")
    euria_first_token_timeout_seconds: float = _setting(types.seconds(0.05, 300), 30.0, "Longest wait for the first word")
    euria_idle_timeout_seconds: float = _setting(types.seconds(0.05, 300), 30.0, "Longest silence in mid-text")
    euria_timeout_seconds: float = _setting(types.seconds(0.05, 840), 120.0, "Longest time for a whole text")
    euria_concurrency: int = _setting(types.whole(1, 100), 4, "Texts written at once")
    euria_daily_tokens: int = _setting(types.whole(0, 10**9), 0, "Tokens a day before texts become templates; 0 means no cap")
    euria_attempt_timeout_seconds: float = _setting(types.seconds(0.05, 300), 45.0, "Limit of one attempt at a plain (unstreamed) answer")
    euria_deadline_seconds: float = _setting(types.seconds(0.05, 840), 120.0, "Limit of a plain answer, retries included")
    euria_breaker_failures: int = _setting(types.whole(1, 1000), 3, "Failures in a row that open the circuit breaker")
    euria_breaker_open_seconds: float = _setting(types.seconds(0.05, 3600), 30.0, "How long the circuit breaker first stays open")
    # --- State, web, logs
    database_url: Secret | None = _setting(types.database_url, None, "PostgreSQL URL; empty: SQLite in DATA_DIR")
    redis_url: Secret | None = _setting(types.secret, None, "Redis URL, to share limits between processes; empty: none (not used yet)")
    data_dir: Path = _setting(Path, Path("data"), "Where the bot keeps its files")
    secret_keys: Secret | None = _setting(types.secret_keys, None, "Keys that encrypt people's tokens, newest first, comma-separated; empty: a file in DATA_DIR")
    secrets_file: str = _setting(types.text, DEFAULT_SECRETS_FILE, "JSON file with settings that are secret")
    web_host: str = _setting(types.text, "127.0.0.1", "Address of the health and callback pages")
    web_port: int = _setting(types.whole(0, 65_535), 8080, "Port of the health and callback pages; 0 picks a free one")
    web_public_url: str = _setting(types.url, "", "Public HTTPS address of those pages, if there is one: Discogs then brings people back by itself")
    log_level: str = _setting(types.choice("DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "How much is logged")
    log_format: str = _setting(types.choice("console", "json"), "console", "How it is logged")
    shard_ids: tuple[int, ...] = _setting(types.ids, (), "Shards of this process, comma-separated")
    shard_count: int = _setting(types.whole(0, 10_000), 0, "Shards in all; 0 asks Discord")
    # fmt: on

    @property
    def euria_base_url(self) -> str:
        """The complete base of EurIA's API, or an empty text when it cannot be known."""
        if self.euria_api_url:
            return self.euria_api_url
        if not self.euria_product_id:
            return ""
        return f"https://api.infomaniak.com/2/ai/{self.euria_product_id}/openai/v1"

    def secrets(self) -> list[str]:
        """Return the text of every secret that is set, for redaction."""
        values = (getattr(self, spec.name) for spec in fields(self))
        texts = [value.reveal() for value in values if isinstance(value, Secret)]
        # SECRET_KEYS is a list: each of its keys is a secret of its own.
        keys = [key for text in texts if "," in text for key in text.split(",")]
        # Drivers show a URL in parts: the password, as it stands there and as it is meant.
        urls = [url.reveal() for url in (self.database_url, self.redis_url) if url is not None]
        passwords = [password for url in urls if (password := urlsplit(url).password)]
        return [*texts, *keys, *passwords, *map(unquote, passwords)]


def load_settings(
    environment: Mapping[str, str] | None = None, directory: Path | None = None
) -> Settings:
    """Return the settings of this process.

    Args:
        environment: Instead of the process's own, for tests.
        directory: Where ``.env`` and ``secrets.json`` lie; the working directory by default.

    Raises:
        SettingsError: Something is wrong; every problem is listed.
    """
    manager = SecretsManager(
        os.environ if environment is None else environment, directory or Path.cwd()
    )
    return parse_settings(manager)


def parse_settings(manager: SecretsManager) -> Settings:
    """Return the parsed settings that ``manager`` finds.

    Raises:
        SettingsError: Something is wrong; every problem is listed.
    """
    values: dict[str, object] = {}
    problems: list[str] = []
    for spec in fields(Settings):
        found = manager.find(spec.name.upper())
        if found is None:
            continue
        layer, raw = found
        try:
            values[spec.name] = spec.metadata["parse"](raw)
        except ValueError as error:
            problems.append(f"{spec.name.upper()} (from {layer}): expected {error}")
    if problems:
        raise SettingsError(problems)
    settings = Settings(**values)  # type: ignore[arg-type]  # each parser returns its field's type
    problems = _contradictions(settings)
    if problems:
        raise SettingsError(problems)
    return settings


def _contradictions(settings: Settings) -> list[str]:
    problems: list[str] = []
    if settings.euria_api_url and not settings.euria_api_url.endswith("/openai/v1"):
        problems.append("EURIA_API_URL: expected a URL that ends in /openai/v1")
    if settings.discogs_consumer_key and settings.discogs_consumer_secret is None:
        problems.append("DISCOGS_CONSUMER_SECRET: expected when DISCOGS_CONSUMER_KEY is set")
    if settings.shard_ids and not settings.shard_count:
        problems.append("SHARD_COUNT: expected when SHARD_IDS is set")
    if any(shard >= settings.shard_count for shard in settings.shard_ids):
        problems.append("SHARD_IDS: expected numbers below SHARD_COUNT")
    return problems


def setting_specs() -> list[Field[Any]]:
    """Return the settings' specifications, in order, for documentation and checks."""
    return list(fields(Settings))
