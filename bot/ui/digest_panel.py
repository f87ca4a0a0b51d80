"""A server's digests as those see them who manage the server."""

from dataclasses import dataclass
from typing import Final

import discord
from discord import ui

from bot.i18n import DEFAULT_LANGUAGE, LANGUAGES, Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.digest_ids import (
    DELETE_PREFIX,
    EDIT_PREFIX,
    LANGUAGE_PREFIX,
    LIST_PREFIX,
    NOTHING_PREFIX,
    PAUSE_PREFIX,
    POST_PREFIX,
    PREVIEW_PREFIX,
    RESUME_PREFIX,
    SHOW_PREFIX,
)
from bot.ui.digest_words import timing_words
from bot.ui.layout import subtext, view_of
from bot.ui.posting_rights import Lack, hinders, lack_lines
from bot.ui.text import timestamp
from services.digests.models import MOST_DIGESTS, PauseReason, Schedule, WhenNothing

_MOST_NAMED: Final = 10
_OWN_NAMES: Final = {"en": "English", "fr": "Français"}
"""Our languages, as those call them who speak them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown of a digest.

    Attributes:
        schedule: The digest.
        members: The user ids of those whose records it tells about.
        lacks: What the bot lacks in its channel now.
    """

    schedule: Schedule
    members: tuple[int, ...]
    lacks: tuple[Lack, ...] = ()


def digest_panel(shown: Shown, *, user_id: int, texts: Texts, headline: str = "") -> ui.LayoutView:
    """Return one digest, and everything that can be done with it.

    Args:
        shown: The digest.
        user_id: Whose panel it is.
        texts: Their language.
        headline: What has just happened, safe to show.
    """
    schedule = shown.schedule
    title = texts.gettext("## 📬 Digest in {channel}", channel=f"<#{schedule.channel_id}>")
    when = texts.gettext("**When:** {timing}", timing=timing_words(schedule.timing, texts))
    lines = [*([headline] if headline else []), title, when]
    lines += [_state(schedule, texts), _members(shown.members, texts), _history(schedule, texts)]
    card: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay("\n".join(lines)))
    if shown.lacks:
        card.add_item(ui.TextDisplay(_warning(shown.lacks, texts)))
    card.add_item(ui.ActionRow(_nothing_menu(schedule, user_id, texts)))
    card.add_item(ui.ActionRow(_language_menu(schedule, user_id, texts)))
    return view_of(card, _main_row(schedule, user_id, texts), _other_row(user_id, texts))


def digests_list(
    digests: tuple[Shown, ...], *, user_id: int, texts: Texts, headline: str = ""
) -> ui.LayoutView:
    """Return all digests of a server."""
    title = texts.gettext("## 📬 Digests of this server")
    head = f"{headline}\n{title}" if headline else title
    card: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(head))
    if not digests:
        nothing = texts.gettext(
            "There are none yet. `/digest create` makes one: it tells a channel, on the day and "
            "at the hour that you choose, what is new in the collections of those who join it."
        )
        card.add_item(ui.TextDisplay(nothing))
        return view_of(card)
    for each in digests:
        open_it = button(
            texts.gettext("Manage"), own_id(SHOW_PREFIX, user_id, each.schedule.digest_id)
        )
        card.add_item(ui.Section(_entry(each, texts), accessory=open_it))
    count = texts.gettext(
        "{count} of {most} · `/digest create` makes another", count=len(digests), most=MOST_DIGESTS
    )
    card.add_item(ui.TextDisplay(subtext(count)))
    return view_of(card)


def _state(schedule: Schedule, texts: Texts) -> str:
    if not schedule.is_paused:
        exactly, soon = timestamp(schedule.next_at, "F"), timestamp(schedule.next_at)
        return texts.gettext("**Next:** {exactly} ({soon})", exactly=exactly, soon=soon)
    reasons = {
        PauseReason.BY_HAND: texts.gettext("⏸️ **Paused** until somebody resumes it"),
        PauseReason.REFUSED: texts.gettext(
            "⏸️ **Paused**: three times in a row I wasn't allowed to post it"
        ),
        PauseReason.UNCERTAIN: texts.gettext(
            "⏸️ **Paused**: three times in a row I couldn't tell whether it went out"
        ),
    }
    return reasons[schedule.pause_reason or PauseReason.BY_HAND]


