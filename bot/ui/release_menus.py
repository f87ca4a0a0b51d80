"""The menus below a release: the other pressings, and what else was found."""

from collections.abc import Iterable
from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import own_id
from bot.ui.layout import MAX_OPTION
from bot.ui.text import number, shorten
from services.answers import Answer
from services.catalogue.release_view import ReleaseView
from services.discogs.models import Release, SearchHit, Version, Versions
from services.music import clean_text

PICK_PREFIX: Final = "release:pick"
OTHERS: Final = "others"
_PRESSINGS: Final = "pressings"
_MOST: Final = 25
_CURRENT: Final = "📍"

Menu = ui.Select[ui.LayoutView]


def pressings_menu(
    view: ReleaseView, release: Release, *, user_id: int, texts: Texts
) -> Menu | None:
    """Return a menu with the releases of the master; None where there is only this one."""
    if not isinstance(view.versions, Answer) or not view.is_complete:
        return None
    versions = _chosen(view.versions.value, release)
    if len(versions) < 2:  # noqa: PLR2004  # itself
        return None
    total = max(view.versions.value.total, len(versions))
    menu: Menu = ui.Select(
        custom_id=own_id(PICK_PREFIX, user_id, _PRESSINGS),
        placeholder=_count(len(versions), total, texts),
    )
    for version in versions:
        menu.append_option(_pressing(version, texts, is_current=_is(version, release)))
    return menu


def others_menu(view: ReleaseView, *, user_id: int, texts: Texts) -> Menu | None:
    """Return a menu with what else was found; None for nothing."""
    if not view.others or not view.is_complete:
        return None
    menu: Menu = ui.Select(
        custom_id=own_id(PICK_PREFIX, user_id, OTHERS),
        placeholder=texts.gettext("Not this one? Pick another match"),
    )
    for hit in {hit.discogs_id: hit for hit in view.others[:_MOST]}.values():
        menu.append_option(_match(hit, texts))
    return menu


def _chosen(versions: Versions, release: Release) -> list[Version]:
    """Return up to 25 releases, each once; the one that is shown is among them."""
    listed = list({each.release_id: each for each in versions.versions}.values())
    if any(_is(each, release) for each in listed[:_MOST]):
        return listed[:_MOST]
    current = Version(
        release_id=release.release_id,
        title=release.title,
        year=release.year,
        country=release.country,
        label=", ".join(release.labels[:1]),
        formats=release.formats,
    )
    others = [each for each in listed if not _is(each, release)]
    return [current, *others[: _MOST - 1]]


def _count(shown: int, total: int, texts: Texts) -> str:
    if shown == total:
        return texts.gettext("{total} pressings: pick another", total=total)
    return texts.gettext(
        "{shown} of {total} pressings: pick another",
        shown=shown,
        total=number(total, texts.language),
    )


def _is(version: Version, release: Release) -> bool:
    return version.release_id == release.release_id


def _pressing(version: Version, texts: Texts, *, is_current: bool) -> discord.SelectOption:
    label = f"{version.label} {version.catno or ''}".strip()
    facts = (str(version.year or ""), version.country or "", label)
    return _option(
        version.release_id,
        _joined(facts) or texts.gettext("Untitled"),
        ", ".join(version.formats),
        emoji=_CURRENT if is_current else None,
    )


def _match(hit: SearchHit, texts: Texts) -> discord.SelectOption:
    name = " – ".join(part for part in (hit.artist, hit.title) if part)
    label = " ".join([*hit.labels[:1], hit.catno or ""]).strip()
    facts = (str(hit.year or ""), hit.country or "", ", ".join(hit.formats[:3]), label)
    return _option(hit.discogs_id, name or texts.gettext("Untitled"), _joined(facts))


def _option(
    release_id: int, label: str, description: str, *, emoji: str | None = None
) -> discord.SelectOption:
    return discord.SelectOption(
        label=shorten(clean_text(label), MAX_OPTION) or "?",
        value=str(release_id),
        description=shorten(clean_text(description), MAX_OPTION) or None,
        emoji=emoji,
    )


def _joined(facts: Iterable[str]) -> str:
    return " · ".join(fact for fact in facts if fact)


def menus_of(*menus: Menu | None) -> tuple[Menu, ...]:
    """Return those menus that there are."""
    return tuple(menu for menu in menus if menu is not None)
