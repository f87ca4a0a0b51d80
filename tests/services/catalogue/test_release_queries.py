"""How a query is read, and what is tried next."""

import pytest

from services.catalogue.queries import Reading, readings_of
from services.music import InvalidQuery

RELEASE, MASTER = Reading.RELEASE, Reading.MASTER
BARCODE, CATNO, TEXT = Reading.BARCODE, Reading.CATNO, Reading.TEXT


@pytest.mark.parametrize(
    ("query", "readings"),
    [
        ("249504", (RELEASE, CATNO, TEXT)),
        ("12345678", (RELEASE, BARCODE, CATNO, TEXT)),
        ("5012394144777", (BARCODE, CATNO, TEXT)),
        ("00000000", (BARCODE, CATNO, TEXT)),
        ("[r249504]", (RELEASE,)),
        ("https://www.discogs.com/release/249504-Rick-Astley", (RELEASE,)),
        ("https://www.discogs.com/master/96559-Rick-Astley", (MASTER,)),
        ("0 74646-49352 6", (BARCODE, CATNO, TEXT)),
        ("7 46208 2", (CATNO, TEXT)),
        ("BLP 1577", (CATNO, TEXT)),
        ("ilps-9083", (CATNO, TEXT)),
        ("CDP 7 46208 2", (CATNO, TEXT)),
        ("4AD 0001", (CATNO, TEXT)),
        ("Blue Train", (TEXT,)),
        ("Kid A 2000", (TEXT,)),
        ("24 hours", (TEXT,)),
        ("音楽", (TEXT,)),
        ("\uff11\uff12\uff13", (TEXT,)),
    ],
)
def test_query_is_read_in_every_way_that_fits_the_likeliest_first(
    query: str, readings: tuple[Reading, ...]
) -> None:
    assert readings_of(query) == readings


@pytest.mark.parametrize("query", ["", "7", " r ", "x" * 201, "!!!"])
def test_query_that_can_mean_nothing_is_refused(query: str) -> None:
    with pytest.raises(InvalidQuery):
        readings_of(query)
