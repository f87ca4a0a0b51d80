"""A digest as a message: what it says, what it leaves out, and Discord's limits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from discord import ui
from fakes.digest_content import NOW, make_content, make_record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.i18n import LANGUAGES, Catalogue, Texts
from bot.ui.additions_card import additions_card
from bot.ui.digest_card import digest_card, digest_preview
from bot.ui.digest_marks import Additions
from bot.ui.layout import looks_of
from services.collection.highlight_models import PickReason
from services.descriptions.models import AlbumFacts, Form
from services.digests.additions import AdditionsPage
from services.digests.content_models import (
    Anniversary,
    ChangedDigest,
    CheaperWish,
    DigestContent,
    DigestPick,
    MemberPart,
    ValueChange,
)
from services.digests.models import Cadence, PreviewedDigest, Slot

SLOT = Slot(5, datetime(2026, 11, 23, 7, tzinfo=UTC))
MARK = "digest:5:1795417200"
FACTS = AlbumFacts(
    release_id=1,
    title="Blue Train",
    artist="John Coltrane",
    first_year=1958,
    url="https://www.discogs.com/release/1",
)
ANN, BOB = 11, 22


def make_part(user_id: int = ANN, **fields: Any) -> MemberPart:  # noqa: ANN401  # a builder
    return MemberPart(user_id=user_id, **({"read_at": NOW} | fields))


def make_pick(**fields: Any) -> DigestPick:  # noqa: ANN401  # a builder
    own: dict[str, Any] = {
        "owner_id": ANN,
        "record": make_record(added_at=NOW - timedelta(days=3_000)),
        "reason": PickReason.CHANCE,
        "facts": FACTS,
    }
    return DigestPick(**(own | fields))


def shown(content: DigestContent, texts: Texts) -> str:
    """Return everything that can be read in the message."""
    return "\n".join(_texts(looks_of(_card(content, texts))))


def _card(content: DigestContent, texts: Texts) -> ui.LayoutView:
    return digest_card(ChangedDigest(slot=SLOT, content=content), texts)


def _texts(components: list[Any]) -> list[str]:
    found: list[str] = []
    for each in components:
        found += [each["content"]] if "content" in each else []
        found += _texts(each.get("components") or [])
    return found


def buttons(content: DigestContent, texts: Texts) -> list[str]:
    """Return the custom ids."""
    return [each["custom_id"] for each in looks_of(_card(content, texts))[-1]["components"]]


def test_card_says_who_added_what_and_how_much_more(english: Texts) -> None:
    records = tuple(make_record(f"Title {each}", release_id=each) for each in range(1, 6))
    content = make_content(members=(make_part(added=records, added_count=7),))

    text = shown(content, english)

    assert "**7 records** added since <t:1794810600:D>" in text
    assert "<@11> · 7 records" in text
    assert "[Title 5](https://www.discogs.com/release/5)** · 1957" in text
    assert "and 2 more" in text


def test_card_counts_those_that_it_has_no_room_for(english: Texts) -> None:
    record = make_record("T" * 60, artist="A" * 60)
    parts = tuple(make_part(each, added=(record,) * 5, added_count=9) for each in range(100, 200))

    text = shown(make_content(members=parts), english)

    told = text.count("· 9 records")
    rest = 100 - told
    assert 3 < told < 100
    assert f"and {rest} more people: {rest * 9} records" in text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        pytest.param(PickReason.SEASON, "It's December, and <@11> has a record for it.", id="a"),
        pytest.param(PickReason.NEVER_PLAYED, "<@11> hasn't noted playing this one yet.", id="b"),
        pytest.param(PickReason.LONG_AGO, "<@11> hasn't played it for a long time.", id="c"),
        pytest.param(PickReason.OLD_FRIEND, "On <@11>'s shelf since <t:1536215400:D>.", id="d"),
        pytest.param(PickReason.CHANCE, "Picked from <@11>'s shelf by chance.", id="e"),
    ],
)
def test_pick_says_why(english: Texts, reason: PickReason, said: str) -> None:
    pick = make_pick(reason=reason)

    assert said in shown(make_content(members=(make_part(),), pick=pick), english)


def test_text_is_labelled_and_its_unconfirmed_numbers_are_named(english: Texts) -> None:
    pick = make_pick(form=Form.BRIEF, text="Recorded in 1957, or was it 1958? Play it.")

    text = shown(make_content(members=(make_part(),), pick=pick), english)

    assert "Recorded in 1957" in text
    assert "-# Written by AI (EurIA); it may be wrong." in text
    assert "Not confirmed by Discogs: 1957." in text


def test_text_never_stands_beside_a_borrowed_picture(english: Texts) -> None:
    pick = make_pick(text="A\nB\nC of it", picture="https://i.discogs.com/a.jpg")

    [card, _] = looks_of(_card(make_content(members=(make_part(),), pick=pick), english))

    [section] = [each for each in card["components"] if each["type"] == 9]
    assert "*A*" not in str(section)


def test_template_stands_in_for_a_text_that_comes_later(english: Texts) -> None:
    text = shown(make_content(pick=make_pick(is_owed=True)), english)

    assert "first came out in 1958" in text
    assert "EurIA is away right now" in text
    assert "Written by AI" not in text


def test_short_card_has_the_pick_and_a_line(english: Texts) -> None:
    jubilee = Anniversary(record=make_record(), years=50)
    part = make_part(jubilees=(jubilee,), months=(1, 2, 3, 4, 5, 6))

    text = shown(make_content(members=(part,), pick=make_pick()), english)

    assert "Nothing was added since <t:1794810600:D>." in text
    assert "One to play" in text
    assert "ago" not in text
    assert "█" not in text


def test_card_of_nobody_says_how_to_join(english: Texts) -> None:
    content = make_content()

    assert "`/digest join`" in shown(content, english)
    [custom_id] = buttons(content, english)
    assert MARK in custom_id


def test_anniversaries_say_what_is_known_and_no_more(english: Texts) -> None:
    bought = make_record("Homogenic", added_at=datetime(2016, 11, 20, tzinfo=UTC))
    part = make_part(
        bought=(Anniversary(record=bought, years=10),),
        jubilees=(Anniversary(record=make_record(), years=50),),
    )

    text = shown(make_content(members=(part,)), english)

    assert "came out 50 years ago this year · <@11>" in text
    assert "joined <@11>'s shelf 10 years ago (<t:1479600000:D>)" in text


def test_value_and_wishes_say_how_they_changed(english: Texts) -> None:
    value = ValueChange(before="€100.00", before_at=NOW, now="€120.00", now_at=NOW)
    wish = CheaperWish(record=make_record(), price=15.0, currency="EUR", asked_at=NOW)
    part = make_part(value=value, cheaper=(wish,))

    text = shown(make_content(members=(part,)), english)

    assert "<@11>'s collection: **€120.00** · +€20.00 (+20%) since <t:" in text
    assert "got cheaper: now from **€15.00**" in text


def test_old_data_says_whose_and_how_old(english: Texts) -> None:
    old = make_part(BOB, read_at=NOW - timedelta(days=2), is_stale=True)

    text = shown(make_content(members=(make_part(), old), unread_count=1), english)

    assert "Discogs couldn't be asked about everything: <@22> as of <t:1795242600:R>." in text
    assert "1 member's collection can't be read yet" in text
    assert "as read <t:1795415400:f> · [Data provided by Discogs]" in text


def test_chart_has_a_bar_for_each_month(english: Texts) -> None:
    parts = (
        make_part(months=(0, 1, 2, 4, 0, 3), added_count=1),
        make_part(BOB, months=(0, 0, 0, 4, 0, 0)),
    )

    text = shown(make_content(members=parts), english)

    assert "Jun 0\nJul ██ 1\n" in text
    assert "Sep ██████████████ 8" in text


def test_buttons_carry_the_slot_and_work_for_everybody(english: Texts) -> None:
    part = make_part(added=(make_record(),), added_count=1)

    ids = buttons(make_content(members=(part,), pick=make_pick()), english)

    assert ids == [
        f"digest_list:{MARK}:1794810600:1795415400",
        "digest_describe:r1",
        f"digest_hide:{MARK}",
    ]


def test_member_who_is_taken_out_leaves_no_trace(english: Texts) -> None:
    part = make_part(added=(make_record(),), added_count=1, months=(1, 1, 1, 1, 1, 1))
    content = make_content(members=(part, make_part(BOB)), pick=make_pick(text="A text of it."))

    text = shown(content.without(ANN), english)

    assert "<@11>" not in text
    assert "Coltrane" not in text
    assert "A text of it." not in text


@pytest.mark.parametrize("cadence", list(Cadence))
def test_card_speaks_the_servers_language(catalogue: Catalogue, cadence: Cadence) -> None:
    content = make_content(cadence=cadence)

    assert shown(content, catalogue.texts("fr")) != shown(content, catalogue.texts("en"))


# --- Whatever titles hold

_HOSTILE = st.one_of(
    st.sampled_from(["", "x" * 3_000, "*" * 3_000, "🎺" * 900, "音" * 900, "\u202e" * 50]),
    st.sampled_from(["@everyone <@1>", "](https://a.b)", "# **a** ```", "שלום עולם", "{name}"]),
    st.text(max_size=30),
)
_RECORD = st.builds(
    make_record,
    _HOSTILE,
    artist=_HOSTILE,
    release_id=st.sampled_from([None, 2**53]),
    added_at=st.just(NOW),
)
_ANNIVERSARY = st.builds(Anniversary, record=_RECORD, years=st.sampled_from([1, 50]))
_WISH = st.builds(
    CheaperWish,
    record=_RECORD,
    price=st.sampled_from([0.01, 99_999_999.0]),
    currency=st.just("EUR"),
    asked_at=st.just(NOW),
)
_PART = st.builds(
    MemberPart,
    user_id=st.just(2**63 - 1),
    read_at=st.just(NOW),
    is_stale=st.booleans(),
    added=st.lists(_RECORD, max_size=5).map(tuple),
    added_count=st.sampled_from([0, 5, 10_000]),
    bought=st.lists(_ANNIVERSARY, max_size=5).map(tuple),
    jubilees=st.lists(_ANNIVERSARY, max_size=2).map(tuple),
    months=st.sampled_from([(), (0, 0, 0, 0, 0, 10_000), (1, 0, 3, 9_999, 2, 1)]),
    cheaper=st.lists(_WISH, max_size=6).map(tuple),
)
_PICK = st.builds(
    DigestPick,
    owner_id=st.just(2**63 - 1),
    record=_RECORD,
    reason=st.sampled_from(PickReason),
    facts=st.builds(
        AlbumFacts,
        release_id=st.just(1),
        title=_HOSTILE,
        artist=_HOSTILE,
        labels=st.lists(_HOSTILE, max_size=2).map(tuple),
        styles=st.lists(_HOSTILE, max_size=4).map(tuple),
        first_year=st.just(1958),
        pressing_year=st.just(1960),
        url=st.just("https://www.discogs.com/release/1"),
    ),
    form=st.sampled_from([Form.HAIKU, Form.BRIEF]),
    text=_HOSTILE,
    is_owed=st.booleans(),
)
_CONTENT = st.builds(
    make_content,
    members=st.lists(_PART, max_size=3).flatmap(
        lambda parts: st.sampled_from([1, 40]).map(lambda times: tuple(parts) * times)
    ),
    unread_count=st.sampled_from([0, 1_000]),
    pick=st.none() | _PICK,
)
_LANGUAGE = st.sampled_from([Catalogue().texts(language) for language in LANGUAGES])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=_CONTENT, texts=_LANGUAGE)
def test_digest_stays_within_discords_limits(
    problems_of: Callable[[ui.LayoutView], list[str]], content: DigestContent, texts: Texts
) -> None:
    view = _card(content, texts)

    turning = "characters that turn the reading direction"  # isolates around Hebrew are ours
    assert [each for each in problems_of(view) if each != turning] == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(_RECORD, max_size=12), texts=_LANGUAGE)
def test_full_list_stays_within_discords_limits(
    problems_of: Callable[[ui.LayoutView], list[str]], records: list[Any], texts: Texts
) -> None:
    rows = tuple((2**63 - each, record) for each, record in enumerate(records, 1))
    page = AdditionsPage(rows=rows, page=1, pages=900, count=9_999, since=NOW, until=NOW)
    asked = Additions(digest_id=2**53, since=NOW, until=NOW)

    view = additions_card(page, asked, user_id=2**63 - 1, texts=texts)

    turning = "characters that turn the reading direction"
    assert [each for each in problems_of(view) if each != turning] == []


def test_content_survives_being_stored() -> None:
    part = make_part(added=(make_record(),), added_count=1)
    content = make_content(members=(part,), pick=make_pick())

    assert msgspec.json.decode(msgspec.json.encode(content), type=DigestContent) == content


def test_nothing_in_a_preview_acts_on_what_is_posted_or_promises_to_be_mended(
    texts: Texts,
) -> None:
    content = make_content(members=(make_part(),), pick=make_pick(is_owed=True))

    looks = looks_of(digest_preview(PreviewedDigest(slot=SLOT, content=content), texts))
    hide = next(each for each in looks[-1]["components"] if "digest_hide" in each["custom_id"])
    said = "\n".join(_texts(looks))

    assert hide["disabled"]
    assert "⏳" not in said
    assert "👁️" in said


def test_digest_of_members_who_cannot_be_read_yet_does_not_say_that_there_are_none() -> None:
    said = shown(make_content(unread_count=2), Catalogue().texts("en"))

    assert "There's nothing to tell of yet." in said
    assert "2 members' collections can't be read yet" in said
    assert "Nobody's records" not in said


def test_music_that_two_members_have_is_one_anniversary_of_both() -> None:
    jubilees = (Anniversary(record=make_record("Blue Train"), years=60),)
    parts = tuple(
        make_part(each, added=(make_record(),), added_count=1, jubilees=jubilees)
        for each in (ANN, BOB)
    )

    said = shown(make_content(members=parts), Catalogue().texts("en"))

    assert said.count("🎂") == 1
    assert f"60 years ago this year · <@{ANN}>, <@{BOB}>" in said
