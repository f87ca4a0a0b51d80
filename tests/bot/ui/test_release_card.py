"""What the card of one release says: badges, price, what is missing, and its menus."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from discord import ui

from bot.i18n import Texts
from bot.ui.release_card import Badges, release_card
from bot.ui.release_details import details
from bot.ui.release_menus import others_menu, pressings_menu
from bot.ui.tracklist import tracklist
from services.answers import Answer, Source
from services.catalogue.queries import Reading
from services.catalogue.release_view import ReleaseView
from services.collection.models import Owned, StoredCopy
from services.discogs.models import (
    DiscogsKind,
    MarketStats,
    Master,
    Release,
    SearchHit,
    Track,
    Version,
    Versions,
)
from services.discogs.release_parts import Company, Identifier, ReleaseCredit
from services.discogs.shelf_models import Format
from services.errors import ServiceDown

ME = 42
NOW = datetime(2026, 11, 23, tzinfo=UTC)
STAMP = int(NOW.timestamp())
DOWN = ServiceDown("discogs", "get_market_stats", 503)
RELEASE = Release(
    release_id=1,
    master_id=9,
    title="Blue Train",
    artist="John Coltrane",
    url="https://www.discogs.com/release/1",
)
NOTHING_OWNED = Badges(owned=Owned())


def live(value: Any, **more: Any) -> Answer[Any]:  # noqa: ANN401  # a builder
    return Answer(value=value, source=Source.LIVE, as_of=NOW, **more)


OFFER = MarketStats(for_sale=1_234, lowest_price=8.5, currency="EUR")
VIEW = ReleaseView(
    query="blue train",
    reading=Reading.TEXT,
    release=live(RELEASE),
    market=live(OFFER),
    versions=live(Versions(versions=(), page=1, pages=1, total=0)),
    is_complete=True,
)


def shown(view: ReleaseView, texts: Texts, badges: Badges = NOTHING_OWNED) -> str:
    assert view.release is not None
    card = release_card(view, view.release, badges, menus=(), user_id=ME, texts=texts)
    return "\n".join(c.content for c in card.walk_children() if isinstance(c, ui.TextDisplay))


def test_price_links_to_the_offers_and_says_when_it_was_asked(english: Texts) -> None:
    assert (
        "[1,234 for sale](https://www.discogs.com/sell/release/1) from **€8.50** · "
        f"asked <t:{STAMP}:R>"
    ) in shown(VIEW, english)


def test_price_of_an_outage_is_labelled_with_its_age(english: Texts) -> None:
    stale = Answer(value=OFFER, source=Source.STALE, as_of=NOW, error=DOWN)

    text = shown(replace(VIEW, market=stale), english)

    assert "**€8.50**\n⚠️ Discogs isn't answering right now. Showing what Discogs said" in text
    assert f"<t:{STAMP}:R>" in text


@pytest.mark.parametrize(
    ("market", "said"),
    [
        pytest.param(live(MarketStats()), "Nobody sells it on Discogs right now.", id="none"),
        pytest.param(live(MarketStats(is_blocked=True)), "It may not be sold", id="blocked"),
        pytest.param(DOWN, "What it costs isn't known now. Discogs isn't answering", id="failed"),
    ],
)
def test_no_price_is_explained(market: Any, said: str, english: Texts) -> None:  # noqa: ANN401
    text = shown(replace(VIEW, market=market), english)

    assert said in text
    assert "€" not in text


def test_what_is_waited_for_is_said(english: Texts) -> None:
    waiting = replace(VIEW, market=None, versions=None, is_complete=False)

    text = shown(waiting, english)

    assert "\n⏳ Looking up what it costs…\n⏳ Looking up the other pressings…\n" in text
    assert "⏳" not in shown(waiting.abandoned(), english)


def test_missing_pressings_are_said_to_be_missing(english: Texts) -> None:
    assert "The other pressings are missing: Discogs isn't answering" in shown(
        replace(VIEW, versions=DOWN), english
    )


def test_badges_tell_copies_other_pressings_and_wishes(english: Texts) -> None:
    red = StoredCopy(
        item_id=1,
        instance_id=1,
        release_id=2,
        title="",
        artist="",
        year=2009,
        formats=(Format(name="Vinyl", text="Red"),),
    )
    everything = Badges(owned=Owned(copies=2, others=3, pressings=(red,)), is_wanted=True)
    other = Badges(owned=Owned(copies=1, others=1), is_other_wanted=True)

    assert (
        "✅ In your collection, 2×\n📀 3 other pressings in your collection: 2009, Red\n"
        "⭐ In your wantlist"
    ) in shown(VIEW, english, everything)
    assert (
        "✅ In your collection\n📀 1 other pressing in your collection\n"
        "⭐ Another pressing in your wantlist"
    ) in shown(VIEW, english, other)
    assert "collection\n" not in shown(VIEW, english)


def test_wantlist_is_offered_unless_it_is_there(english: Texts) -> None:
    def labels(badges: Badges) -> list[str | None]:
        card = release_card(VIEW, live(RELEASE), badges, menus=(), user_id=ME, texts=english)
        return [each.label for each in card.walk_children() if isinstance(each, ui.Button)]

    others = ["Describe", "Open on Discogs"]
    assert labels(NOTHING_OWNED) == ["Add to collection", "Add to wantlist", *others]
    assert labels(replace(NOTHING_OWNED, is_wanted=True)) == ["Add to collection", *others]


def test_year_of_the_music_is_told_where_it_is_another_one(english: Texts) -> None:
    master = Master(master_id=1, title="", artist="", year=1957)

    told = shown(replace(VIEW, master=live(master)), english)
    untold = shown(replace(VIEW, master=None), english)

    assert "first released in 1957" in told
    assert "first released" not in untold


def test_small_print_groups_roles_and_puts_pressing_plants_first() -> None:
    release = Release(
        release_id=1,
        title="",
        artist="",
        companies=(
            Company(role="Copyright (c)", name="Rights Ltd."),
            Company(role="Distributed By", name="CBS"),
            Company(role="Pressed By", name="MPO", catno="123"),
        ),
        credits=(
            ReleaseCredit(role="Producer", name="A", tracks="A1"),
            ReleaseCredit(role="Producer", name="B"),
        ),
        identifiers=(Identifier(kind="Barcode", value="5 012"),),
    )

    assert list(details(release)) == [
        "Pressed By: MPO – 123 · Distributed By: CBS · Copyright (c): Rights Ltd.",
        "Producer: B, A (A1)",
        "Barcode: 5 012",
    ]


def test_track_list_counts_only_tracks_that_did_not_fit(english: Texts) -> None:
    tracks = [Track("", "Side A", "", is_heading=True), Track("A1", "One", "3:00")]
    tracks += [Track("", "Side B", "", is_heading=True), Track("B1", "x" * 90, "")]

    text = tracklist(tracks, english, limit=60)

    assert text == "**Side A**\n`A1` One · 3:00\n-# and 1 more track"


def versions(*numbers: int, total: int = 0) -> Answer[Any]:
    listed = tuple(
        Version(release_id=number, title="", year=1900 + number, label="Blue Note", catno="BLP 1")
        for number in numbers
    )
    return live(Versions(versions=listed, page=1, pages=1, total=total or len(listed)))


def test_menu_of_pressings_marks_the_one_that_is_shown(english: Texts) -> None:
    view = replace(VIEW, versions=versions(2, 1, 3))

    menu = pressings_menu(view, RELEASE, user_id=ME, texts=english)

    assert menu is not None
    assert [(option.value, option.label, str(option.emoji or "")) for option in menu.options] == [
        ("2", "1902 · Blue Note BLP 1", ""),
        ("1", "1901 · Blue Note BLP 1", "📍"),
        ("3", "1903 · Blue Note BLP 1", ""),
    ]
    assert menu.custom_id == f"release:pick:{ME}:pressings"
    assert menu.placeholder == "3 pressings: pick another"


def test_menu_of_many_pressings_holds_the_one_that_is_shown(english: Texts) -> None:
    view = replace(VIEW, versions=versions(*range(2, 52), total=1_312))

    menu = pressings_menu(view, RELEASE, user_id=ME, texts=english)

    assert menu is not None
    assert [option.value for option in menu.options] == ["1", *map(str, range(2, 26))]
    assert menu.placeholder == "25 of 1,312 pressings: pick another"


def test_only_pressing_has_no_menu(english: Texts) -> None:
    view = replace(VIEW, versions=versions(1))

    assert pressings_menu(view, RELEASE, user_id=ME, texts=english) is None


def test_other_matches_are_told_apart(english: Texts) -> None:
    hit = SearchHit(
        kind=DiscogsKind.RELEASE,
        discogs_id=2,
        title="Blue Train",
        artist="John Coltrane",
        year=1997,
        formats=("CD", "Album"),
        labels=("Blue Note",),
        catno="CDP 7",
    )

    menu = others_menu(replace(VIEW, others=(hit, hit)), user_id=ME, texts=english)

    assert menu is not None
    [option] = menu.options
    assert (option.label, option.description) == (
        "John Coltrane – Blue Train",
        "1997 · CD, Album · Blue Note CDP 7",
    )


@pytest.mark.parametrize("letter", ["x", "*", "\N{CJK UNIFIED IDEOGRAPH-97F3}", "\N{TRUMPET}"])
def test_card_of_a_release_that_is_too_long_everywhere_is_within_the_limits(
    letter: str,
    english: Texts,
    problems_of: Any,  # noqa: ANN401  # the checker of the limits
) -> None:
    long = letter * 3_000
    release = Release(
        release_id=1,
        master_id=9,
        title=long,
        artist=long,
        year=1959,
        country=long,
        formats=(long,) * 5,
        labels=(long,) * 5,
        genres=(long,) * 5,
        styles=(long,) * 5,
        tracks=tuple(Track(letter * 9, letter * 100, letter * 9) for _ in range(40)),
        companies=(Company(role=long, name=long),) * 3,
        credits=(ReleaseCredit(role=long, name=long),) * 3,
        identifiers=(Identifier(kind=long, value=long),) * 3,
        notes=f"{long}\n{long}",
        url="https://www.discogs.com/release/1",
    )
    copy = StoredCopy(
        item_id=1, instance_id=1, release_id=2, title="", artist="", country=long, year=1959
    )
    badges = Badges(owned=Owned(copies=2, others=9, pressings=(copy,) * 3), is_wanted=True)
    failing = Answer(value=OFFER, source=Source.STALE, as_of=NOW, error=DOWN)
    stale = Answer(value=release, source=Source.STALE, as_of=NOW, error=DOWN)
    view = replace(VIEW, query=letter * 200, release=stale, market=failing, versions=DOWN)

    card = release_card(view, stale, badges, menus=(), user_id=ME, texts=english)

    assert problems_of(card) == []
