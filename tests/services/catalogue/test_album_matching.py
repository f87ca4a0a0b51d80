# ruff: noqa: E501  # a table is read line by line
"""Is an album of one catalogue that of another? Pairs from life, traps among them."""

import msgspec
import pytest
from fakes.upstreams import make_hit, make_item
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalogue.confidence import Confidence, Match
from services.catalogue.matching import Work, best_match, confidence_of, matches_of, work_of

EXACT, LIKELY, DOUBTFUL = Confidence.EXACT, Confidence.LIKELY, Confidence.DOUBTFUL

Pair = tuple[str, str, str, str | tuple[str, ...], Confidence | None]

# Discogs' artist and title, Spotify's title and artists
PAIRS: list[Pair] = [
    # The same names, otherwise spelled
    ("Miles Davis", "Kind Of Blue", "Kind of Blue", "Miles Davis", EXACT),
    ("Beatles, The", "Abbey Road", "Abbey Road", "The Beatles", EXACT),
    ("The Beatles", "Abbey Road", "Abbey Road", "Beatles", EXACT),
    ("La Femme (4)", "Psycho Tropical Berlin", "Psycho Tropical Berlin", "La Femme", EXACT),
    ("Björk", "Début", "Debut", "Bjork", EXACT),
    ("Joao Gilberto*", "Amoroso", "Amoroso", "João Gilberto", EXACT),
    ("Simon & Garfunkel", "Bookends", "Bookends", "Simon and Garfunkel", EXACT),
    ("Earth, Wind & Fire", "All 'N All", "All 'N All", "Earth, Wind & Fire", EXACT),
    ("N.W.A.", "Straight Outta Compton", "Straight Outta Compton", "N.W.A", EXACT),
    ("AC/DC", "Back In Black", "Back in Black", "ACDC", EXACT),
    ("Sinéad O'Connor", "I Do Not Want", "I Do Not Want", "Sinead OConnor", EXACT),
    ("Miles Davis & John Coltrane", "Live", "Live", ("Miles Davis", "John Coltrane"), LIKELY),
    ("The The", "Soul Mining", "Soul Mining", "The The", EXACT),
    ("!!!", "Louden Up Now", "Louden Up Now", "!!!", EXACT),
    ("Ed Sheeran", "÷", "÷", "Ed Sheeran", EXACT),
    ("Sigur Rós", "( )", "( )", "Sigur Rós", EXACT),
    ("Black Sabbath", "Vol. 4", "Volume 4", "Black Sabbath", EXACT),
    ("椎名林檎", "無罪モラトリアム", "無罪モラトリアム", "椎名林檎", EXACT),
    ("Oasis (2)", "(What's The Story) Morning Glory?", "What's The Story Morning Glory", "Oasis", EXACT),
    ("Various", "Pulp Fiction", "Pulp Fiction", "Various Artists", EXACT),
    ("Fela Kuti", "Zombie = ゾンビ", "Zombie", "Fela Kuti", EXACT),
    # Noise of an edition
    ("Fleetwood Mac", "Rumours", "Rumours (2001 Remaster)", "Fleetwood Mac", EXACT),
    ("Kate Bush", "Hounds Of Love", "Hounds of Love (2018 Remaster)", "Kate Bush", EXACT),
    ("Joni Mitchell", "Blue", "Blue - Remastered", "Joni Mitchell", EXACT),
    ("Air", "Moon Safari [2xLP]", "Moon Safari", "Air", EXACT),
    ("Prince", "Dirty Mind", "Dirty Mind (Explicit)", "Prince", EXACT),
    ("Vangelis", "Blade Runner", "Blade Runner (Music From The Original Soundtrack)", "Vangelis", EXACT),
    ("Kanye West", "Graduation", "Graduation (feat. Nobody)", "Kanye West", EXACT),
    ("Miles Davis", "Kind Of Blue", "Kind of Blue (Legacy Edition)", "Miles Davis", LIKELY),
    ("Nirvana", "Nevermind", "Nevermind (30th Anniversary Super Deluxe)", "Nirvana", LIKELY),
    ("Daft Punk", "Discovery", "Discovery - Deluxe Edition", "Daft Punk", LIKELY),
    ("The Who", "Tommy", "Tommy (Expanded)", "The Who", LIKELY),
    ("Beatles", "The Beatles", "The Beatles (White Album / Super Deluxe)", "The Beatles", LIKELY),
    # Who else is credited
    ("Prince And The Revolution", "Purple Rain", "Purple Rain", "Prince", LIKELY),
    ("Bob Marley & The Wailers", "Exodus", "Exodus", "Bob Marley", LIKELY),
    ("Bob Marley & The Wailers", "Exodus", "Exodus", "Bob Marley & The Wailers", EXACT),
    ("Neil Young", "Zuma", "Zuma", ("Neil Young", "Crazy Horse"), LIKELY),
    ("Stan Getz / Joao Gilberto Featuring A. C. Jobim", "Getz / Gilberto", "Getz/Gilberto", ("Stan Getz", "João Gilberto"), LIKELY),
    ("Simon", "Bookends", "Bookends", "Simon & Garfunkel", DOUBTFUL),
    ("Nancy Sinatra", "Nancy & Lee", "Nancy & Lee", ("Lee Hazlewood", "Nancy Sinatra"), DOUBTFUL),
    # Other recordings, and other records
    ("Johnny Cash", "At Folsom Prison", "At Folsom Prison (Live)", "Johnny Cash", DOUBTFUL),
    ("Nirvana", "MTV Unplugged In New York (Live)", "MTV Unplugged In New York (Live)", "Nirvana", EXACT),
    ("The Who", "Live At Leeds", "Live at Leeds (Live)", "The Who", EXACT),
    ("Bob Dylan", "Blonde On Blonde", "Blonde on Blonde (Mono)", "Bob Dylan", DOUBTFUL),
    ("Bob Dylan", "Blonde On Blonde (Mono)", "Blonde on Blonde (2010 Mono Version)", "Bob Dylan", EXACT),
    ("Taylor Swift", "Fearless", "Fearless (Taylor's Version)", "Taylor Swift", DOUBTFUL),
    ("Daft Punk", "Discovery", "Discovery (Remixes)", "Daft Punk", DOUBTFUL),
    ("David Bowie", "Heroes", "Heroes: The Complete Sessions", "David Bowie", DOUBTFUL),
    ("Bob Dylan", "The Basement Tapes", "The Basement Tapes Raw", "Bob Dylan", None),
    ("Led Zeppelin", "Led Zeppelin", "Led Zeppelin II", "Led Zeppelin", None),
    ("Queen", "Greatest Hits", "Greatest Hits (Volume 2)", "Queen", None),
    ("Pink Floyd", "Relics", "Relics, Vol. 2", "Pink Floyd", None),
    ("Weezer", "Weezer (Green Album)", "Weezer (Blue Album)", "Weezer", None),
    ("Vienna Philharmonic", "New Year's Concert (1987)", "New Year's Concert (2002)", "Vienna Philharmonic", DOUBTFUL),
    ("Aretha Franklin", "Aretha (1)", "Aretha (2)", "Aretha Franklin", DOUBTFUL),
    ("The Beatles", "Abbey Road (1969)", "Abbey Road (2009 Remaster)", "The Beatles", EXACT),
    ("Nirvana", "MTV Unplugged In New York", "MTV Unplugged In New York (Live)", "Nirvana", EXACT),
    ("Ludwig van Beethoven", "Symphony No. 5", "Symphony No. 7", "Ludwig van Beethoven", None),
    ("Glenn Gould", "The Goldberg Variations", "Bach: The Goldberg Variations (1955)", "Glenn Gould", None),
    ("Hans Zimmer", "Gladiator", "Gladiator (Music From The Motion Picture)", ("Hans Zimmer", "Lisa Gerrard"), LIKELY),
    ("Various", "Café Del Mar Vol. 3", "Café Del Mar, Vol. 4", "Various Artists", None),
    ("Aphex Twin", "Selected Ambient Works 85-92", "Selected Ambient Works Volume II", "Aphex Twin", None),
    ("Mike Oldfield", "Tubular Bells", "Tubular Bells II", "Mike Oldfield", None),
    ("Gorillaz", "Demon Days", "Demon Days (Live at the Apollo Theater)", "Gorillaz", DOUBTFUL),
    ("宇多田ヒカル", "First Love", "First Love", "Hikaru Utada", None),
    ("山下達郎", "For You", "For You", "竹内まりや", None),
    # Strangers
    ("Miles Davis", "Kind Of Blue", "Kind of Blue", "The Tribute Trio", None),
    ("Pink Floyd", "The Wall", "The Wall", "Pink Floyd Tribute Band", None),
    ("Pink Floyd", "The Wall", "The Wall (Karaoke Version)", "Pink Floyd", None),
    ("Michael Jackson", "Thriller", "Thriller (In The Style Of Michael Jackson)", "Karaoke Stars", None),
    ("Joni Mitchell", "Blue", "Blue", "LeAnn Rimes", None),
    ("Queen", "Greatest Hits", "Greatest Hits", "ABBA", None),
    ("Various", "Now 50", "Now 50", "Now", None),
    ("Now", "Now 50", "Now 50", "Various Artists", None),
    ("Air", "Air", "Air", "Air Supply", None),
    ("Tom", "Wave", "Wave", "Tom Jobim", None),
    ("", "Untitled", "Untitled", "Sigur Rós", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("artist", "title", "name", "artists", "expected"),
    [pytest.param(*pair, id=f"{pair[0]} {pair[1]} = {pair[2]} {pair[3]}") for pair in PAIRS],
)
def test_pairs_from_life_are_told_apart(
    artist: str, title: str, name: str, artists: str | tuple[str, ...], expected: Confidence | None
) -> None:
    credits_ = (artists,) if isinstance(artists, str) else artists
    there, here = Work(title=title, artists=(artist,)), Work(title=name, artists=credits_)

    assert (confidence_of(there, here), confidence_of(here, there)) == (expected, expected)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param((1981, None), (1981, None), EXACT, id="the same year"),
        pytest.param((1981, None), (1982, None), EXACT, id="released late in a year"),
        pytest.param((1981, None), (None, None), LIKELY, id="no year"),
        pytest.param((1981, None), (2009, None), DOUBTFUL, id="years apart"),
        pytest.param((1981, "0077 7789-5042"), (2009, "00777789 5042"), EXACT, id="one barcode"),
        pytest.param((1981, "077778950424"), (2009, "5099968"), DOUBTFUL, id="another barcode"),
        pytest.param((1981, "1234"), (2009, "1234"), DOUBTFUL, id="too short for a barcode"),
    ],
)
def test_title_of_many_records_needs_evidence(
    one: tuple[int | None, str | None], other: tuple[int | None, str | None], expected: Confidence
) -> None:
    mine, theirs = (
        Work(title="Greatest Hits", artists=("Queen",), year=year, barcode=barcode)
        for year, barcode in (one, other)
    )

    assert confidence_of(mine, theirs) is expected


