"""The worst messages by name, so that each is seen failing by itself."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from discord import ui
from harness.openapi import DiscordContract

from bot.errors import sentence
from bot.i18n import Texts
from bot.sandbox.discord import RecordedRequest
from bot.ui.description_card import DescriptionState, Stage, description_card
from bot.ui.item_card import release_card, spotify_card
from bot.ui.layout import view_of
from bot.ui.search_card import search_card
from services.answers import Answer, Source
from services.catalogue.models import SearchKind, SearchResults
from services.descriptions.facts import facts_of_hit
from services.descriptions.models import Grounding, KeptText, UserWords, Wish
from services.discogs import protocol as discogs
from services.discogs.models import DiscogsKind, DiscogsResults, Release, SearchHit, Track
from services.errors import AccessDenied, ServiceDown
from services.music import clean_query, clean_text
from services.spotify import protocol as spotify
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

Checker = Callable[[ui.LayoutView], list[str]]
USER_ID = 2**63 - 1
NOW = datetime(2026, 11, 23, tzinfo=UTC)
STALE = Source.STALE
WISH = Wish(words=UserWords("*" * 199 + "a"))


def found_nothing(query: str) -> SearchResults:
    here = SpotifyResults(items=(), search_url=spotify.search_url(query))
    there = DiscogsResults(hits=(), search_url=discogs.search_url(query))
    down = {name: ServiceDown(name, "search") for name in ("spotify", "discogs")}
    return SearchResults(
        query=query,
        kind=SearchKind.EVERYTHING,
        spotify=Answer(value=here, source=Source.MINIMAL, error=down["spotify"]),
        discogs=Answer(value=there, source=Source.MANUAL, error=down["discogs"]),
    )


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("音" * 200, id="chinese"),
        pytest.param("🎺" * 199 + "a", id="emoji"),
        pytest.param("*" * 199 + "a", id="asterisks"),
        pytest.param("a" * 200, id="letters"),
    ],
)
def test_longest_query_without_any_answer_is_within_the_limits(
    problems_of: Checker, query: str, texts: Texts
) -> None:
    card = search_card(found_nothing(clean_query(query)), USER_ID, texts)

    assert problems_of(card) == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("x" * 5_000, id="5,000 characters"),
        pytest.param("*" * 5_000, id="5,000 asterisks"),
        pytest.param("", id="empty"),
        pytest.param(" ", id="blank"),
        pytest.param("\u200b", id="invisible"),
        pytest.param("a\u202eb\u2066c", id="turning"),
        pytest.param("a\nb", id="two lines"),
    ],
)
def test_hits_of_any_name_are_within_the_limits(
    problems_of: Checker, name: str, texts: Texts
) -> None:
    items = tuple(_item(f"{number:022}", name) for number in range(10))
    hits = tuple(_hit(number, clean_text(name)) for number in range(1, 16))
    results = SearchResults(
        query="ab",
        kind=SearchKind.EVERYTHING,
        spotify=Answer(value=SpotifyResults(items=items, search_url="https://a.b"), source=STALE),
        discogs=Answer(value=DiscogsResults(hits=hits, search_url="https://a.b"), source=STALE),
        best=items[0],
        others=(*items[1:], *hits),
    )

    assert problems_of(search_card(results, USER_ID, texts)) == []


def _item(item_id: str, name: str) -> SpotifyItem:
    return SpotifyItem(
        kind=SpotifyKind.TRACK,
        spotify_id=item_id,
        name=name,
        url=f"https://open.spotify.com/track/{item_id}",
        artists=(name,) * 5,
        album=name,
        image_url="https://i.example/a.jpg",
    )


def _hit(number: int, name: str) -> SearchHit:
    return SearchHit(
        kind=DiscogsKind.RELEASE,
        discogs_id=number,
        title=name,
        artist=name,
        country=name,
        formats=(name,) * 5,
        labels=(name,) * 5,
        catno=name,
        genres=(name,) * 5,
        styles=(name,) * 5,
        image_url="https://i.example/a.jpg",
        url=f"https://www.discogs.com/release/{number}",
    )


@pytest.mark.parametrize("name", ["x" * 5_000, "*" * 5_000, "a " * 2_500])
@pytest.mark.parametrize("stage", list(Stage))
def test_description_with_facts_of_any_length_is_within_the_limits(
    problems_of: Checker, name: str, stage: Stage, texts: Texts
) -> None:
    facts = msgspec.structs.replace(
        facts_of_hit(_hit(1, name)), tracks=(name,) * 30, credits=(name,) * 8, first_year=1958
    )
    state = DescriptionState(
        wish=WISH,
        owner=2**63 - 1,
        stage=stage,
        text=name,
        grounding=Grounding(wish=WISH, facts=facts),
        note=sentence(AccessDenied("euria", "generate_description"), texts),
        kept=KeptText("kept", NOW) if stage is Stage.COMPLETE else None,
    )

    assert problems_of(description_card(state, texts)) == []


@pytest.mark.parametrize("name", ["x" * 5_000, "*" * 5_000, "*" * 119])
def test_release_with_everything_at_its_longest_is_within_the_limits(
    problems_of: Checker, name: str, texts: Texts
) -> None:
    release = Release(
        release_id=2**53,
        title=name,
        artist=name,
        year=1959,
        country=name,
        formats=(name,) * 5,
        labels=(name,) * 5,
        genres=(name,) * 5,
        styles=(name,) * 5,
        tracks=tuple(Track(f"`{number}`", name, "4:45") for number in range(60)),
        notes="*" * 5_000,
        image_url="https://i.example/a.jpg",
        url=f"https://www.discogs.com/release/{2**53}",
    )
    error = ServiceDown("discogs", "get_release")
    answer = Answer(value=release, source=STALE, as_of=NOW, error=error)

    assert problems_of(view_of(release_card(answer, texts))) == []


@pytest.mark.parametrize("notes", ["\u200b", "\u202e \u2066", "e" + "\u0301" * 1_000])
def test_release_with_unreadable_notes_has_no_empty_text(
    problems_of: Checker, notes: str, english: Texts
) -> None:
    release = Release(
        release_id=1, title="a", artist="b", notes=notes, url="https://www.discogs.com/release/1"
    )
    answer = Answer(value=release, source=Source.LIVE)

    assert problems_of(view_of(release_card(answer, english))) == []


# --- Discord's own description


@pytest.fixture
def whole_messages(texts: Texts) -> list[list[object]]:
    """One message of each kind, with everything on it."""
    hit = _hit(1, "Blue Train")
    item = _item("1" * 22, "Blue Train")
    results = SearchResults(
        query="blue train",
        kind=SearchKind.EVERYTHING,
        spotify=Answer(
            value=SpotifyResults(items=(item,), search_url="https://a.b"), source=Source.LIVE
        ),
        discogs=Answer(
            value=DiscogsResults(hits=(hit,), search_url="https://a.b"), source=Source.LIVE
        ),
        best=hit,
        others=(item,),
    )
    release = Release(
        release_id=1,
        title="Blue Train",
        artist="John Coltrane",
        tracks=(Track("A1", "Blue Train", "10:43"),),
        notes="Reissue.",
        image_url=hit.image_url,
        url=hit.url,
    )
    live = Source.LIVE
    grounding = Grounding(wish=WISH, facts=facts_of_hit(hit))
    states = [
        DescriptionState(
            wish=WISH, owner=1, stage=stage, text="Text.", grounding=grounding, question_id=2,
            note="Note.",
        )
        for stage in Stage
    ]  # fmt: skip
    views = [
        search_card(results, USER_ID, texts),
        view_of(release_card(Answer(value=release, source=live), texts)),
        view_of(spotify_card(Answer(value=item, source=live), texts)),
        *(description_card(state, texts) for state in states),
    ]
    return [view.to_components() for view in views]  # type: ignore[no-untyped-call]  # discord.py's


def test_messages_fit_discords_own_description(
    whole_messages: list[list[object]], discord_contract: DiscordContract
) -> None:
    requests = [
        RecordedRequest(
            method="PATCH",
            route="/webhooks/{webhook_id}/{webhook_token}/messages/@original",
            path="",
            query={},
            at=0.0,
            json={"components": components, "flags": 1 << 15},
        )
        for components in whole_messages
    ]

    discord_contract.check(requests)
