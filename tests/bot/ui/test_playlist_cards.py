"""What playlists look like, also at their extremes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import row_of
from bot.ui.layout import view_of
from bot.ui.playlist_buttons import add_button
from bot.ui.playlist_cards import contents_card, playlists_card
from bot.ui.playlist_change_cards import added_card, created_card, into_card, pick_card
from bot.ui.playlist_draft_card import draft_card
from bot.ui.playlist_run_card import Look, look_of, run_card
from services.accounts.models import SpotifyLink
from services.playlists.models import (
    Album,
    Doubt,
    Draft,
    Made,
    Problem,
    Progress,
    RecordSource,
    Run,
    Selection,
    Stage,
    Wish,
)
from services.playlists.service import Added, Contents
from services.spotify.models import SpotifyItem, SpotifyKind
from services.spotify.playlist_models import PlaylistPage, PlaylistTrack, SpotifyPlaylist

Checker = Callable[[ui.LayoutView], list[str]]
USER = 565_143_876_403_331_072
ID = "3cEYpjA9oz9GiPac4AsH4n"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOSTILE = ["x" * 5_000, "*" * 5_000, "a " * 2_500, "漢" * 5_000, "[@everyone](http://x) " * 99]


def make_playlist(name: str, **changes: Any) -> SpotifyPlaylist:  # noqa: ANN401  # passed through
    playlist = SpotifyPlaylist(
        spotify_id=ID,
        name=name,
        url=f"https://open.spotify.com/playlist/{ID}",
        owner=name,
        description=name,
        image_url="https://i.example/a.jpg",
        is_public=False,
        track_count=1_234,
    )
    return msgspec.structs.replace(playlist, **changes)


def make_run(name: str, stage: Stage, **changes: Any) -> Run:  # noqa: ANN401  # passed through
    album = Album(number=7, artist=name, title=name, year=1959)
    doubt = Doubt(album=album, name=name, artists=name, url="https://open.spotify.com/album/x")
    selection = Selection(source=RecordSource.COLLECTION, genre=name[:100], decade=1970)
    progress = Progress(
        wish=Wish(name=name, selection=selection),
        albums=(album,) * 50,
        left=12,
        made=Made(spotify_id=ID, url=f"https://open.spotify.com/playlist/{ID}"),
        next=20,
        added_albums=8,
        added_tracks=96,
        misses=(album,) * 30,
        doubts=(doubt,) * 20,
    )
    progress = msgspec.structs.replace(progress, **changes)
    return Run(run_id=2**60, stage=stage, progress=progress)


def shown(view: ui.LayoutView) -> str:
    return "\n".join(
        item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)
    )


def labels(view: ui.LayoutView) -> list[str]:
    return [str(each.label) for each in view.walk_children() if isinstance(each, ui.Button)]


def containers(view: ui.LayoutView) -> list[str]:
    return [
        "\n".join(i.content for i in each.walk_children() if isinstance(i, ui.TextDisplay))
        for each in view.children
        if isinstance(each, ui.Container)
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_cards_of_playlists_fit_whatever_things_are_called(
    name: str, texts: Texts, problems_of: Checker
) -> None:
    playlist, item = make_playlist(name), make_item(name)
    track = PlaylistTrack(name=name, uri="u", url="https://x", artists=(name,), duration_ms=1)
    page = PlaylistPage(playlists=(playlist,) * 10, total=10)
    run = make_run(name, Stage.RUNNING)
    draft = Draft(run=run, matching=5_000, requests=107, most_requests=157, daily=800, left=400)
    many = [make_playlist(name, spotify_id=f"{n:022}") for n in range(25)]
    cards = [
        playlists_card(page, 1, run, user_id=USER, texts=texts),
        contents_card(
            Contents(playlist=playlist, tracks=(track,) * 15),
            user_id=USER,
            texts=texts,
        ),
        created_card(playlist, texts),
        added_card(Added(playlist=playlist, kind=SpotifyKind.ALBUM, name=name, tracks=9), texts),
        into_card(many, SpotifyKind.ALBUM, ID, user_id=USER, texts=texts),
        pick_card([item], ID, user_id=USER, texts=texts),
        draft_card(draft, user_id=USER, texts=texts),
        *(run_card(run, look, user_id=USER, texts=texts) for look in Look),
    ]

    assert [problem for card in cards for problem in problems_of(card)] == []


def make_item(name: str) -> SpotifyItem:
    return SpotifyItem(
        kind=SpotifyKind.TRACK,
        spotify_id=ID,
        name=name,
        url=f"https://open.spotify.com/track/{ID}",
        artists=(name,),
        album=name,
    )


def test_spotify_and_discogs_stand_in_sections_of_their_own(english: Texts) -> None:
    run = make_run("Jazz", Stage.DONE)

    card = run_card(run, look_of(run), user_id=USER, texts=english)

    spotify, discogs = containers(card)
    assert "open.spotify.com" in spotify
    assert "discogs.com" not in spotify
    assert "Data provided by Discogs" in discogs
    assert "open.spotify.com" not in discogs
    assert "Listen on Spotify" in labels(card)


@pytest.mark.parametrize(
    ("stage", "button"),
    [
        (Stage.RUNNING, "Cancel"),
        (Stage.DONE, "Add more"),
        (Stage.FAILED, "Go on"),
        (Stage.CANCELLED, "Go on"),
    ],
)
def test_run_offers_what_makes_sense_now(english: Texts, stage: Stage, button: str) -> None:
    run = make_run("Jazz", stage)

    card = run_card(run, look_of(run), user_id=USER, texts=english)

    assert labels(card) == ["Listen on Spotify", button]


def test_run_that_waits_says_until_when_and_keeps_its_progress(english: Texts) -> None:
    run = make_run("Jazz", Stage.RUNNING, problem=Problem.BUSY, retry_at=NOON)

    text = shown(run_card(run, Look.RUNNING, user_id=USER, texts=english))

    assert "My requests to Spotify are used up for now." in text
    assert f"<t:{int(NOON.timestamp())}:R>" in text
    assert "20 of 50 albums looked for · 8 albums added (96 tracks)" in text


@pytest.mark.parametrize("problem", list(Problem))
def test_run_that_has_failed_says_why_and_what_was_added(texts: Texts, problem: Problem) -> None:
    run = make_run("Jazz", Stage.FAILED, problem=problem)

    text = shown(run_card(run, Look.FAILED, user_id=USER, texts=texts))

    assert "96" in text
    assert text.count("\n") > 3


@pytest.mark.parametrize(
    ("stage", "said", "button"),
    [
        (Stage.RUNNING, "20 of 50 albums looked for", "Show the one being filled"),
        (Stage.DONE, "✅ **Jazz** is ready\n8 albums added (96 tracks)", "Show how it ended"),
        (Stage.FAILED, "⚠️ **Jazz** is not finished\nSpotify doesn't let me", "Show how it ended"),
        (Stage.CANCELLED, "⏹️ Cancelled; what is in **Jazz** stays there", "Show how it ended"),
    ],
)
def test_list_of_playlists_tells_how_the_last_run_stands_or_ended(
    english: Texts, stage: Stage, said: str, button: str
) -> None:
    problem = Problem.REFUSED if stage is Stage.FAILED else None
    page = PlaylistPage(playlists=(make_playlist("Mine"),), total=1)

    card = playlists_card(
        page, 1, make_run("Jazz", stage, problem=problem), user_id=USER, texts=english
    )

    assert said in shown(card)
    assert labels(card) == [button]


def test_run_that_added_nothing_does_not_say_that_it_is_ready(english: Texts) -> None:
    nothing: dict[str, Any] = {"added_albums": 0, "added_tracks": 0}
    done = make_run("Jazz", Stage.DONE, **nothing)
    early = make_run("Jazz", Stage.CANCELLED, made=None, next=0, **nothing)
    late = make_run("Jazz", Stage.CANCELLED, **nothing)

    said = [
        shown(run_card(each, look_of(each), user_id=USER, texts=english))
        for each in (done, early, late)
    ]

    assert said[0].startswith("⚠️ I found nothing to add to **Jazz**")
    assert said[1].startswith("⏹️ Cancelled before **Jazz** was made\nNothing was added.")
    assert said[2].startswith("⏹️ Cancelled; what is in **Jazz** stays there\nNothing was added.")


def test_draft_says_what_it_costs_and_what_is_left(english: Texts) -> None:
    run = make_run("Jazz", Stage.DRAFT, made=None)
    draft = Draft(
        run=run,
        matching=62,
        requests=107,
        most_requests=157,
        daily=800,
        left=400,
        is_short=True,
    )

    card = draft_card(draft, user_id=USER, texts=english)

    text = shown(card)
    assert "Costs about 107 to 157 of the 800 requests" in text
    assert "400 are left" in text
    assert "Should they run out" not in text
    scarce = msgspec.structs.replace(draft, left=120)
    assert "Should they run out" in shown(draft_card(scarce, user_id=USER, texts=english))
    assert "More than that would exceed today's requests" in text
    assert labels(card) == ["Create it", "Never mind"]


def test_contents_of_a_strange_playlist_are_politely_not_there(english: Texts) -> None:
    contents = Contents(playlist=make_playlist("Theirs", track_count=None), tracks=None)

    card = contents_card(contents, user_id=USER, texts=english)

    assert "isn't available" in shown(card)
    assert "Listen on Spotify" in shown(card)


def test_mark_by_which_we_find_a_playlist_again_is_not_shown(english: Texts) -> None:
    playlist = make_playlist("Mine", description="From your collection · AIME aime-abcdefghij")
    contents = Contents(playlist=playlist, tracks=())

    assert "aime-" not in shown(contents_card(contents, user_id=USER, texts=english))


def test_card_button_carries_what_is_added_and_whose_it_is(english: Texts) -> None:
    view = view_of(row_of(add_button(SpotifyKind.TRACK, ID, USER, english)))

    [button] = [each for each in view.walk_children() if isinstance(each, ui.Button)]
    assert button.custom_id == f"playlist:add:{USER}:track:{ID}"


@pytest.mark.parametrize("is_expiring", [True, False])
def test_list_tells_that_the_link_ends_soon(is_expiring: bool, english: Texts) -> None:  # noqa: FBT001  # a case
    linked = SpotifyLink(
        name="Marie",
        linked_at=datetime(2026, 6, 1, tzinfo=UTC),
        expires_at=datetime(2026, 12, 1, tzinfo=UTC),
        is_expiring=is_expiring,
        is_usable=True,
        scopes=frozenset(),
    )
    page = PlaylistPage(playlists=(), total=0)

    card = playlists_card(page, 1, None, linked=linked, user_id=USER, texts=english)

    assert ("`/account link-spotify` renews it" in shown(card)) is is_expiring
