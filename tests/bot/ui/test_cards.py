"""What stands where on a card."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import discord
import msgspec
import pytest
from discord import ui

from bot.i18n import Texts
from bot.ui.description_card import DescriptionState, Stage, description_card
from bot.ui.description_ids import shown_of
from bot.ui.item_card import release_card, spotify_card
from bot.ui.layout import (
    CUT_COLOUR,
    DISCOGS_COLOUR,
    SPOTIFY_COLOUR,
    WRITING_COLOUR,
    WRITTEN_COLOUR,
    view_of,
)
from bot.ui.markdown import CURSOR
from bot.ui.search_card import PENDING_MARK, search_card
from services.answers import Answer, Source
from services.catalogue.models import SearchKind, SearchResults
from services.descriptions.facts import facts_of_hit
from services.descriptions.models import Grounding, KeptText, UserWords, Wish
from services.discogs.models import DiscogsKind, DiscogsResults, Release, SearchHit, Track
from services.errors import ExternalServiceException, ServiceDisabled, ServiceDown
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ALBUM = SpotifyItem(
    kind=SpotifyKind.ALBUM,
    spotify_id="1weenld61qoidwYuZ1GESA",
    name="Kind Of Blue",
    url="https://open.spotify.com/album/1weenld61qoidwYuZ1GESA",
    artists=("Miles Davis",),
    image_url="https://i.scdn.co/image/a",
    released="1959-08-17",
    tracks=("So What", "Freddie Freeloader"),
)
PRESSING = SearchHit(
    kind=DiscogsKind.RELEASE,
    discogs_id=1,
    title="Blue Train",
    artist="John Coltrane",
    year=1957,
    country="US",
    formats=("Vinyl", "LP", "Mono"),
    labels=("Blue Note",),
    catno="BLP 1577",
    genres=("Jazz",),
    styles=("Hard Bop",),
    image_url="https://i.discogs.com/a.jpg",
    url="https://www.discogs.com/release/1",
)
RELEASE = Release(
    release_id=1,
    title="Blue Train",
    artist="John Coltrane",
    year=1957,
    country="US",
    formats=("Vinyl, LP, Album, Mono",),
    labels=("Blue Note – BLP 1577",),
    genres=("Jazz",),
    styles=("Hard Bop",),
    tracks=(Track("A1", "Blue Train", "10:43"), Track("", "Moment's Notice", "")),
    notes="First pressing.\n\nDeep groove.",
    image_url="https://i.discogs.com/a.jpg",
    url="https://www.discogs.com/release/1",
)
DOWN = ServiceDown("spotify", "search")


def spotify_answer(*items: SpotifyItem) -> Answer[SpotifyResults]:
    value = SpotifyResults(items=items, search_url="https://open.spotify.com/search/x")
    return Answer(value=value, source=Source.LIVE)


def discogs_answer(*hits: SearchHit) -> Answer[DiscogsResults]:
    value = DiscogsResults(hits=hits, search_url="https://www.discogs.com/search/?q=x")
    return Answer(value=value, source=Source.LIVE)


def make_results(
    spotify: Answer[SpotifyResults] | ExternalServiceException | None = None,
    discogs: Answer[DiscogsResults] | ExternalServiceException | None = None,
    **more: Any,  # noqa: ANN401  # passed through
) -> SearchResults:
    return SearchResults(
        query="blue", kind=SearchKind.EVERYTHING, spotify=spotify, discogs=discogs, **more
    )


def make_state(stage: Stage, **more: Any) -> DescriptionState:  # noqa: ANN401  # passed through
    wish = Wish(words=UserWords("Blue Train"))
    return replace(DescriptionState(wish=wish, owner=1, stage=stage), **more)


def text_of(view: ui.LayoutView) -> str:
    displays = (item for item in view.walk_children() if isinstance(item, ui.TextDisplay))
    return "\n".join(item.content for item in displays)


def containers_of(view: ui.LayoutView) -> list[ui.Container[ui.LayoutView]]:
    return [item for item in view.children if isinstance(item, ui.Container)]


def controls_of(view: ui.LayoutView, kind: type[Any]) -> list[Any]:
    return [item for item in view.walk_children() if isinstance(item, kind)]


def option_values(view: ui.LayoutView) -> list[str]:
    return [option.value for menu in controls_of(view, ui.Select) for option in menu.options]


# --- Search


def test_search_names_the_upstreams_still_waited_for(english: Texts) -> None:
    card = search_card(make_results(waiting=("spotify", "discogs")), 42, english)

    assert text_of(card).count(PENDING_MARK) == 2
    assert controls_of(card, ui.Select) == []


def test_search_shows_what_is_there_while_the_other_is_late(english: Texts) -> None:
    results = make_results(spotify_answer(ALBUM), waiting=("discogs",), best=ALBUM)

    text = text_of(search_card(results, 42, english))

    assert "Results for **blue**" in text
    assert "[Kind Of Blue](https://open.spotify.com/album/" in text
    assert "Looking it up on Discogs…" in text


def test_search_puts_each_upstream_in_a_section_of_its_own(english: Texts) -> None:
    results = make_results(
        spotify_answer(ALBUM), discogs_answer(PRESSING), best=ALBUM, others=(PRESSING,)
    )

    spotify, discogs = containers_of(search_card(results, 42, english))

    assert (spotify.accent_colour, discogs.accent_colour) == (SPOTIFY_COLOUR, DISCOGS_COLOUR)


def test_search_begins_with_the_upstream_of_the_best_hit(english: Texts) -> None:
    results = make_results(
        spotify_answer(ALBUM), discogs_answer(PRESSING), best=PRESSING, others=(ALBUM,)
    )

    first, _ = containers_of(search_card(results, 42, english))

    assert first.accent_colour == DISCOGS_COLOUR


def test_search_menu_offers_every_hit_to_whoever_searched(english: Texts) -> None:
    results = make_results(
        spotify_answer(ALBUM), discogs_answer(PRESSING), best=PRESSING, others=(ALBUM,)
    )

    card = search_card(results, 42, english)

    [menu] = controls_of(card, ui.Select)
    assert menu.custom_id == "search:pick:42"
    assert option_values(card) == ["discogs:release:1", f"spotify:album:{ALBUM.spotify_id}"]
    assert menu.options[0].label == "Blue Train"
    assert menu.options[0].description == (
        "Discogs · John Coltrane · 1957 · US · Vinyl, LP, Mono · Blue Note BLP 1577"
    )


def test_search_menu_leaves_out_hits_without_a_card(english: Texts) -> None:
    artist = SearchHit(
        kind=DiscogsKind.ARTIST,
        discogs_id=2,
        title="John Coltrane",
        url="https://www.discogs.com/artist/2",
    )

    card = search_card(make_results(discogs=discogs_answer(artist), best=artist), 42, english)

    assert option_values(card) == []
    assert "[John Coltrane](https://www.discogs.com/artist/2)" in text_of(card)


def test_search_menu_offers_a_hit_only_once(english: Texts) -> None:
    results = make_results(discogs=discogs_answer(PRESSING), best=PRESSING, others=(PRESSING,))

    assert option_values(search_card(results, 42, english)) == ["discogs:release:1"]


def test_search_lists_the_next_three_hits_in_their_order(english: Texts) -> None:
    hits = [
        msgspec.structs.replace(PRESSING, discogs_id=number, title=f"Hit {number}")
        for number in range(6)
    ]
    ranked = (hits[3], hits[1], hits[5], hits[0], hits[4])
    results = make_results(discogs=discogs_answer(*hits), best=hits[2], others=ranked)

    text = text_of(search_card(results, 42, english))

    shown = [line.split("]")[0] for line in text.splitlines() if "[Hit" in line]
    assert shown == ["### [Hit 2", "[Hit 3", "[Hit 1", "[Hit 5"]


def test_search_that_finds_nothing_links_to_the_same_search(english: Texts) -> None:
    text = text_of(search_card(make_results(spotify_answer(), discogs_answer()), 42, english))

    assert "Nothing to show for **blue**" in text
    assert "[Search on Spotify](https://open.spotify.com/search/x)" in text
    assert "[Search on Discogs](https://www.discogs.com/search/?q=x)" in text


def test_search_says_what_failed_and_what_is_not_set_up(english: Texts) -> None:
    disabled = ServiceDisabled("discogs", "search", settings=("DISCOGS_TOKEN",))

    text = text_of(search_card(make_results(DOWN, disabled), 42, english))

    assert "⚠️ Spotify isn't answering right now." in text
    assert "⚙️ Discogs isn't set up on this bot." in text
    assert "`DISCOGS_TOKEN`" in text


def test_search_says_how_old_a_kept_answer_is(english: Texts) -> None:
    stale = msgspec.structs.replace(ALBUM)
    answer = replace(spotify_answer(stale), source=Source.STALE, as_of=NOW, error=DOWN)

    text = text_of(search_card(make_results(answer, best=stale), 42, english))

    assert "-# ⚠️ Spotify isn't answering right now. Showing what Spotify said <t:" in text


def test_search_gives_no_cause_for_a_kept_answer_of_an_upstream_that_is_only_slow(
    english: Texts,
) -> None:
    answer = replace(spotify_answer(ALBUM), source=Source.STALE, as_of=NOW)

    text = text_of(search_card(make_results(answer, best=ALBUM), 42, english))

    assert "-# ⚠️ Showing what Spotify said <t:" in text


def test_search_without_best_hit_still_shows_what_there_is(english: Texts) -> None:
    results = make_results(spotify_answer(ALBUM), others=(ALBUM,))

    text = text_of(search_card(results, 42, english))

    assert "Nothing fits **blue** well; this comes closest" in text
    assert "Kind Of Blue" in text


# --- Items


def test_release_card_shows_facts_tracks_notes_and_where_they_come_from(english: Texts) -> None:
    text = text_of(view_of(release_card(Answer(value=RELEASE, source=Source.LIVE), english)))

    assert text.splitlines() == [
        "## [Blue Train](https://www.discogs.com/release/1)",
        "John Coltrane",
        "-# 1957 · US",
        "-# Vinyl, LP, Album, Mono",
        "-# Blue Note – BLP 1577",
        "-# Jazz, Hard Bop",
        "`A1` Blue Train · 10:43",
        "Moment's Notice",
        "First pressing.",
        "",
        "Deep groove.",
        "-# [Data provided by Discogs](https://www.discogs.com/release/1)",
    ]


@pytest.mark.parametrize("position", ["3.a", "1.1", "A_1", "1-2", "A*"])
def test_release_card_shows_positions_as_they_are(position: str, english: Texts) -> None:
    # A backslash is no escape inside code: it is shown.
    release = msgspec.structs.replace(RELEASE, tracks=(Track(position, "x", ""),))

    text = text_of(view_of(release_card(Answer(value=release, source=Source.LIVE), english)))

    assert f"`{position}` x" in text.splitlines()


def test_release_card_position_cannot_leave_its_code(english: Texts) -> None:
    release = msgspec.structs.replace(RELEASE, tracks=(Track("A`1", "x", ""),))

    text = text_of(view_of(release_card(Answer(value=release, source=Source.LIVE), english)))

    assert text.count("`") == 2


def test_release_card_counts_the_tracks_it_leaves_out(english: Texts) -> None:
    tracks = tuple(Track(str(number), f"Track {number}", "") for number in range(1, 31))
    release = msgspec.structs.replace(RELEASE, tracks=tracks)

    text = text_of(view_of(release_card(Answer(value=release, source=Source.LIVE), english)))

    assert "`25` Track 25" in text
    assert "`26` Track 26" not in text
    assert "-# and 5 more tracks" in text


def test_release_card_says_how_old_it_is(english: Texts) -> None:
    down = ServiceDown("discogs", "get_release")
    answer = Answer(value=RELEASE, source=Source.STALE, as_of=NOW, error=down)

    text = text_of(view_of(release_card(answer, english)))

    assert "Showing what Discogs said <t:1795392000:R>." in text


def test_spotify_card_numbers_its_tracks_and_links_back(english: Texts) -> None:
    text = text_of(view_of(spotify_card(Answer(value=ALBUM, source=Source.LIVE), english)))

    assert text.splitlines() == [
        "## [Kind Of Blue](https://open.spotify.com/album/1weenld61qoidwYuZ1GESA)",
        "Miles Davis · album · 1959",
        "1. So What",
        "2. Freddie Freeloader",
        "-# [Listen on Spotify](https://open.spotify.com/album/1weenld61qoidwYuZ1GESA)",
    ]


def test_spotify_card_that_only_knows_the_link_says_when_to_ask_again(english: Texts) -> None:
    minimal = SpotifyItem(
        kind=SpotifyKind.ALBUM, spotify_id="x", name="", url="https://open.spotify.com/album/x"
    )
    later = NOW + timedelta(minutes=5)
    answer = Answer(value=minimal, source=Source.MINIMAL, error=DOWN, retry_at=later)

    text = text_of(view_of(spotify_card(answer, english)))

    assert "Spotify isn't answering right now. Try again <t:1795392300:R>." in text
    assert "](https://open.spotify.com/album/x)" in text


# --- Descriptions

FACTS = msgspec.structs.replace(
    facts_of_hit(PRESSING), first_year=1958, tracks=("Blue Train", "Moment's Notice", "Lazy Bird")
)
GROUNDED = Grounding(wish=Wish(words=UserWords("Blue Train")), facts=FACTS)


@pytest.mark.parametrize(
    ("stage", "colour"),
    [
        (Stage.WAITING, WRITING_COLOUR),
        (Stage.WRITING, WRITING_COLOUR),
        (Stage.COMPLETE, WRITTEN_COLOUR),
        (Stage.STOPPED, CUT_COLOUR),
        (Stage.CUT_SHORT, CUT_COLOUR),
        (Stage.TEMPLATE, CUT_COLOUR),
    ],
)
def test_description_shows_its_stage_by_colour(
    stage: Stage, colour: discord.Colour, texts: Texts
) -> None:
    [card] = containers_of(description_card(make_state(stage, text="Text."), texts))

    assert card.accent_colour == colour


def test_description_has_a_cursor_only_while_it_is_written(texts: Texts) -> None:
    cards = {
        stage: text_of(description_card(make_state(stage, text="A text."), texts))
        for stage in Stage
    }

    assert [stage for stage, text in cards.items() if CURSOR in text] == [Stage.WRITING]


@pytest.mark.parametrize("stage", [Stage.COMPLETE, Stage.STOPPED, Stage.CUT_SHORT])
def test_description_says_that_an_ai_wrote_it(stage: Stage, english: Texts) -> None:
    text = text_of(description_card(make_state(stage, text="Text."), english))

    assert "-# Written by AI (EurIA); it may be wrong." in text


@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.WRITING, Stage.TEMPLATE])
def test_description_does_not_name_an_author_too_early(stage: Stage, english: Texts) -> None:
    text = text_of(description_card(make_state(stage, text="Text."), english))

    assert "Written by AI" not in text


def test_description_stopped_before_its_first_word_names_no_author(english: Texts) -> None:
    text = text_of(description_card(make_state(Stage.STOPPED), english))

    assert "Stopped at your request." in text
    assert "Written by AI" not in text


def test_description_names_the_facts_it_rests_on(english: Texts) -> None:
    state = make_state(Stage.COMPLETE, text="Text.", grounding=GROUNDED)

    text = text_of(description_card(state, english))

    assert "-# [Data provided by Discogs](https://www.discogs.com/release/1)" in text


def test_description_cut_short_keeps_its_text_and_says_why(english: Texts) -> None:
    state = make_state(Stage.CUT_SHORT, text="Half a", note="EurIA broke off.")

    text = text_of(description_card(state, english))

    assert "Half a" in text
    assert "-# ✂️ Cut short. EurIA broke off." in text


def test_description_kept_from_before_says_so(english: Texts) -> None:
    state = make_state(Stage.COMPLETE, text="Text.", kept=KeptText("Text.", NOW))

    text = text_of(description_card(state, english))

    assert "-# Written <t:1795392000:R>; Regenerate has a new one written." in text


def test_template_tells_the_facts_and_no_story(english: Texts) -> None:
    state = make_state(Stage.TEMPLATE, note="EurIA is away.", grounding=GROUNDED)

    text = text_of(description_card(state, english))

    assert "⚠️ EurIA is away." in text
    assert (
        "[Blue Train](https://www.discogs.com/release/1) by **John Coltrane** first came out in "
        "1958. This pressing came out in 1957 on Blue Note. Discogs files it under Hard Bop, Jazz. "
        "It runs over 3 tracks, from “Blue Train” to “Lazy Bird”."
    ) in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"artist": ""}, "release/1) This pressing", id="no artist"),
        pytest.param({"labels": ()}, "This pressing came out in 1957.", id="no label"),
        pytest.param({"first_year": 1957}, "is from that year, on Blue Note.", id="same year"),
        pytest.param({"pressing_year": None}, "in 1958. Discogs files", id="no pressing's year"),
        pytest.param({"first_year": None}, "is a release by **John Coltrane**.", id="no year"),
        pytest.param({"genres": (), "styles": ()}, "on Blue Note.", id="no styles"),
    ],
)
def test_template_does_without_what_is_unknown(
    changes: dict[str, object], expected: str, english: Texts
) -> None:
    facts = msgspec.structs.replace(FACTS, **changes)
    state = make_state(Stage.TEMPLATE, grounding=replace(GROUNDED, facts=facts))

    assert expected in text_of(description_card(state, english))


def test_template_without_facts_tells_where_to_look(english: Texts) -> None:
    text = text_of(description_card(make_state(Stage.TEMPLATE, note="EurIA is away."), english))

    assert "I have no facts of my own about it; `/search` may find it" in text


@pytest.mark.parametrize("stage", list(Stage))
def test_picture_never_stands_beside_what_an_ai_writes(stage: Stage, english: Texts) -> None:
    state = make_state(stage, text="Text.", grounding=GROUNDED)

    pictures = controls_of(description_card(state, english), ui.Thumbnail)

    assert len(pictures) == (1 if stage is Stage.TEMPLATE else 0)


@pytest.mark.parametrize(
    ("stage", "label", "custom_id"),
    [
        (Stage.WAITING, "Stop", "describe:stop:1:2:short:any:w"),
        (Stage.WRITING, "Stop", "describe:stop:1:2:short:any:w"),
        (Stage.COMPLETE, "Regenerate", "describe:again:1:short:any:w"),
        (Stage.STOPPED, "Try again", "describe:again:1:short:any:w"),
        (Stage.CUT_SHORT, "Try again", "describe:again:1:short:any:w"),
        (Stage.TEMPLATE, "Try again", "describe:again:1:short:any:w"),
    ],
)
def test_description_has_the_button_of_its_stage(
    stage: Stage, label: str, custom_id: str, english: Texts
) -> None:
    state = make_state(stage, text="Text.", question_id=2)

    [button] = controls_of(description_card(state, english), ui.Button)

    assert (button.label, button.custom_id) == (label, custom_id)


# --- What Regenerate reads back


def message_of(view: ui.LayoutView) -> discord.Message:
    """Return the message as Discord would send it back."""
    payload = view.to_components()  # type: ignore[no-untyped-call]  # discord.py's
    return cast("discord.Message", SimpleNamespace(components=list(_received(payload))))


def _received(payload: list[Any]) -> Iterator[object]:
    for number, component in enumerate(payload):
        received: Any = {"id": number, **component}
        yield discord.components._component_factory(received)


@pytest.mark.parametrize(
    "topic",
    ["Blue Train", "1. Outside", "# heading", "a*b_c`d", "@everyone", "https://a.b", "\\o/", "-#"],
)
def test_topic_is_read_back_from_the_message(topic: str, english: Texts) -> None:
    state = make_state(Stage.WRITING, text="A @text. And", wish=Wish(words=UserWords(topic)))

    assert shown_of(message_of(description_card(state, english))) == (topic, "A @text.")


def test_topic_of_another_message_is_none(english: Texts) -> None:
    card = search_card(make_results(spotify_answer(), discogs_answer()), 42, english)

    assert shown_of(message_of(card)) is None
