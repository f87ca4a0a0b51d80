"""What a collection looks like, also at its extremes."""

import json
from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from fakes.shown_copies import make_copy, make_page, make_state

from bot.i18n import Catalogue
from bot.ui.buttons import own_id, read_press
from bot.ui.collection_card import PAGE_PREFIX, copies_card
from bot.ui.copies import copy_line, facts_line, filters_line, state_line
from bot.ui.pick_card import no_pick_card, pick_card, playing_card
from bot.ui.sync_card import SyncStage, progress_bar, sync_card
from bot.ui.text import isolate, number
from services.collection.models import Filters, Pick, Played, SyncProblem
from services.discogs.shelf_models import Format, LabelLine

USER, KEY = 565_143_876_403_331_072, "a38e41b6437d48c8"
LATER = datetime(2026, 11, 26, 9, 5, tzinfo=UTC)
EN, FR = Catalogue().texts("en"), Catalogue().texts("fr")


def shown(view: discord.ui.LayoutView) -> str:
    return "\n".join(
        item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay)
    )


def buttons(view: discord.ui.LayoutView) -> list[discord.ui.Button[Any]]:
    return [item for item in view.walk_children() if isinstance(item, discord.ui.Button)]


def browsed(*copies: Any, filters: Filters | None = None, **fields: Any) -> discord.ui.LayoutView:  # noqa: ANN401  # passed through
    page = make_page(*copies, **fields)
    return copies_card(page, filters or Filters(), user_id=USER, key=KEY, texts=EN)


# --- Rows


def test_row_is_artist_linked_title_and_the_facts() -> None:
    copy = make_copy(rating=4)

    assert copy_line(copy, EN) == (
        "**John Coltrane – [Blue Train](https://www.discogs.com/release/7)**"
    )
    assert facts_line(copy, EN) == "Vinyl, LP, Album · Blue Note BLP 1577 · 1958 · ★★★★"


def test_row_of_a_local_entry_has_no_link_and_says_where_it_is() -> None:
    copy = make_copy(instance_id=None, release_id=None, formats=(), labels=(), year=None)

    assert copy_line(copy, EN) == "**John Coltrane – Blue Train**"
    assert facts_line(copy, EN) == "📝 only kept here"


def test_row_without_artist_and_title_still_says_something() -> None:
    copy = make_copy(artist="", title="", release_id=None)

    assert copy_line(copy, EN) == "**Untitled**"


def test_row_leaves_out_a_number_that_is_none_and_counts_carriers() -> None:
    copy = make_copy(
        formats=(Format(name="CD", quantity=3),), labels=(LabelLine(name="Svek", catno="none"),)
    )

    assert facts_line(copy, EN) == "3×CD · Svek · 1958"


def test_row_escapes_what_strangers_typed() -> None:
    copy = make_copy(artist="**x** @everyone", title="a](http://evil)", release_id=None)

    line = copy_line(copy, EN)

    assert "@everyone" not in line
    assert "\\]" in line
    assert "\\*\\*x" in line


def test_row_in_hebrew_does_not_reorder_what_stands_beside_it() -> None:
    artist = "שבלול"

    line = copy_line(make_copy(artist=artist, title=artist), EN)

    assert line.startswith(f"**\u2068{artist}\u2069 – \u2068[{artist}](")
    assert isolate("left to right") == "left to right"


# --- Pages


def test_page_tells_place_count_age_and_source() -> None:
    text = shown(browsed(make_copy(), page=2, pages=17, matching=1_250))

    assert "Page 2 of 17 · 1,250 records · checked <t:1795683600:R>" in text
    assert "[Data provided by Discogs](https://www.discogs.com/user/digger/collection)" in text


def test_only_page_has_neither_buttons_nor_a_number() -> None:
    view = browsed(make_copy())

    assert buttons(view) == []
    assert "Page" not in shown(view)
    assert "1 record ·" in shown(view)


@pytest.mark.parametrize(
    ("page", "disabled"),
    [
        pytest.param(1, [True, True, False, False], id="first"),
        pytest.param(2, [False, False, False, False], id="middle"),
        pytest.param(3, [False, False, True, True], id="last"),
    ],
)
def test_buttons_that_lead_nowhere_are_off(page: int, disabled: list[bool]) -> None:
    view = browsed(make_copy(), page=page, pages=3, matching=18)

    assert [button.disabled for button in buttons(view)] == disabled


