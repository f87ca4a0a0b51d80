"""What sharing, comparing and "who owns it" look like, also at their extremes."""

import json
from typing import Any

import discord
import pytest
from fakes.shown_copies import SYNCED_AT

from bot.i18n import Catalogue
from bot.ui.buttons import read_press
from bot.ui.comparison_card import COMPARE_PREFIX, comparison_card
from bot.ui.owners_card import nobody_text, owners_card
from bot.ui.settings_card import SHARE_PREFIX, settings_panel
from services.accounts.preferences import Preference
from services.collection.shared_models import (
    Comparison,
    GenreShare,
    Owner,
    Owners,
    Pair,
    Section,
    SharedRecord,
    Taste,
)
from services.discogs.shelf_models import Format, LabelLine

ME, OTHER = 565_143_876_403_331_072, 576_376_666_955_251_713
EN, FR = Catalogue().texts("en"), Catalogue().texts("fr")
RECORD = SharedRecord(
    release_id=7,
    title="Blue Train",
    artist="John Coltrane",
    year=1958,
    formats=(Format(name="Vinyl", descriptions=("LP",)),),
    labels=(LabelLine(name="Blue Note", catno="BLP 1577"),),
)
EXTREME = SharedRecord(
    release_id=2**40,
    title="ﷺ_" * 100,
    artist="漢*" * 100,
    year=9_999,
    formats=(Format(name="字" * 90, descriptions=("*" * 90, "_" * 90)),),
    labels=(LabelLine(name="~" * 200, catno="|" * 200),),
)


def shown(view: discord.ui.LayoutView) -> str:
    return "\n".join(
        item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay)
    )


def buttons(view: discord.ui.LayoutView) -> list[discord.ui.Button[Any]]:
    return [item for item in view.walk_children() if isinstance(item, discord.ui.Button)]


def assert_fits(view: discord.ui.LayoutView) -> None:
    body = json.dumps(view.to_components(), ensure_ascii=False)  # type: ignore[no-untyped-call]  # discord.py's
    assert len(shown(view)) <= 4_000
    assert len(list(view.walk_children())) <= 40
    assert len(body.encode()) <= 10_170


def make_comparison(**fields: Any) -> Comparison:  # noqa: ANN401  # passed through
    given: dict[str, Any] = {
        "asker_id": ME,
        "other_id": OTHER,
        "counts": dict.fromkeys(Section, 1_250),
        "taste": Taste(overlap=0.724, genres=(GenreShare(name="Jazz", mine=0.4, theirs=0.35),)),
        "section": Section.BOTH,
        "page": 1,
        "pages": 1,
        "rows": (Pair(mine=RECORD, theirs=RECORD),),
        "asker_shares": True,
        "read_at": SYNCED_AT,
    }
    return Comparison(**(given | fields))


# --- Who owns it


def test_owners_are_named_with_their_pressings_and_where_it_is_from() -> None:
    owners = Owners(
        people=(
            Owner(user_id=OTHER, copies=2, records=(RECORD,), has_this_pressing=True),
            Owner(user_id=ME, copies=9, records=(RECORD,), has_more=True),
        ),
        read_at=SYNCED_AT,
        release_id=7,
    )

    text = shown(owners_card(owners, "blue *train*", EN))

    assert "Who has “blue \\*train\\*” here" in text
    assert f"<@{OTHER}> · 2 copies\n> **John Coltrane – [Blue Train]" in text
    assert "Vinyl, LP · Blue Note BLP 1577 · 1958 · ✓ this pressing" in text
    assert text.count("> …") == 1
    assert "2 people who share their records" in text
    assert "as read <t:1795683600:R> · [Data provided by Discogs]" in text


def test_many_extreme_owners_fit_and_those_left_out_are_counted() -> None:
    people = tuple(Owner(user_id=n, copies=3, records=(EXTREME,) * 3) for n in range(ME, ME + 20))

    view = owners_card(Owners(people=people, is_complete=False), "漢*" * 100, EN)

    assert_fits(view)
    assert "of them not shown" in shown(view)
    assert "There may be more" in shown(view)
    assert "not read whole yet" in shown(view)


def test_nobody_is_said_with_the_doubt_there_is() -> None:
    sure = nobody_text("@everyone", Owners(people=()), EN)
    unsure = nobody_text("x", Owners(people=(), is_complete=False), EN)

    assert "@everyone" not in sure
    assert "There may be more" not in sure
    assert "There may be more" in unsure


# --- Comparing


def test_comparison_counts_explains_and_says_who_sees_it() -> None:
    public = shown(comparison_card(make_comparison(), EN))
    private = shown(comparison_card(make_comparison(asker_shares=False), EN))

    assert f"<@{ME}> and <@{OTHER}>" in public
    assert f"Only <@{OTHER}>: **1,250**" in public
    assert "Taste: **72%** in common" in public
    assert "Jazz 40% | 35%" in public
    assert "Only you see this" not in public
    assert "Only you see this" in private


def test_comparison_shows_both_pressings_of_a_work_and_whose_they_are() -> None:
    cd = SharedRecord(release_id=8, title="Blue Train", artist="", formats=(Format(name="CD"),))

    text = shown(
        comparison_card(
            make_comparison(section=Section.OTHER, rows=(Pair(mine=RECORD, theirs=cd),)), EN
        )
    )

    assert f"-# <@{ME}> Vinyl, LP · Blue Note BLP 1577 · 1958 · <@{OTHER}> CD" in text


def test_comparison_without_anything_to_show_still_says_so() -> None:
    view = comparison_card(
        make_comparison(rows=(), taste=None, counts=dict.fromkeys(Section, 0)), EN
    )

    assert "Without genres I can't compare your taste." in shown(view)
    assert "no genre in common" in shown(
        comparison_card(make_comparison(taste=Taste(overlap=0, genres=())), EN)
    )


@pytest.mark.parametrize("section", list(Section))
def test_extreme_comparison_keeps_discords_limits_and_its_ids_differ(section: Section) -> None:
    view = comparison_card(
        make_comparison(
            section=section, page=2, pages=999_999, rows=(Pair(mine=EXTREME, theirs=EXTREME),) * 8
        ),
        FR,
    )

    ids = [str(button.custom_id) for button in buttons(view)]
    presses = [read_press(each, (COMPARE_PREFIX,)) for each in ids]
    assert_fits(view)
    assert len(set(ids)) == len(ids) == 6
    assert max(map(len, ids)) <= 100
    assert {press.owner for press in presses if press} == {ME}
    assert {press.rest[0] for press in presses if press} == {str(OTHER)}


def test_comparison_has_no_buttons_where_nobody_could_answer_them() -> None:
    assert buttons(comparison_card(make_comparison(pages=9), EN, has_buttons=False)) == []


# --- Settings


def test_settings_offer_the_opposite_of_what_is() -> None:
    off = settings_panel(Preference(), user_id=ME, texts=EN)
    on = settings_panel(Preference(shares=True, shared_at=SYNCED_AT), user_id=ME, texts=EN)

    assert [button.custom_id for button in buttons(off)] == [f"{SHARE_PREFIX}:{ME}:on"]
    assert [button.custom_id for button in buttons(on)] == [f"{SHARE_PREFIX}:{ME}:off"]
    assert "off**" in shown(off)
    assert "on**, since <t:1795683600:D>" in shown(on)
    for text in (shown(off), shown(on)):
        assert "`/collection who`" in text
        assert "your name on Discogs, ratings, notes, folders, dates, value" in text
