import pytest
from fakes.upstreams import found_items, make_item

from services.answers import Answer, Source
from services.catalogue.confidence import Confidence
from services.catalogue.spotify_match import SpotifyMatcher
from services.errors import ServiceDisabled, UpstreamServerError
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

BLUE = make_item("Kind of Blue", "Miles Davis")
DELUXE = make_item("Kind of Blue (Legacy Edition)", "Miles Davis")
MONO = make_item("Kind of Blue (Mono)", "Miles Davis")
STRANGER = make_item("Kind of Blue", "The Tribute Trio")
DOWN = UpstreamServerError("spotify", "search", 503)
IN_FIELDS = 'album:"Kind Of Blue" artist:"Miles Davis"'


class SearchedSpotify:
    """Answers one search after the other."""

    def __init__(self, *answers: Answer[SpotifyResults] | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def search(self, query: str, kinds: tuple[SpotifyKind, ...]) -> Answer[SpotifyResults]:
        assert kinds == (SpotifyKind.ALBUM,)
        self.asked.append(query)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize(
    ("first", "second", "expected", "requests"),
    [
        pytest.param([STRANGER, BLUE], None, (BLUE, Confidence.EXACT), 1, id="found at once"),
        pytest.param([DELUXE], None, (DELUXE, Confidence.LIKELY), 1, id="another edition will do"),
        pytest.param([MONO], [BLUE], (BLUE, Confidence.EXACT), 2, id="looked on from a doubt"),
        pytest.param([MONO], [STRANGER], (MONO, Confidence.DOUBTFUL), 2, id="nothing better"),
        pytest.param([], [MONO], (MONO, Confidence.DOUBTFUL), 2, id="in plain words"),
        pytest.param([STRANGER], [], None, 2, id="only strangers"),
    ],
)
async def test_find_album_asks_twice_at_most(
    first: list[SpotifyItem],
    second: list[SpotifyItem] | None,
    expected: tuple[SpotifyItem, Confidence] | None,
    requests: int,
) -> None:
    spotify = SearchedSpotify(found_items(*first), found_items(*(second or [])))

    found = await SpotifyMatcher(spotify).find_album("Miles Davis (2)", "Kind Of Blue", 1959)

    match = found.value
    assert (match and (match.hit, match.confidence)) == expected
    assert spotify.asked == [IN_FIELDS, "Miles Davis Kind Of Blue"][:requests]


@pytest.mark.parametrize(
    ("artist", "title", "queries"),
    [
        pytest.param(
            'Weird "Al" Yankovic',
            '"Weird": Al (Deluxe Edition)',
            ['album:"Weird Al" artist:"Weird Al Yankovic"', "Weird Al Yankovic Weird Al"],
            id="quotes and colons would end a field",
        ),
        pytest.param(
            "Various", "Pulp Fiction", ['album:"Pulp Fiction"', "Pulp Fiction"], id="of many"
        ),
        pytest.param("Sigur Rós", "( )", ["Sigur Rós ( )"], id="a title without words"),
        pytest.param("!!!", "( )", [], id="no words at all"),
        pytest.param(
            "Prince Featuring Eric Leeds",
            "Zombie = ゾンビ",
            ['album:"Zombie" artist:"Prince"', "Prince Zombie"],
            id="without guests and translations",
        ),
    ],
)
async def test_find_album_asks_in_words_that_spotify_can_look_for(
    artist: str, title: str, queries: list[str]
) -> None:
    spotify = SearchedSpotify(found_items(), found_items())

    found = await SpotifyMatcher(spotify).find_album(artist, title)

    assert (spotify.asked, found.value) == (queries, None)


async def test_longest_names_fit_into_a_query() -> None:
    spotify = SearchedSpotify(found_items(), found_items())

    await SpotifyMatcher(spotify).find_album("Orchestra " * 30, "Symphony " * 30)

    assert all(len(query) <= 200 for query in spotify.asked)
    assert spotify.asked[0].endswith('Orchestra"')


async def test_barcode_finds_what_is_called_otherwise() -> None:
    other_name = make_item("Azul", "Miles Davis")
    spotify = SearchedSpotify(found_items(STRANGER), found_items(STRANGER, other_name))

    found = await SpotifyMatcher(spotify).find_album(
        "Miles Davis", "Kind Of Blue", barcode="0 74646-49352 6"
    )

    assert spotify.asked == [IN_FIELDS, "upc:074646493526"]
    assert found.value is not None
    assert (found.value.hit, found.value.confidence) == (other_name, Confidence.EXACT)


async def test_failure_is_not_taken_for_nothing_found() -> None:
    empty = SpotifyResults(items=(), search_url="https://open.spotify.com/search/x")
    spotify = SearchedSpotify(Answer(value=empty, source=Source.MINIMAL, error=DOWN))

    found = await SpotifyMatcher(spotify).find_album("Miles Davis", "Kind Of Blue")

    assert (found.value, found.source, found.error) == (None, Source.MINIMAL, DOWN)
    assert len(spotify.asked) == 1


async def test_spotify_switched_off_is_told() -> None:
    disabled = ServiceDisabled("spotify", "search", settings=("SPOTIFY_CLIENT_ID",))

    with pytest.raises(ServiceDisabled):
        await SpotifyMatcher(SearchedSpotify(disabled)).find_album("Miles Davis", "Kind Of Blue")


async def test_a_title_of_one_character_is_not_looked_for_in_plain_words() -> None:
    spotify = SearchedSpotify(found_items(), found_items())

    found = await SpotifyMatcher(spotify).find_album("Various", "花")

    assert found.value is None
    assert spotify.asked == ['album:"花"']