def test_buttons_carry_owner_key_and_page_in_ids_that_differ_and_fit() -> None:
    view = browsed(make_copy(), page=1, pages=999_999, matching=5_999_994)

    ids = [str(button.custom_id) for button in buttons(view)]
    presses = [read_press(each, (PAGE_PREFIX,)) for each in ids]

    assert len(set(ids)) == 4
    assert max(map(len, ids)) <= 100
    assert [press.owner for press in presses if press] == [USER] * 4
    assert [press.rest[:2] for press in presses if press] == [
        (KEY, "1"),
        (KEY, "1"),
        (KEY, "2"),
        (KEY, "999999"),
    ]


@pytest.mark.parametrize("custom_id", ["", "collection:page", "collection:page:me:x", "other:1"])
def test_ids_of_others_are_no_press(custom_id: str) -> None:
    assert read_press(custom_id, (PAGE_PREFIX,)) is None


def test_id_is_read_as_it_was_made() -> None:
    press = read_press(own_id("a:b", 42, "x", 3), ("a:a", "a:b"))

    assert press is not None
    assert (press.prefix, press.owner, press.rest) == ("a:b", 42, ("x", "3"))


def test_page_of_six_extreme_rows_keeps_discords_limits() -> None:
    copies = [
        make_copy(
            item_id=each,
            artist="漢*" * 100,
            title="ﷺ_" * 100,
            formats=(Format(name="字" * 90, descriptions=("*" * 90, "_" * 90)),),
            labels=(LabelLine(name="~" * 200, catno="|" * 200),),
            thumb_url="https://i.discogs.com/x.jpg",
        )
        for each in range(6)
    ]
    words = "*" * 100
    filters = Filters(
        text=words, artist=words, genre=words, style=words, label=words, format=words, folder=words
    )

    view = browsed(*copies, filters=filters, pages=2, matching=12)
    body = json.dumps(view.to_components(), ensure_ascii=False)  # type: ignore[no-untyped-call]  # discord.py's

    assert len(shown(view)) <= 4_000
    assert len(list(view.walk_children())) <= 40
    assert len(body.encode()) <= 10_170


@pytest.mark.parametrize(
    ("fields", "filters", "said"),
    [
        pytest.param({}, Filters(), "It's empty so far", id="empty"),
        pytest.param({}, Filters(genre="Jazz"), "Nothing in your collection fits", id="filtered"),
        pytest.param(
            {"state": make_state(copies=0, synced_at=None, is_running=True)},
            Filters(),
            "for the first time",
            id="first sync",
        ),
        pytest.param(
            {"state": make_state(copies=0, synced_at=None)},
            Filters(),
            "`/collection sync` does that",
            id="never read",
        ),
    ],
)
def test_page_without_copies_says_why(fields: dict[str, Any], filters: Filters, said: str) -> None:
    assert said in shown(browsed(filters=filters, **fields))


def test_filters_are_summed_up() -> None:
    filters = Filters(
        text="blue", genre="Jazz", from_year=1955, to_year=1960, min_rating=4, folder="Attic"
    )

    assert filters_line(filters, EN) == "“blue” · Jazz · 1955–1960 · folder Attic · ★★★★ or better"
    assert filters_line(Filters(decade=1970), FR) == "années 1970"
    assert filters_line(Filters(), EN) == ""


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({}, None, id="whole and current"),
        pytest.param({"problem": SyncProblem.CANCELLED}, None, id="cancelled"),
        pytest.param(
            {"problem": SyncProblem.UNAVAILABLE, "retry_at": LATER},
            "⚠️ Discogs isn't answering right now. Showing your collection as of <t:1795683600:R>. "
            "I'll go on by myself <t:1795683900:R>.",
            id="down",
        ),
        pytest.param(
            {"is_partial": True, "copies": 900, "total": 10_000, "is_running": True},
            "⏳ Only a part has been read so far: 900 of 10,000.",
            id="partial",
        ),
        pytest.param({"is_running": True}, "🔄 I'm reading it from Discogs right now.", id="runs"),
    ],
)
def test_state_says_what_is_not_as_it_should_be(fields: dict[str, Any], said: str | None) -> None:
    assert state_line(make_state(**fields), EN) == said


def test_state_too_old_for_discogs_terms_shows_its_age() -> None:
    said = state_line(make_state(), EN, is_fresh=False)

    assert said == "⚠️ Showing your collection as of <t:1795683600:R>."


