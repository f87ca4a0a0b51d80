"""What a release costs and how old that is, and what is still waited for."""

from typing import Final

from bot.errors import sentence_with_advice
from bot.i18n import Texts
from bot.ui.provenance import source_line
from bot.ui.search_card import PENDING_MARK
from bot.ui.text import link, money, number, timestamp
from services.answers import Answer
from services.catalogue.release_view import ReleaseView, Settled
from services.discogs.models import MarketStats, Release
from services.errors import ExternalServiceException

_SELL: Final = "https://www.discogs.com/sell/release"


def market_text(view: ReleaseView, release: Release, texts: Texts) -> str:
    """Return the lowest price and how many are for sale, or why that is not known."""
    lines = [] if view.market is None else [_market(view.market, release, texts)]
    if view.market is None and not view.is_complete:
        lines.append(f"{PENDING_MARK} " + texts.gettext("Looking up what it costs…"))
    if view.versions is None and release.master_id is not None and not view.is_complete:
        lines.append(f"{PENDING_MARK} " + texts.gettext("Looking up the other pressings…"))
    return "\n".join(lines)


def _market(market: Settled[MarketStats], release: Release, texts: Texts) -> str:
    if isinstance(market, ExternalServiceException):
        why = sentence_with_advice(market, None, texts)
        return "⚠️ " + texts.gettext("What it costs isn't known now. {why}", why=why)
    said = _offer(market.value, f"{_SELL}/{release.release_id}", texts)
    note = source_line("discogs", market, texts)
    if note is not None:
        return f"{said}\n{note}"
    return f"{said} · {_age(market, texts)}" if market.as_of is not None else said


def _offer(stats: MarketStats, url: str, texts: Texts) -> str:
    if stats.is_blocked:
        return "🚫 " + texts.gettext("It may not be sold on Discogs.")
    if not stats.for_sale or stats.lowest_price is None or stats.currency is None:
        return "🏷️ " + texts.gettext("Nobody sells it on Discogs right now.")
    count = texts.ngettext(
        "{number} for sale",
        "{number} for sale",
        stats.for_sale,
        number=number(stats.for_sale, texts.language),
    )
    price = money(stats.lowest_price, stats.currency, texts.language)
    return "🏷️ " + texts.gettext("{count} from **{price}**", count=link(count, url), price=price)


def _age(market: Answer[MarketStats], texts: Texts) -> str:
    assert market.as_of is not None  # noqa: S101  # the caller has looked
    return texts.gettext("asked {when}", when=timestamp(market.as_of))
