"""Discord's rate limits: a window per bucket, told in headers, enforced with 429.

The figures are what people measured (Discord publishes none): an interaction's webhook takes 5
requests in 2 s, a channel 5 messages in 5 s, and as many edits.
https://docs.discord.com/developers/topics/rate-limits
"""

import hashlib
import math
import time
from dataclasses import dataclass, field

from bot.sandbox.discord.errors import ApiError

_MOST_WINDOWS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """The limits in force.

    Attributes:
        webhook: Follow-ups and edits, per interaction token.
        channel_messages: New messages, and separately edits, per channel.
        other: Every other route, per channel or server it names.
        everything: All requests of the bot, interaction and webhook routes excepted.
    """

    webhook: Limit = field(default_factory=lambda: Limit(requests=5, seconds=2.0))
    channel_messages: Limit = field(default_factory=lambda: Limit(requests=5, seconds=5.0))
    other: Limit = field(default_factory=lambda: Limit(requests=50, seconds=1.0))
    everything: Limit = field(default_factory=lambda: Limit(requests=50, seconds=1.0))


@dataclass(slots=True)
class _Window:
    ends_at: float = 0.0
    used: int = 0


class RateLimiter:
    """Counts requests in windows that start with their first request."""

    def __init__(self, limits: RateLimits) -> None:
        """Start with empty windows."""
        self._limits = limits
        self._windows: dict[str, _Window] = {}

    def take(self, method: str, route: str, params: dict[str, str]) -> dict[str, str]:
        """Count a request and return the headers of its answer.

        Args:
            method: HTTP method.
            route: Template of the path.
            params: The path's parameters.

        Raises:
            RateLimitError: The bucket, or the bot as a whole, is used up.
        """
        limit, bucket, major = self._bucket(method, route, params)
        window = self._window(f"{bucket}:{major}", limit)
        if window.used >= limit.requests:
            raise RateLimitError(_headers(bucket, limit, window), scope="user")
        if not route.startswith(("/interactions", "/webhooks")):
            everything = self._limits.everything
            total = self._window("everything", everything)
            if total.used >= everything.requests:
                raise RateLimitError(_headers(bucket, everything, total), scope="global")
            total.used += 1
        window.used += 1
        return _headers(bucket, limit, window)

    def _bucket(self, method: str, route: str, params: dict[str, str]) -> tuple[Limit, str, str]:
        major = "+".join(
            params[name]
            for name in ("channel_id", "guild_id", "webhook_id", "webhook_token")
            if name in params
        )
        if route.startswith("/webhooks") and method != "GET":
            return self._limits.webhook, _hash("webhook"), major
        if route.startswith("/interactions"):
            return self._limits.other, _hash("callback"), params.get("interaction_token", "")
        if route.startswith("/channels/{channel_id}/messages") and method in ("POST", "PATCH"):
            return self._limits.channel_messages, _hash(f"{method} message"), major
        return self._limits.other, _hash(f"{method} {route}"), major

    def _window(self, key: str, limit: Limit) -> _Window:
        now = time.monotonic()
        if len(self._windows) > _MOST_WINDOWS:
            self._windows = {k: w for k, w in self._windows.items() if w.ends_at > now}
        window = self._windows.setdefault(key, _Window())
        if now >= window.ends_at:
            window.ends_at, window.used = now + limit.seconds, 0
        return window


class RateLimitError(ApiError):
    """The refusal of a request too many; `headers` belong on the answer."""

    def __init__(self, headers: dict[str, str], *, scope: str) -> None:
        """Tell how long to wait.

        Args:
            headers: Those of the bucket.
            scope: "user", "global" or "shared".
        """
        wait = float(headers["X-RateLimit-Reset-After"])
        body = {"retry_after": wait, "global": scope == "global"}
        super().__init__(429, 0, "You are being rate limited.", extra=body)
        self.headers = headers | limited_headers(wait, scope=scope)


def limited_headers(wait: float, *, scope: str) -> dict[str, str]:
    """Return the headers that only a 429 has; without Via it would be Cloudflare's.

    Args:
        wait: Seconds.
        scope: "user", "global" or "shared".
    """
    headers = {
        "Retry-After": str(math.ceil(wait)),
        "X-RateLimit-Scope": scope,
        "Via": "1.1 google",
    }
    return headers | ({"X-RateLimit-Global": "true"} if scope == "global" else {})


def _headers(bucket: str, limit: Limit, window: _Window) -> dict[str, str]:
    left = max(0.001, window.ends_at - time.monotonic())
    return {
        "X-RateLimit-Limit": str(limit.requests),
        "X-RateLimit-Remaining": str(max(0, limit.requests - window.used)),
        "X-RateLimit-Reset": f"{time.time() + left:.3f}",
        "X-RateLimit-Reset-After": f"{left:.3f}",
        "X-RateLimit-Bucket": bucket,
    }


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]
