"""What wantlists and changes look like, also at their extremes."""

from collections.abc import Callable
from typing import Any

import pytest
from discord import ui
from fakes.shown_copies import make_copy

from bot.i18n import Texts
from bot.ui.edit_cards import edit_form, edit_pages, edited_card
from bot.ui.outcomes import change_failed
from bot.ui.want_cards import clean_up_card, cleaned_up_card
from bot.ui.wantlist_card import wants_card
from services.collection.edit_models import Editable, Edited, EditField, Part, Step
from services.collection.models import SyncProblem
from services.collection.want_models import (
    CleanedUp,
    Possession,
    StoredWant,
    WantlistState,
    WantsPage,
)
from services.discogs.shelf_models import Format, LabelLine
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    CircuitOpen,
    ExternalServiceException,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    UpstreamTimeout,
)

Checker = Callable[[ui.LayoutView], list[str]]
USER, KEY = 565_143_876_403_331_072, "a38e41b6437d48c8"
HOSTILE = ["x" * 5_000, "*" * 5_000, "a " * 2_500, "漢" * 5_000, "[@everyone](http://x) " * 99]


def make_want(release_id: int, name: str, possession: Possession = Possession.NONE) -> StoredWant:
    return StoredWant(
        release_id=release_id,
        title=name,
        artist=name,
        year=1958,
        formats=(Format(name=name, descriptions=(name,)),),
        labels=(LabelLine(name=name, catno=name),),
        thumb_url="https://i.example/a.jpg",
        possession=possession,
    )


def make_page(*wants: StoredWant, **state: Any) -> WantsPage:  # noqa: ANN401  # passed through
    return WantsPage(
        wants=wants,
        page=1,
        pages=1,
        matching=len(wants),
        owned=len(wants),
        may_write=True,
        state=WantlistState(username="digger", **state),
    )


def shown(view: ui.LayoutView) -> str:
    return "\n".join(
        item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_cards_of_hostile_names_are_within_the_limits(
    problems_of: Checker, name: str, texts: Texts
) -> None:
    wants = [make_want(n, name, Possession(n % 3)) for n in range(10**9, 10**9 + 12)]
    page = make_page(*wants[:6], problem=SyncProblem.PRIVATE)
    done = CleanedUp(
        removed=tuple(wants[:7]), left=tuple(wants[7:]), failure=OutcomeUnknown("discogs", "x")
    )

    cards = [
        wants_card(page, name, user_id=USER, key=KEY, texts=texts),
        clean_up_card(wants, "digger", user_id=USER, key=KEY, texts=texts),
        cleaned_up_card(done, "digger", user_id=USER, owned=12, texts=texts),
    ]

    assert [problems_of(card) for card in cards] == [[], [], []]


def test_clean_up_in_doubt_names_the_one_it_is_about_and_those_left(english: Texts) -> None:
    wants = [make_want(number, f"Record {number}") for number in (1, 2, 3)]
    failure = OutcomeUnknown("discogs", "remove_wish")
    done = CleanedUp(removed=(wants[0],), left=tuple(wants[1:]), failure=failure)

    text = shown(cleaned_up_card(done, "digger", user_id=USER, owned=0, texts=english))

    removed, _, rest = text.partition("I can't tell whether Discogs did that")
    doubtful, _, left = rest.partition("These are still on it:")
    assert "Record 1" in removed
    assert "Record 2" in doubtful
    assert "Record 3" in left


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(
            UpstreamTimeout("discogs", "x"),
            "Discogs is taking too long to answer. As far as I can see, nothing has changed. "
            "Try again in a minute.",
            id="looked up: not done",
        ),
        pytest.param(
            CircuitOpen("discogs", "x"),
            "Discogs has been failing, so I'm giving it a rest. Nothing has changed. Try again in "
            "a minute.",
            id="not sent",
        ),
        pytest.param(
            OutcomeUnknown("discogs", "x"),
            "I can't tell whether Discogs did that: its answer got lost. Look again in a minute, "
            "before you try once more.",
            id="not known",
        ),
        pytest.param(
            AuthenticationFailed("discogs", "x", 401),
            "My link to your Discogs account no longer works. Please link it again with `/account "
            "link-discogs`. Nothing has changed.",
            id="401",
        ),
        pytest.param(
            AccessDenied("discogs", "x", 403),
            "Discogs doesn't let me change that. Nothing has changed.",
            id="403",
        ),
        pytest.param(
            NotFound("discogs", "x", 404),
            "Discogs has no such entry; it may have been deleted. Nothing has changed.",
            id="404",
        ),
        pytest.param(
            InvalidRequest("discogs", "x", 422),
            "Discogs doesn't take that. Nothing has changed.",
            id="422",
        ),
    ],
)
def test_failed_change_is_told_with_how_things_stand(
    error: ExternalServiceException, expected: str, english: Texts
) -> None:
    assert change_failed(error, english) == expected


