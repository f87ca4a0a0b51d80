"""How a linked Spotify account looks, to its person alone."""

from datetime import UTC, datetime, timedelta

import pytest
from discord import ui

from bot.i18n import Catalogue, Texts
from bot.ui.account_card import account_panel, discogs_section
from bot.ui.spotify_account_card import (
    address_form,
    expiring_card,
    expiry_line,
    spotify_authorize_panel,
    spotify_section,
    spotify_unlinked_text,
)
from services.accounts.models import SpotifyLink
from services.accounts.spotify_expiry import SpotifyExpiring
from services.spotify.accounts import SCOPES

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
END = NOW + timedelta(days=180)
USER = 565_143_876_403_331_072
EN = Catalogue().texts("en")
URL = "https://accounts.spotify.com/authorize?state=x"


def link(
    name: str = "Marie",
    *,
    is_expiring: bool = False,
    is_usable: bool = True,
    scopes: tuple[str, ...] = SCOPES,
) -> SpotifyLink:
    return SpotifyLink(
        name=name,
        linked_at=NOW,
        expires_at=END,
        is_expiring=is_expiring,
        is_usable=is_usable,
        scopes=frozenset(scopes),
    )


def panel_of(
    linked: SpotifyLink | None, texts: Texts = EN, *, is_enabled: bool = True
) -> ui.LayoutView:
    discogs = discogs_section(None, None, user_id=USER, has_oauth=True, texts=texts)
    spotify = spotify_section(linked, user_id=USER, is_enabled=is_enabled, texts=texts)
    return account_panel(discogs, spotify, texts=texts)


def text_of(view: ui.LayoutView) -> str:
    return "\n".join(
        item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)
    )


def labels_of(view: ui.LayoutView) -> list[str | None]:
    return [item.label for item in view.walk_children() if isinstance(item, ui.Button)]


@pytest.mark.parametrize(
    ("linked", "is_enabled", "said", "buttons"),
    [
        pytest.param(None, True, "five people", ["Link with Spotify"], id="not linked"),
        pytest.param(None, False, "`SPOTIFY_CLIENT_ID`", [], id="no keys"),
        pytest.param(
            link(),
            True,
            f"holds until <t:{END.timestamp():.0f}:D>",
            ["Unlink Spotify"],
            id="linked",
        ),
        pytest.param(
            link(is_expiring=True),
            True,
            f"⌛ Spotify ends this link <t:{END.timestamp():.0f}:R>",
            ["Link again", "Unlink Spotify"],
            id="expiring",
        ),
        pytest.param(
            link(is_usable=False),
            True,
            "no longer accepts this link",
            ["Link again", "Unlink Spotify"],
            id="refused",
        ),
        pytest.param(
            link(scopes=("playlist-read-private",)),
            True,
            "You let me see your playlists.",
            ["Unlink Spotify"],
            id="less than asked for",
        ),
        pytest.param(link(), False, "Marie", ["Unlink Spotify"], id="keys lost"),
    ],
)
def test_panel_says_how_it_stands_and_what_can_be_done(
    linked: SpotifyLink | None, *, is_enabled: bool, said: str, buttons: list[str]
) -> None:
    view = panel_of(linked, is_enabled=is_enabled)

    assert said in text_of(view)
    assert labels_of(view) == ["Link with Discogs", *buttons]


def test_name_cannot_pass_for_words_of_ours() -> None:
    linked = link("**@everyone** [x](https://evil.example)")

    for text in (text_of(panel_of(linked)), spotify_unlinked_text(linked, EN)):
        assert "[x](https://evil.example)" not in text
        assert "**@everyone**" not in text


@pytest.mark.parametrize(
    ("is_brought_back", "buttons"),
    [(True, ["Open Spotify"]), (False, ["Open Spotify", "Bring the address"])],
)
def test_way_back_is_offered_where_spotify_knows_none(
    *, is_brought_back: bool, buttons: list[str]
) -> None:
    view = spotify_authorize_panel(URL, user_id=USER, is_brought_back=is_brought_back, texts=EN)

    assert labels_of(view) == buttons


def test_address_too_long_for_a_button_is_a_link() -> None:
    long = f"{URL}{'x' * 500}"

    view = spotify_authorize_panel(long, user_id=USER, is_brought_back=True, texts=EN)

    assert labels_of(view) == []
    assert f"[Open Spotify]({long})" in text_of(view)


def test_line_warns_only_while_the_end_is_near() -> None:
    assert expiry_line(link(), EN) is None
    assert "`/account link-spotify` renews it" in (expiry_line(link(is_expiring=True), EN) or "")


def test_message_before_the_end_has_a_button_of_its_person() -> None:
    view = expiring_card(SpotifyExpiring(USER, END), EN)

    assert f"yours ends <t:{END.timestamp():.0f}:R>" in text_of(view)
    [button] = [item for item in view.walk_children() if isinstance(item, ui.Button)]
    assert button.custom_id == f"account:spotify-link:{USER}"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_form_fits_discord(language: str) -> None:
    [label] = address_form(USER, Catalogue().texts(language)).to_dict()["components"]

    assert len(label["label"]) <= 45
    assert len(label["description"]) <= 100
