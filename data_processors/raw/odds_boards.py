"""What the tables of the Odds API share: an event's scheduled game, and its pre-tip boards."""

from collections.abc import Iterator
from typing import NamedTuple

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import Game, Slate
from data_processors.raw.table import Row
from scrapers.bodies import kept
from scrapers.odds_api.bodies import EventOdds, OddsEvent, OddsMarket
from shared.clock import eastern_date
from shared.identity.teams import tricode_of


class Board(NamedTuple):
    """One market of one book, and what is the same for each of its lines."""

    market: OddsMarket
    shared: Row


def game_of(event: OddsEvent, slate: Slate) -> Game | None:
    """The scheduled game of an event, by teams and Eastern date."""
    try:
        teams = tricode_of(event.away_team), tricode_of(event.home_team)
    except ValueError:
        return None
    on_date = slate.on(eastern_date(event.commence_time))
    return next((game for game in on_date if (game.away_team, game.home_team) == teams), None)


def boards(landed: LandedBody, odds: EventOdds, game: Game, markets: frozenset[str]) -> Iterator[Board]:
    """The boards of these markets as they stood before the tip-off; a later one is no pre-game board."""
    for book in kept(odds.bookmakers):
        for market in kept(book.markets):
            snapshot_at = market.last_update or book.last_update or odds.taken_at or landed.served_at
            if market.key in markets and snapshot_at < odds.commence_time:
                shared = {
                    "game_date": game.game_date,
                    "game_id": game.game_id,
                    "event_id": odds.id,
                    "bookmaker": book.key,
                    "market": market.key,
                    "snapshot_at": snapshot_at,
                    "snapshot_assumed": market.assumed_time,
                    "commence_at": odds.commence_time,
                }
                yield Board(market, shared)