# --- Editing


def make_editable(**fields: Any) -> Editable:  # noqa: ANN401  # passed through
    settings: dict[str, Any] = {
        "copy": make_copy(rating=2),
        "folder_id": 7,
        "folders": {1: "Uncategorized", 7: "Salon"},
        "fields": (EditField(field_id=3, name="Notes", text="dusty"),),
        "version": KEY,
    }
    return Editable(**(settings | fields))


def controls(editable: Editable, page: int, texts: Texts) -> list[tuple[str, object]]:
    """Return each control's id and what it begins with."""
    form = edit_form(editable, page, user_id=USER, texts=texts)
    found: list[tuple[str, object]] = []
    for item in form.walk_children():
        if isinstance(item, ui.Select):
            chosen = [option.value for option in item.options if option.default]
            found.append((item.custom_id, chosen))
        elif isinstance(item, ui.TextInput):
            found.append((item.custom_id, item.default or ""))
    return found


def test_form_begins_with_how_things_are(english: Texts) -> None:
    graded = EditField(field_id=1, name="Media", text="Good (G)", options=("Mint (M)", "Good (G)"))

    form = make_editable(fields=(graded, EditField(field_id=3, name="Notes", text="dusty")))

    assert controls(form, 0, english) == [
        ("rating", ["2"]),
        ("folder", ["7"]),
        ("field1", ["Good (G)"]),
        ("field3", "dusty"),
    ]


def test_text_that_is_none_of_the_options_can_be_kept(english: Texts) -> None:
    odd = EditField(field_id=1, name="Media", text="Chewed", options=("Mint (M)",))

    assert controls(make_editable(fields=(odd,)), 0, english)[2] == ("field1", ["Chewed"])


def test_more_fields_than_a_form_takes_are_in_the_next_one(english: Texts) -> None:
    fields = tuple(EditField(field_id=number, name=f"F{number}") for number in range(1, 10))
    editable = make_editable(fields=fields)

    forms = [controls(editable, page, english) for page in range(edit_pages(editable))]

    assert [len(form) for form in forms] == [5, 5, 1]
    assert len({name for form in forms for name, _ in form}) == 11


def test_text_too_long_for_a_form_is_not_asked_for_lest_it_come_back_cut(english: Texts) -> None:
    long = EditField(field_id=3, name="Notes", text="x" * 4_001)

    assert [name for name, _ in controls(make_editable(fields=(long,)), 0, english)] == [
        "rating",
        "folder",
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_edited_card_of_hostile_names_is_within_the_limits(
    problems_of: Checker, name: str, texts: Texts
) -> None:
    step = Step(part=Part.NOTE, number=3, name=name, text=name)
    edited = Edited(
        copy=make_copy(title=name, artist=name),
        done=(step,) * 2,
        left=(step,) * 3,
        failure=OutcomeUnknown("discogs", "note_copy"),
    )

    card = edited_card(edited, "digger", user_id=USER, page=0, pages=2, texts=texts)

    assert problems_of(card) == []
