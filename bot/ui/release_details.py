"""The small print of a release: companies, credits, identifiers; a line of each."""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.ui.text import one_line
from services.discogs.models import Release
from services.discogs.release_parts import Company, Identifier, ReleaseCredit

_MAX_COMPANIES: Final = 250
_MAX_CREDITS: Final = 300
_MAX_IDENTIFIERS: Final = 220
# Who pressed and cut it is what tells pressings apart; who owns the rights does not.
_FIRST_ROLES: Final = ("Pressed By", "Lacquer Cut At", "Mastered At", "Recorded At")
_LAST_ROLES: Final = ("Copyright (c)", "Phonographic Copyright (p)", "Published By")


def details(release: Release) -> Iterator[str]:
    """Yield up to three lines, safe to show; roles are in Discogs' English."""
    lines = (
        (_companies(release.companies), _MAX_COMPANIES),
        (_credits(release.credits), _MAX_CREDITS),
        (_identifiers(release.identifiers), _MAX_IDENTIFIERS),
    )
    yield from (shown for text, limit in lines if (shown := one_line(text, limit)))


def _companies(companies: Iterable[Company]) -> str:
    ordered = sorted(companies, key=lambda company: _rank(company.role))
    return _grouped((each.role, _with(each.name, each.catno)) for each in ordered)


def _rank(role: str) -> int:
    if role in _FIRST_ROLES:
        return _FIRST_ROLES.index(role)
    return len(_FIRST_ROLES) + (role in _LAST_ROLES)


def _credits(people: tuple[ReleaseCredit, ...]) -> str:
    named = ((each.role, f"{each.name} ({each.tracks})") for each in people if each.tracks)
    others = ((each.role, each.name) for each in people if not each.tracks)
    return _grouped([*others, *named])


def _identifiers(identifiers: Iterable[Identifier]) -> str:
    return _grouped(
        (f"{each.kind} ({each.description})" if each.description else each.kind, each.value)
        for each in identifiers
    )


def _with(name: str, number: str | None) -> str:
    return f"{name} – {number}" if number else name


def _grouped(pairs: Iterable[tuple[str, str]]) -> str:
    """``Producer: A, B · Written-By: C``; each role once, in the order of its first mention."""
    groups: dict[str, list[str]] = {}
    for role, name in pairs:
        groups.setdefault(role, []).append(name)
    return " · ".join(
        f"{role}: {', '.join(names)}" if role else ", ".join(names)
        for role, names in groups.items()
    )
