"""Odds API v4 event odds -> odds_player_props."""

from collections.abc import Iterator
from datetime import datetime

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import Game, Slate
from data_processors.raw.table import Known, Parsed, Row, Unresolved
from scrapers.odds_api.bodies import Bookmaker, EventOdds, OddsMarket, read_event_odds
from shared.clock import eastern_date
from shared.identity.names import player_lookup
from shared.identity.resolver import Player, Resolver
from shared.identity.teams import tricode_of

MARKETS = frozenset({"player_points"})
_PRICES = {"Over": "over_price", "Under": "under_price"}


def parse(landed: LandedBody, known: Known) -> Parsed:
    """Every pre-tip line of an event; nothing of a list of events, nor while the schedule is not loaded."""
    if landed.kind != "odds":
        return Parsed()
    odds = read_event_odds(landed.body, str(landed.event_id))
    if not known.slate.covers(eastern_date(odds.commence_time)):
        return Parsed()
    game = _game_of(odds, known.slate)
    if game is None:
        day = eastern_date(odds.commence_time)
        return Parsed(unmatched=[f"no game of {odds.away_team} at {odds.home_team} on {day} in the schedule"])
    return _parsed(list(_lines(landed, odds, game)), game, known.resolver)


def _game_of(odds: EventOdds, slate: Slate) -> Game | None:
    """The scheduled game of an event, by teams and Eastern date."""
    try:
        teams = tricode_of(odds.away_team), tricode_of(odds.home_team)
    except ValueError:
        return None
    on_date = slate.on(eastern_date(odds.commence_time))
    return next((game for game in on_date if (game.away_team, game.home_team) == teams), None)


def _lines(landed: LandedBody, odds: EventOdds, game: Game) -> Iterator[Row]:
    for book in odds.bookmakers:
        for market in book.markets:
            snapshot_at = market.last_update or book.last_update or landed.fetched_at
            if market.key in MARKETS and snapshot_at < odds.commence_time:
                for line in _joined(market):
                    yield {**_circumstances(odds, game, book, market, snapshot_at), **line}


def _circumstances(
    odds: EventOdds, game: Game, book: Bookmaker, market: OddsMarket, snapshot_at: datetime
) -> Row:
    return {
        "game_date": game.game_date,
        "game_id": game.game_id,
        "event_id": odds.id,
        "bookmaker": book.key,
        "market": market.key,
        "snapshot_at": snapshot_at,
        "snapshot_assumed": market.assumed_time,
        "commence_at": odds.commence_time,
    }


def _joined(market: OddsMarket) -> list[Row]:
    """Over and under of one player and number as one line; a side that is not offered stays NULL."""
    lines: dict[tuple[str, float], Row] = {}
    for outcome in market.outcomes:
        if outcome.description and outcome.point is not None and outcome.name in _PRICES:
            line = lines.setdefault(
                (outcome.description, outcome.point),
                {
                    "player_name": outcome.description,
                    "line": outcome.point,
                    "over_price": None,
                    "under_price": None,
                },
            )
            line[_PRICES[outcome.name]] = outcome.price
    return list(lines.values())


def _parsed(lines: list[Row], game: Game, resolver: Resolver) -> Parsed:
    """Lines with the players that their names mean; two spellings of one player are one line."""
    teams = (game.away_team, game.home_team)
    names = {line["player_name"] for line in lines}
    players: dict[str, Player | None] = {name: resolver.resolve(name, teams) for name in names}
    rows: dict[tuple[object, ...], Row] = {}
    for line in lines:
        player = players[line["player_name"]]
        lookup = player.player_lookup if player else player_lookup(line["player_name"])
        key = (line["bookmaker"], line["market"], lookup, line["line"], line["snapshot_at"])
        rows.setdefault(
            key, {**line, "player_lookup": lookup, "player_id": player.player_id if player else None}
        )
    unresolved = sorted(name for name, player in players.items() if player is None)
    return Parsed(
        rows=list(rows.values()),
        unresolved=[Unresolved(game.game_date, name, game.game_id) for name in unresolved],
    )