def test_barcode_makes_nobody_of_a_stranger() -> None:
    mine = Work(title="The Wall", artists=("Pink Floyd",), barcode="0077778950424")
    theirs = Work(title="The Wall", artists=("Ben Jones",), barcode="0077778950424")

    assert confidence_of(mine, theirs) is None


@pytest.mark.parametrize(
    ("formats", "name", "tracks", "expected"),
    [
        pytest.param(("Vinyl", "LP", "Album"), "Thriller", 9, EXACT, id="album and album"),
        pytest.param(("Vinyl", '7"', "Single"), "Thriller", 9, DOUBTFUL, id="single and album"),
        pytest.param(("Vinyl", '7"', "Single"), "Thriller", 2, EXACT, id="single and few tracks"),
        pytest.param(("CD", "Album"), "Thriller - Single", 2, DOUBTFUL, id="album and single"),
        pytest.param(("CD", "Album"), "Thriller", 2, EXACT, id="an album of two long tracks"),
        pytest.param(("CD", "Single"), "Thriller - Single", 2, EXACT, id="single and single"),
        pytest.param(("CD", "EP"), "Thriller - EP", 5, EXACT, id="an EP"),
    ],
)
def test_single_is_not_the_album_of_its_name(
    formats: tuple[str, ...], name: str, tracks: int, expected: Confidence
) -> None:
    hit = make_hit("Thriller", "Michael Jackson", formats=formats)
    item = msgspec.structs.replace(make_item(name, "Michael Jackson"), track_count=tracks)

    assert confidence_of(work_of(item), work_of(hit)) is expected