@pytest.mark.parametrize("problem", list(SyncProblem))
def test_every_problem_has_a_sentence_of_its_own(problem: SyncProblem) -> None:
    said = {
        each: shown(
            sync_card(
                make_state(problem=each), SyncStage.FAILED, user_id=USER, joined=False, texts=EN
            )
        )
        for each in SyncProblem
    }

    assert list(said.values()).count(said[problem]) <= 2  # CANCELLED never fails
    assert "digger" in said[problem]


# --- Picks


def test_pick_tells_its_reason_and_can_be_repeated() -> None:
    pick = Pick(copy=make_copy(), matching=41, reason="never_picked", state=make_state())

    view = pick_card(pick, user_id=USER, key=KEY, texts=EN)

    assert "I haven't picked this one for you before." in shown(view)
    assert "one of 41 records that fit" in shown(view)
    assert "(https://www.discogs.com/release/7)" in shown(view)
    assert "never played" in shown(view)
    assert [button.custom_id for button in buttons(view)] == [
        f"collection:random:{USER}:{KEY}",
        f"collection:play:{USER}:1:{KEY}",
    ]


def test_pick_tells_when_it_was_last_played() -> None:
    pick = Pick(copy=make_copy(), matching=41, reason="chance", state=make_state(), played_at=LATER)

    assert "last played <t:1795683900:R>" in shown(pick_card(pick, user_id=USER, key=KEY, texts=EN))


def test_copy_that_plays_says_since_when_and_can_be_left_for_another() -> None:
    played = Played(copy=make_copy(), played_at=LATER, state=make_state())

    view = playing_card(played, user_id=USER, key=KEY, texts=EN)

    assert "▶️ Playing since <t:1795683900:f>." in shown(view)
    assert "Blue Train" in shown(view)
    assert [button.custom_id for button in buttons(view)] == [f"collection:random:{USER}:{KEY}"]


def test_pick_shows_notes_escaped() -> None:
    copy = make_copy(notes=(("Notes", "**Signed** @everyone"),))
    pick = Pick(copy=copy, matching=1, reason="chance", state=make_state())

    text = shown(pick_card(pick, user_id=USER, key=KEY, texts=EN))

    assert "-# Notes: \\*\\*Signed\\*\\* @\u200beveryone" in text


def test_no_pick_says_why() -> None:
    assert "fits Jazz" in shown(no_pick_card(Filters(genre="Jazz"), EN))
    assert "`/collection sync`" in shown(no_pick_card(Filters(), EN))


# --- Syncs


@pytest.mark.parametrize(
    ("done", "filled"),
    [
        pytest.param(0, 0, id="nothing"),
        pytest.param(1, 0, id="almost nothing"),
        pytest.param(50, 8, id="half"),
        pytest.param(99, 15, id="almost all"),
        pytest.param(100, 16, id="all"),
        pytest.param(120, 16, id="more than all"),
    ],
)
def test_bar_is_full_only_when_nothing_is_missing(done: int, filled: int) -> None:
    assert progress_bar(done, 100).count("▰") == filled
    assert len(progress_bar(done, 100)) == 16


def test_sync_under_way_shows_count_and_time_left_and_can_be_cancelled() -> None:
    state = make_state(is_running=True, copies_done=800, total=10_000, seconds_left=93.0)

    view = sync_card(state, SyncStage.RUNNING, user_id=USER, joined=True, texts=EN)

    assert "8\N{NO-BREAK SPACE}%" in shown(view)
    assert "800 of 10,000 records · about 2 minutes left" in shown(view)
    assert "I joined it" in shown(view)
    assert [button.custom_id for button in buttons(view)] == [f"collection:cancel:{USER}"]


def test_sync_that_waits_says_when_it_goes_on_and_guesses_no_time() -> None:
    state = make_state(
        is_running=True,
        copies_done=5,
        total=10,
        seconds_left=3.0,
        problem=SyncProblem.UNAVAILABLE,
        retry_at=LATER,
    )

    text = shown(sync_card(state, SyncStage.RUNNING, user_id=USER, joined=False, texts=EN))

    assert "I'll go on by myself <t:1795683900:R>." in text
    assert "left" not in text


@pytest.mark.parametrize("stage", [each for each in SyncStage if each is not SyncStage.RUNNING])
def test_sync_that_is_over_has_no_button(stage: SyncStage) -> None:
    view = sync_card(make_state(), stage, user_id=USER, joined=False, texts=EN)

    assert buttons(view) == []


def test_numbers_are_written_as_the_language_does() -> None:
    assert number(1_250, "en") == "1,250"
    assert number(1_250, "fr") == "1\u202f250"