def _members(members: tuple[int, ...], texts: Texts) -> str:
    if not members:
        return texts.gettext(
            "**Whose records:** nobody's yet. `/digest join` is for everybody here."
        )
    names = ", ".join(f"<@{user_id}>" for user_id in members[:_MOST_NAMED])
    more = len(members) - _MOST_NAMED
    if more > 0:
        names += " " + texts.ngettext("and {count} more", "and {count} more", more)
    return texts.gettext("**Whose records:** {names}", names=names)


def _history(schedule: Schedule, texts: Texts) -> str:
    creator = f"<@{schedule.creator_id}>"
    if schedule.last_posted_at is None:
        return subtext(texts.gettext("made by {creator} · not posted yet", creator=creator))
    when = timestamp(schedule.last_posted_at)
    return subtext(
        texts.gettext("made by {creator} · last posted {when}", creator=creator, when=when)
    )


def _warning(lacks: tuple[Lack, ...], texts: Texts) -> str:
    if hinders(lacks):
        said = texts.gettext("⚠️ I can't post there: this is missing.")
    else:
        said = texts.gettext("⚠️ I can post there, but this would help:")
    return "\n".join([said, *lack_lines(lacks, texts)])


def _entry(shown: Shown, texts: Texts) -> str:
    schedule = shown.schedule
    mark = "⚠️ " if hinders(shown.lacks) else ""
    place = f"**{mark}<#{schedule.channel_id}>** – {timing_words(schedule.timing, texts)}"
    people = texts.ngettext("{count} person", "{count} people", len(shown.members))
    return "\n".join([place, _state(schedule, texts), subtext(people)])


def _main_row(schedule: Schedule, user_id: int, texts: Texts) -> ui.ActionRow[ui.LayoutView]:
    digest_id = schedule.digest_id
    if schedule.is_paused:
        resume = own_id(RESUME_PREFIX, user_id, digest_id)
        turn = button(texts.gettext("Resume"), resume, style=discord.ButtonStyle.success)
    else:
        turn = button(texts.gettext("Pause"), own_id(PAUSE_PREFIX, user_id, digest_id))
    return row_of(
        button(
            texts.gettext("Preview"),
            own_id(PREVIEW_PREFIX, user_id, digest_id),
            style=discord.ButtonStyle.primary,
        ),
        button(texts.gettext("Post now"), own_id(POST_PREFIX, user_id, digest_id)),
        turn,
        button(texts.gettext("Edit"), own_id(EDIT_PREFIX, user_id, digest_id)),
        _delete_button(digest_id, user_id, texts),
    )


def _delete_button(digest_id: int, user_id: int, texts: Texts) -> Button:
    ask = own_id(DELETE_PREFIX, user_id, digest_id)
    return button(texts.gettext("Delete"), ask, style=discord.ButtonStyle.danger)


def _other_row(user_id: int, texts: Texts) -> ui.ActionRow[ui.LayoutView]:
    return row_of(button(texts.gettext("All digests"), own_id(LIST_PREFIX, user_id)))


def _nothing_menu(schedule: Schedule, user_id: int, texts: Texts) -> ui.Select[ui.LayoutView]:
    labels = {
        WhenNothing.SHORT: texts.gettext("When nothing is new: post a short one"),
        WhenNothing.SKIP: texts.gettext("When nothing is new: post nothing"),
    }
    return ui.Select(
        custom_id=own_id(NOTHING_PREFIX, user_id, schedule.digest_id),
        placeholder=texts.gettext("When nothing is new"),
        options=[
            discord.SelectOption(
                label=label, value=choice.value, default=choice is schedule.when_nothing
            )
            for choice, label in labels.items()
        ],
    )


def _language_menu(schedule: Schedule, user_id: int, texts: Texts) -> ui.Select[ui.LayoutView]:
    spoken = schedule.locale if schedule.locale in LANGUAGES else DEFAULT_LANGUAGE
    return ui.Select(
        custom_id=own_id(LANGUAGE_PREFIX, user_id, schedule.digest_id),
        placeholder=texts.gettext("Its language"),
        options=[
            discord.SelectOption(
                label=texts.gettext("Language: {language}", language=_OWN_NAMES[code]),
                value=code,
                default=code == spoken,
            )
            for code in LANGUAGES
        ],
    )
