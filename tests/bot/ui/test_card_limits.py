"""Whatever upstreams and users write, a message stays within Discord's limits and is readable."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from discord import ui
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import SENTENCES, advice, sentence
from bot.i18n import LANGUAGES, Catalogue, Texts
from bot.ui.acquire_cards import add_question
from bot.ui.description_card import DescriptionState, Stage, description_card
from bot.ui.item_card import release_card, spotify_card
from bot.ui.layout import view_of
from bot.ui.release_card import Badges, nothing_card
from bot.ui.release_card import release_card as whole_release_card
from bot.ui.release_menus import menus_of, others_menu, pressings_menu
from bot.ui.search_card import search_card
from services.answers import Answer, Source
from services.catalogue.models import Hit, SearchKind, SearchResults
from services.catalogue.queries import Reading
from services.catalogue.release_view import ReleaseView
from services.collection.models import Owned, StoredCopy
from services.descriptions.allowance import Used
from services.descriptions.facts import facts_of_hit
from services.descriptions.models import (
    AlbumFacts,
    ArtistFacts,
    Form,
    Grounding,
    KeptText,
    Target,
    UserWords,
    Wish,
)
from services.discogs import protocol as discogs
from services.discogs.models import (
    DiscogsKind,
    DiscogsResults,
    MarketStats,
    Release,
    SearchHit,
    Track,
    Version,
    Versions,
)
from services.discogs.release_parts import Company, Identifier, ReleaseCredit
from services.discogs.shelf_models import Format
from services.errors import ExternalServiceException, ServiceDisabled
from services.euria.models import Subject
from services.music import InvalidQuery, clean_query, clean_text
from services.spotify import protocol as spotify
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

Checker = Callable[[ui.LayoutView], list[str]]
USER_ID = 2**63 - 1
NOW = datetime(2026, 11, 23, tzinfo=UTC)
LANGUAGE = st.sampled_from([Catalogue().texts(language) for language in LANGUAGES])

# --- Hostile models: what upstreams could send; ids, years and kinds are their own

_FRAGMENTS = st.sampled_from(
    (
        "**", "_", "`", "```", "||", "[a](https://b)", "]", ")", "@everyone", "<@1>", "# ", "1. ",
        "\n", "\u202e", "\u2066", "\u200b", "e\u0301", "👩\u200d👩\u200d👧", "https://c.example/",
        "Blue Train", " ", "音", "{name}", "{", "%s", "\\",
    )
)  # fmt: skip
NAME = st.one_of(
    st.sampled_from(["", " ", "\u200b", "x" * 5_000, "*" * 5_000, "x. " * 1_700, "🎺" * 5_000]),
    st.sampled_from(["\u0301" * 5_000, "\u202e" * 50, "@everyone" * 600, "https://" * 700]),
    st.lists(_FRAGMENTS, max_size=8).map("".join),
    st.builds(lambda part, count: part * count, _FRAGMENTS, st.integers(1, 2_000)),
)
NAMES = st.lists(NAME, max_size=12).map(tuple)
YEAR = st.sampled_from([None, 1959, 9999])
PICTURE = st.sampled_from(
    [
        None,
        "",
        "javascript:alert(1)",
        "ftp://a.example/b",
        "https://i.example/a.jpg?x=(1)",
        "https://i.example/" + "x" * 3_000,
    ]
)
SPOTIFY_ID = st.text("0aZ", min_size=22, max_size=22)
# Discogs' parser cleans titles and artists; the lists come as they are.
CLEANED = NAME.map(clean_text)


@st.composite
def spotify_items(draw: st.DrawFn) -> SpotifyItem:
    kind, item_id = draw(st.sampled_from(SpotifyKind)), draw(SPOTIFY_ID)
    return SpotifyItem(
        kind=kind,
        spotify_id=item_id,
        name=draw(NAME),
        url=f"https://open.spotify.com/{kind}/{item_id}",
        artists=draw(NAMES),
        image_url=draw(PICTURE),
        released=draw(st.sampled_from([None, "1959-08-17", "0000", "soon"])),
        album=draw(st.none() | NAME),
        tracks=draw(NAMES),
    )


@st.composite
def discogs_hits(draw: st.DrawFn) -> SearchHit:
    kind, number = draw(st.sampled_from(DiscogsKind)), draw(st.integers(1, 2**53))
    return SearchHit(
        kind=kind,
        discogs_id=number,
        title=draw(CLEANED),
        artist=draw(CLEANED),
        year=draw(YEAR),
        country=draw(st.none() | NAME),
        formats=draw(NAMES),
        labels=draw(NAMES),
        catno=draw(st.none() | NAME),
        genres=draw(NAMES),
        styles=draw(NAMES),
        image_url=draw(PICTURE),
        url=f"https://www.discogs.com/{kind}/{number}",
    )


COMPANIES = st.builds(Company, role=CLEANED, name=CLEANED, catno=st.none() | CLEANED)
CREDITS = st.builds(ReleaseCredit, role=CLEANED, name=CLEANED, tracks=CLEANED)
IDENTIFIERS = st.builds(Identifier, kind=CLEANED, value=CLEANED, description=CLEANED)


@st.composite
def releases(draw: st.DrawFn) -> Release:
    number = draw(st.integers(1, 2**53))
    tracks = st.builds(Track, position=NAME, title=CLEANED, duration=NAME, is_heading=st.booleans())
    return Release(
        release_id=number,
        title=draw(CLEANED),
        artist=draw(CLEANED),
        year=draw(YEAR),
        country=draw(st.none() | NAME),
        formats=draw(NAMES),
        labels=draw(NAMES),
        genres=draw(NAMES),
        styles=draw(NAMES),
        tracks=tuple(draw(st.lists(tracks, max_size=40))),
        companies=tuple(draw(st.lists(COMPANIES, max_size=3))),
        credits=tuple(draw(st.lists(CREDITS, max_size=3))),
        identifiers=tuple(draw(st.lists(IDENTIFIERS, max_size=3))),
        notes=draw(NAME).strip(),
        image_url=draw(PICTURE),
        url=f"https://www.discogs.com/release/{number}",
    )


def _is_searchable(text: str) -> bool:
    try:
        clean_query(text)
    except InvalidQuery:
        return False
    return True


QUERY = (
    st.one_of(
        NAME.map(lambda name: clean_text(name + "ab")[:200]),
        st.sampled_from(["*" * 198 + "ab", "🎺" * 198 + "ab", "音" * 200, "https://a.b " * 16]),
    )
    .filter(_is_searchable)
    .map(clean_query)
)
ERRORS = st.sampled_from([*SENTENCES, ServiceDisabled])
SOURCES = st.sampled_from(Source)


def error_of(kind: type[ExternalServiceException], upstream: str) -> ExternalServiceException:
    if kind is ServiceDisabled:
        settings_missing = ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET")
        return ServiceDisabled(upstream, "search", settings=settings_missing)
    return kind(upstream, "search", 503, "internal detail", retry_after=3600.0)


@st.composite
def answers(draw: st.DrawFn, upstream: str, value: st.SearchStrategy[Any]) -> Answer[Any]:
    source = draw(SOURCES)
    error = error_of(draw(ERRORS), upstream) if source.is_fallback else None
    when = st.sampled_from([None, NOW])
    return Answer(
        value=draw(value), source=source, as_of=draw(when), retry_at=draw(when), error=error
    )


@st.composite
def searches(draw: st.DrawFn) -> SearchResults:
    """Results as ``CatalogueService`` makes them: at most 25 hits in the menu."""
    query = draw(QUERY)
    items = draw(st.lists(spotify_items(), max_size=14, unique_by=lambda hit: hit.spotify_id))
    hits = draw(st.lists(discogs_hits(), max_size=14, unique_by=lambda hit: hit.discogs_id))
    found_here = SpotifyResults(items=tuple(items), search_url=spotify.search_url(query))
    found_there = DiscogsResults(hits=tuple(hits), search_url=discogs.search_url(query))
    waiting = draw(
        st.sampled_from([(), (), (), ("spotify",), ("discogs",), ("spotify", "discogs")])
    )
    spotify_error, discogs_error = (error_of(draw(ERRORS), name) for name in ("spotify", "discogs"))
    here = draw(st.one_of(answers("spotify", st.just(found_here)), st.just(spotify_error)))
    there = draw(st.one_of(answers("discogs", st.just(found_there)), st.just(discogs_error)))
    everything: list[Hit] = draw(st.permutations([*items, *hits]))
    is_best_known = bool(everything) and draw(st.booleans())
    return SearchResults(
        query=query,
        kind=SearchKind.EVERYTHING,
        spotify=None if "spotify" in waiting else here,
        discogs=None if "discogs" in waiting else there,
        waiting=waiting,
        best=everything[0] if is_best_known else None,
        others=tuple(everything[1:25] if is_best_known else everything[:24]),
    )


@st.composite
def album_facts(draw: st.DrawFn) -> AlbumFacts:
    facts = facts_of_hit(draw(discogs_hits()))
    names = draw(NAMES)
    return msgspec.structs.replace(facts, tracks=names, credits=names, first_year=draw(YEAR))


@st.composite
def artist_facts(draw: st.DrawFn) -> ArtistFacts:
    names = draw(NAMES)
    return ArtistFacts(
        artist_id=1,
        name=draw(NAME),
        profile=draw(NAME),
        members=names,
        groups=names,
        records=tuple((name, draw(YEAR)) for name in names),
        url="https://www.discogs.com/artist/1",
        image_url=draw(PICTURE),
    )


@st.composite
def descriptions(draw: st.DrawFn) -> tuple[DescriptionState, Texts]:
    texts, stage, topic = draw(LANGUAGE), draw(st.sampled_from(Stage)), draw(QUERY)
    error = error_of(draw(ERRORS), "euria")
    note = f"{sentence(error, texts)} {advice(NOW, texts)}"
    facts = draw(st.none() | album_facts() | artist_facts())
    form = draw(st.sampled_from(Form))
    words = draw(st.sampled_from([UserWords(topic), None]))
    wish = Wish(words=words, form=form, target=Target("r", 2**53), subject=Subject.ARTIST)
    is_grounded = draw(st.booleans())
    grounding = Grounding(wish=wish, facts=facts, error=error) if is_grounded else None
    has_note = stage in (Stage.CUT_SHORT, Stage.TEMPLATE)
    return (
        DescriptionState(
            wish=wish,
            owner=USER_ID,
            stage=stage,
            text=draw(NAME),
            grounding=grounding,
            note=note if has_note else "",
            kept=KeptText("kept", NOW) if stage is Stage.COMPLETE and draw(st.booleans()) else None,
            question_id=draw(st.sampled_from([0, USER_ID])),
            place=draw(st.integers(0, 20)),
            used=draw(st.none() | st.just(Used(15, 30))),
        ),
        texts,
    )


def _many(versions: list[Version]) -> tuple[Version, ...]:
    """Return each ten times, under other ids: more than a menu holds."""
    return tuple(
        msgspec.structs.replace(version, release_id=place * 100 + number)
        for place, version in enumerate(versions, 1)
        for number in range(10)
    )


@st.composite
def release_views(draw: st.DrawFn) -> ReleaseView:
    """A release with everything that may belong to it, or nothing but a search."""
    query = draw(QUERY)
    found = DiscogsResults(hits=(), search_url=discogs.search_url(query))
    failure = error_of(draw(ERRORS), "discogs")
    price = st.floats(0.01, 1e9)
    stats = st.builds(
        MarketStats,
        for_sale=st.integers(0, 10**9),
        lowest_price=st.none() | price,
        currency=st.sampled_from([None, "EUR", "ZAR"]),
        is_blocked=st.booleans(),
    )
    version = st.builds(
        Version,
        release_id=st.integers(1, 2**53),
        title=CLEANED,
        year=YEAR,
        country=st.none() | CLEANED,
        label=CLEANED,
        catno=st.none() | CLEANED,
        formats=NAMES,
    )
    versions = st.builds(
        Versions,
        versions=st.lists(version, max_size=3).map(_many),
        page=st.just(1),
        pages=st.just(1),
        total=st.integers(0, 10**6),
    )
    return ReleaseView(
        query=query,
        reading=draw(st.none() | st.sampled_from(Reading)),
        search=draw(st.none() | answers("discogs", st.just(found))),
        release=draw(answers("discogs", releases())),
        others=tuple(draw(st.lists(discogs_hits(), max_size=3))),
        is_doubtful=draw(st.booleans()),
        market=draw(st.none() | st.just(failure) | answers("discogs", stats)),
        versions=draw(st.none() | st.just(failure) | answers("discogs", versions)),
        is_complete=draw(st.booleans()),
    )


@st.composite
def badges(draw: st.DrawFn) -> Badges:
    formats = st.builds(Format, name=CLEANED, text=CLEANED)
    copies = st.builds(
        StoredCopy,
        item_id=st.just(1),
        instance_id=st.just(1),
        release_id=st.just(1),
        title=CLEANED,
        artist=CLEANED,
        year=YEAR,
        country=st.none() | CLEANED,
        formats=st.lists(formats, max_size=2).map(tuple),
    )
    owned = Owned(
        copies=draw(st.integers(0, 10**6)),
        others=draw(st.integers(0, 10**6)),
        pressings=tuple(draw(st.lists(copies, max_size=3))),
    )
    return Badges(
        owned=owned,
        is_wanted=draw(st.booleans()),
        is_other_wanted=draw(st.booleans()),
    )


SLOW_DATA = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@SLOW_DATA
@given(searches(), LANGUAGE)
def test_search_card_is_within_the_limits(
    problems_of: Checker, results: SearchResults, texts: Texts
) -> None:
    assert problems_of(search_card(results, USER_ID, texts)) == []


@SLOW_DATA
@given(answers("discogs", releases()), LANGUAGE)
def test_release_card_is_within_the_limits(
    problems_of: Checker, answer: Answer[Release], texts: Texts
) -> None:
    assert problems_of(view_of(release_card(answer, texts))) == []


@settings(parent=SLOW_DATA, max_examples=40)
@given(release_views(), badges(), LANGUAGE)
def test_card_of_one_release_is_within_the_limits(
    problems_of: Checker, view: ReleaseView, own: Badges, texts: Texts
) -> None:
    assert view.release is not None
    menus = menus_of(
        pressings_menu(view, view.release.value, user_id=USER_ID, texts=texts),
        others_menu(view, user_id=USER_ID, texts=texts),
    )
    card = whole_release_card(view, view.release, own, menus=menus, user_id=USER_ID, texts=texts)

    assert problems_of(card) == []
    assert problems_of(nothing_card(view, texts)) == []
    question = add_question(view.release.value, 2, user_id=USER_ID, texts=texts)
    assert problems_of(question) == []


@SLOW_DATA
@given(answers("spotify", spotify_items()), LANGUAGE)
def test_spotify_card_is_within_the_limits(
    problems_of: Checker, answer: Answer[SpotifyItem], texts: Texts
) -> None:
    assert problems_of(view_of(spotify_card(answer, texts))) == []


@SLOW_DATA
@given(descriptions())
def test_description_card_is_within_the_limits(
    problems_of: Checker, drawn: tuple[DescriptionState, Texts]
) -> None:
    state, texts = drawn

    assert problems_of(description_card(state, texts)) == []
