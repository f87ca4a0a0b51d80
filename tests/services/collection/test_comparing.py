"""Two collections side by side, against their definitions."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.collection.comparing import compare_shelves, taste_of
from services.collection.shared_models import Section

_pressings = st.lists(st.tuples(st.integers(1, 9), st.sampled_from([None, 1, 2, 3])), max_size=12)
_genres = st.lists(
    st.tuples(st.sampled_from(["Jazz", "Rock", "Jazz\nRock", "Pop", ""]), st.integers(1, 9)),
    max_size=6,
)


@settings(max_examples=50)
@given(mine=_pressings, theirs=_pressings)
def test_sections_hold_what_they_say_and_mirror_each_other(
    mine: list[tuple[int, int | None]], theirs: list[tuple[int, int | None]]
) -> None:
    found, mirrored = compare_shelves(mine, theirs), compare_shelves(theirs, mine)
    my_releases, their_releases = ({release for release, _ in side} for side in (mine, theirs))

    assert sorted(found[Section.BOTH]) == sorted((n, n) for n in my_releases & their_releases)
    assert {pair[0] for pair in found[Section.MINE]} <= my_releases - their_releases
    assert {pair[1] for pair in found[Section.THEIRS]} <= their_releases - my_releases
    assert {len(found[Section.MINE])} == {len(mirrored[Section.THEIRS])}
    assert {len(found[Section.OTHER])} == {len(mirrored[Section.OTHER])}
    shown = [release for section in found.values() for pair in section for release in pair]
    assert set(shown) <= my_releases | their_releases | {None}


@settings(max_examples=50)
@given(mine=_genres, theirs=_genres)
def test_taste_is_a_share_of_both_and_the_same_from_either_side(
    mine: list[tuple[str, int]], theirs: list[tuple[str, int]]
) -> None:
    found, mirrored = taste_of(mine, theirs), taste_of(theirs, mine)

    if found is None or mirrored is None:
        assert found is mirrored is None
        return
    assert 0 <= found.overlap <= 1
    assert abs(found.overlap - mirrored.overlap) < 1e-9
    assert (found.overlap == 0) == (not found.genres)


def test_same_shelf_is_wholly_alike_and_strange_ones_not_at_all() -> None:
    jazz, rock = [("Jazz", 3), ("Jazz\nFunk", 1)], [("Rock", 9)]

    same, strange = taste_of(jazz, jazz), taste_of(jazz, rock)

    assert same is not None
    assert strange is not None
    assert (same.overlap, strange.overlap) == (1.0, 0.0)
    assert taste_of(jazz, []) is None