def test_plainest_title_and_nearest_year_come_first() -> None:
    wanted = Work(title="Blue", artists=("Joni Mitchell",), year=1971)
    stranger = make_hit("Blue", "LeAnn Rimes", year=1971)
    deluxe = make_hit("Blue (Deluxe Edition)", "Joni Mitchell", year=1971)
    remaster = make_hit("Blue (Remastered)", "Joni Mitchell", year=1971)
    late, first = (make_hit("Blue", "Joni Mitchell", year=year) for year in (2007, 1971))

    found = matches_of(wanted, [stranger, deluxe, remaster, late, first])

    assert [match.hit for match in found] == [first, late, remaster, deluxe]
    assert [match.confidence for match in found] == [EXACT, EXACT, EXACT, LIKELY]


def test_album_that_lost_its_name_is_no_match() -> None:
    gone = Work(title="", artists=("Miles Davis",))

    assert confidence_of(gone, gone) is None


def test_nobody_fits_among_strangers() -> None:
    assert best_match(Work(title="Blue", artists=("Eiffel 65",)), [make_hit("Blue", "Lee")]) is None


WORDS = st.text(st.sampled_from("abcdeéö &()-'*,.:[]12"), max_size=24)


@given(WORDS, WORDS, WORDS, WORDS)
@settings(max_examples=50)
def test_matching_is_symmetric_and_knows_itself(
    title: str, artist: str, other_title: str, other_artist: str
) -> None:
    one = Work(title=title, artists=(artist,))
    other = Work(title=other_title, artists=(other_artist,))

    assert confidence_of(one, other) == confidence_of(other, one)
    if artist.strip() and title.strip():
        assert confidence_of(one, one) is not None


NAMES = st.lists(st.sampled_from(["Nina", "Simone", "Coltrane", "Baker", "Evans"]), min_size=1)
NOISE = st.sampled_from(
    ["", " (Deluxe Edition)", " - Remastered 2011", " [2xLP]", " (Live)", " (Karaoke)", ": Best Of"]
)


@given(NAMES, NAMES, NOISE, NOISE)
@settings(max_examples=50)
def test_stranger_never_matches_whatever_the_title(
    mine: list[str], theirs: list[str], noise: str, other_noise: str
) -> None:
    if set(mine) & set(theirs):
        return
    one = Work(title=f"Blue{noise}", artists=(" ".join(mine),), year=1971)
    other = Work(title=f"Blue{other_noise}", artists=(" & ".join(theirs),), year=1971)

    assert confidence_of(one, other) is None


@given(NOISE)
@settings(max_examples=20)
def test_noise_never_makes_another_work_of_it(noise: str) -> None:
    match = best_match(
        Work(title="Blue", artists=("Joni Mitchell",)), [make_hit(f"Blue{noise}", "Joni Mitchell")]
    )

    is_other = "Karaoke" in noise
    assert (match is None) == is_other
    assert isinstance(match, Match) != is_other
