"""Odds API v4 event odds -> odds_player_props."""

from collections.abc import Iterable, Iterator

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import Game
from data_processors.raw.odds_boards import Board, boards, game_of
from data_processors.raw.table import Known, Parsed, Row, Unresolved
from scrapers.bodies import Rejected, kept, rejected
from scrapers.odds_api.bodies import EventOdds, OddsMarket, read_event_odds
from scrapers.odds_api.prices import quoted
from shared.clock import eastern_date
from shared.identity.names import player_lookup
from shared.identity.resolver import Player, Resolver

MARKETS = frozenset({"player_points", "player_points_alternate"})
_SIDES = {"Over": "over", "Under": "under"}
_NOT_OFFERED: Row = {f"{side}_price{form}": None for side in _SIDES.values() for form in ("", "_decimal")}


def parse(landed: LandedBody, known: Known) -> Parsed:
    """Every pre-tip line of an event; nothing of a list of events, nor while the schedule is not loaded."""
    if landed.kind != "odds":
        return Parsed()
    odds = read_event_odds(landed.body, str(landed.event_id))
    day = eastern_date(odds.commence_time)
    if not known.slate.covers(day):
        return Parsed()
    game = game_of(odds, known.slate)
    if game is None:
        return Parsed(unmatched=[f"no game of {odds.away_team} at {odds.home_team} on {day} in the schedule"])
    lines: list[Row] = []
    bad = _rejected(odds)
    for board in boards(landed, odds, game, MARKETS):
        lines += _lines(board, bad)
    return _parsed(lines, game, known.resolver, bad)


def _rejected(odds: EventOdds) -> list[Rejected]:
    """Books, boards and sides that are not what they should be."""
    markets = [market for book in kept(odds.bookmakers) for market in book.markets]
    sides = [side for market in kept(markets) if market.key in MARKETS for side in market.outcomes]
    return [*rejected(odds.bookmakers), *rejected(markets), *rejected(sides)]


def _lines(board: Board, bad: list[Rejected]) -> Iterator[Row]:
    for line in _joined(board.market):
        try:
            yield {**board.shared, **line, "player_lookup": player_lookup(line["player_name"])}
        except ValueError as error:
            bad.append(Rejected(f"description: {error}", line))


def _joined(market: OddsMarket) -> Iterable[Row]:
    """Over and under of one player and number as one line; a side that is not offered stays NULL."""
    lines: dict[tuple[str, float], Row] = {}
    for outcome in kept(market.outcomes):
        if outcome.description and outcome.point is not None and (side := _SIDES.get(outcome.name)):
            name, point = outcome.description, outcome.point
            line = lines.setdefault((name, point), {"player_name": name, "line": point, **_NOT_OFFERED})
            price = quoted(outcome.price)
            line[f"{side}_price"], line[f"{side}_price_decimal"] = price.american, price.decimal
    return lines.values()


def _parsed(lines: list[Row], game: Game, resolver: Resolver, bad: list[Rejected]) -> Parsed:
    """Lines with the players that their names mean; two spellings of one player are one line."""
    teams = (game.away_team, game.home_team)
    names = {line["player_name"] for line in lines}
    players: dict[str, Player | None] = {name: resolver.resolve(name, teams) for name in names}
    rows: dict[tuple[object, ...], Row] = {}
    for line in lines:
        player = players[line["player_name"]]
        lookup = player.player_lookup if player else line["player_lookup"]
        key = (line["bookmaker"], line["market"], lookup, line["line"], line["snapshot_at"])
        rows.setdefault(
            key, {**line, "player_lookup": lookup, "player_id": player.player_id if player else None}
        )
    unresolved = sorted(name for name, player in players.items() if player is None)
    return Parsed(
        rows=list(rows.values()),
        unresolved=[Unresolved(game.game_date, name, game.game_id) for name in unresolved],
        rejected=bad,
    )
