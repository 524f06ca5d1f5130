"""Odds API v4 event odds -> odds_game_lines."""

from collections.abc import Iterator

from data_processors.raw.landed import LandedBody
from data_processors.raw.odds_boards import Board, boards, game_of
from data_processors.raw.table import Known, Parsed, Row
from scrapers.bodies import Rejected, kept, rejected
from scrapers.odds_api.bodies import EventOdds, Outcome, read_event_odds
from scrapers.odds_api.prices import quoted

MARKETS = frozenset({"spreads", "totals", "h2h"})
_WITHOUT_LINE = "h2h"


def parse(landed: LandedBody, known: Known) -> Parsed:
    """Every side of a game's pre-tip boards; nothing of a list of events, nor without its scheduled game."""
    if landed.kind != "odds":
        return Parsed()
    odds = read_event_odds(landed.body, str(landed.event_id))
    game = game_of(odds, known.slate)
    if game is None:
        return Parsed()
    sides = {odds.home_team: "home", odds.away_team: "away", "Over": "over", "Under": "under"}
    rows: dict[tuple[object, ...], Row] = {}
    bad = _rejected(odds)
    for board in boards(landed, odds, game, MARKETS):
        for row in _rows(board, sides, bad):
            rows[row["bookmaker"], row["market"], row["side"], row["snapshot_at"]] = row
    return Parsed(rows=list(rows.values()), rejected=bad)


def _rejected(odds: EventOdds) -> list[Rejected]:
    """Sides that are not what they should be; of whole books and boards the table of props tells."""
    markets = [market for book in kept(odds.bookmakers) for market in kept(book.markets)]
    return rejected(side for market in markets if market.key in MARKETS for side in market.outcomes)


def _rows(board: Board, sides: dict[str, str], bad: list[Rejected]) -> Iterator[Row]:
    for outcome in kept(board.market.outcomes):
        if why := _fault(board.market.key, outcome, sides):
            bad.append(Rejected(why, outcome.model_dump()))
            continue
        price = quoted(outcome.price)
        yield {
            **board.shared,
            "side": sides[outcome.name],
            "line": outcome.point,
            "price": price.american,
            "price_decimal": price.decimal,
        }


def _fault(market: str, outcome: Outcome, sides: dict[str, str]) -> str | None:
    if outcome.name not in sides:
        return f"name: {outcome.name!r} is no side of this game"
    if outcome.point is None and market != _WITHOUT_LINE:
        return f"point: missing in {market}"
    return None
