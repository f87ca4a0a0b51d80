"""Whom a text notifies: Discord's `allowed_mentions`.

Left out, a regular message notifies whomever it names, an answer to an interaction or a webhook
message only users; an edit without it is parsed with the defaults again. Embeds notify nobody, text
displays do. https://docs.discord.com/developers/resources/message#allowed-mentions-object
"""

import re
from collections.abc import Iterable

from bot.sandbox.discord.forms import Form
from bot.sandbox.discord.messages import Pings
from bot.sandbox.discord.places import Channel
from bot.sandbox.discord.snowflakes import Json

_CODE = re.compile(r"```.*?```|``.*?``|`[^`]*`", re.DOTALL)
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(?:everyone|here)")
_MOST_IDS = 100

EVERYTHING: frozenset[str] = frozenset({"users", "roles", "everyone"})
"""Default of regular messages."""

USERS_ONLY: frozenset[str] = frozenset({"users"})
"""Default of answers to interactions and of webhook messages."""


def parse_pings(
    texts: Iterable[str], channel: Channel, allowed: Json | None, default: frozenset[str]
) -> Pings:
    """Return whom the texts notify in this channel.

    Args:
        texts: Content and text displays.
        channel: Only people and roles that are there can be notified.
        allowed: `allowed_mentions` as received, None when it was left out.
        default: Kinds notified when it was left out.
    """
    text = _CODE.sub(" ", "\n".join(texts))
    parse = default if allowed is None else frozenset(allowed.get("parse") or ())
    named_users = {int(found) for found in _USER.findall(text)} & _people(channel)
    named_roles = {int(found) for found in _ROLE.findall(text)} & _roles(channel)
    return Pings(
        users=frozenset(_permitted(named_users, "users", parse, allowed)),
        roles=frozenset(_permitted(named_roles, "roles", parse, allowed)),
        everyone="everyone" in parse and _EVERYONE.search(text) is not None,
    )


def replied_user_is_pinged(allowed: Json | None) -> bool:
    """Return whether a reply notifies the person it answers."""
    return allowed is None or bool(allowed.get("replied_user"))


def check_allowed_mentions(form: Form) -> None:
    """Note the mistakes of a message's `allowed_mentions`."""
    allowed = form.nested("allowed_mentions")
    if allowed is None:
        return
    parse = allowed.data.get("parse") or []
    if not set(parse) <= EVERYTHING:
        allowed.fail("parse", "BASE_TYPE_CHOICES", "Value must be one of the mention types.")
    for kind in ("users", "roles"):
        ids = allowed.data.get(kind) or []
        if len(ids) > _MOST_IDS:
            message = f"Must be {_MOST_IDS} or fewer in length."
            allowed.fail(kind, "BASE_TYPE_MAX_LENGTH", message)
        if ids and kind in parse:
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            allowed.fail(None, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)


def _people(channel: Channel) -> set[int]:
    if channel.guild:
        return set(channel.guild.members)
    return {user.id for user in channel.recipients}


def _roles(channel: Channel) -> set[int]:
    guild = channel.guild
    return {role.id for role in guild.roles if role.id != guild.id} if guild else set()


def _permitted(named: set[int], kind: str, parse: frozenset[str], allowed: Json | None) -> set[int]:
    if kind in parse:
        return named
    return named & {int(listed) for listed in (allowed or {}).get(kind) or ()}
