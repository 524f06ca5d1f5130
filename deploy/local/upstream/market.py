"""The bookmakers' boards: which event is open at an instant, and what each book quotes.

A snapshot is a book's whole board of one market in one game at one time: the newest one that is not
later than the instant asked about replaces all before it, so that a withdrawn line is gone.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from deploy.local.upstream.archive import Archive, Game
from deploy.local.upstream.clock import iso_z
from deploy.local.upstream.teams import TEAMS

SPORT_KEY = "basketball_nba"
ASSUMED_LEAD = timedelta(hours=1)
"""Before commencement; when a line without a time of its own is taken to have been quoted."""
LISTED_AHEAD = timedelta(days=14)
"""How long before it begins an event is listed."""

GAME_LINE_PRICE = -110
CONSENSUS = "consensus"
_TITLES = {
    "betmgm": "BetMGM",
    "betrivers": "BetRivers",
    "draftkings": "DraftKings",
    "espnbet": "ESPN BET",
    "fanduel": "FanDuel",
    "prizepicks": "PrizePicks",
    "williamhill_us": "Caesars",
}
_DFS_BOOKS = {"prizepicks", "underdog", "pick6", "betr_us_dfs", "dabble_us_dfs", "sleeper"}


@dataclass(frozen=True)
class Event:
    """A game as the Odds API knows it."""

    event_id: str
    game: Game
    commence: datetime

    def listed_at(self, instant: datetime) -> bool:
        """Events vanish at tip-off."""
        return self.commence - LISTED_AHEAD <= instant < self.commence

    def summary(self) -> dict[str, str]:
        return {
            "id": self.event_id,
            "sport_key": SPORT_KEY,
            "sport_title": "NBA",
            "commence_time": iso_z(self.commence),
            "home_team": TEAMS[self.game.home_team].full_name,
            "away_team": TEAMS[self.game.away_team].full_name,
        }


@dataclass(frozen=True)
class Quote:
    """One outcome on a board. `price` is American."""

    bookmaker: str
    market: str
    snapshot: datetime
    name: str
    description: str | None
    price: int
    point: float
    assumed_time: bool = False
    assumed_price: bool = False


@dataclass(frozen=True)
class BoardQuery:
    """Which part of the boards is asked for, and how it is to be written."""

    markets: frozenset[str]
    bookmakers: frozenset[str]
    regions: frozenset[str]
    decimal: bool
    historical: bool

    def wants(self, quote: Quote) -> bool:
        if quote.market not in self.markets:
            return False
        if self.bookmakers:
            return quote.bookmaker in self.bookmakers
        return region_of(quote.bookmaker) in self.regions


def event_id_of(game_id: str) -> str:
    """32 hexadecimal digits, the same for the same game in every archive."""
    return hashlib.sha256(f"event:{game_id}".encode()).hexdigest()[:32]


def region_of(bookmaker: str) -> str:
    """The fantasy books are in a region of their own."""
    return "us_dfs" if bookmaker in _DFS_BOOKS else "us"


def decimal_price(american: int) -> float:
    """-137 -> 1.73, 100 -> 2.0."""
    profit = american / 100 if american > 0 else 100 / -american
    return round(1 + profit, 2)


class Market:
    """Events and boards of an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._quotes = lru_cache(maxsize=64)(self._read_quotes)

    @cached_property
    def events(self) -> dict[str, Event]:
        """By event id, in order of commencement."""
        events = [
            Event(event_id_of(game.game_id), game, self._commence(game)) for game in self._archive.games
        ]
        return {event.event_id: event for event in sorted(events, key=lambda e: (e.commence, e.event_id))}

    def _commence(self, game: Game) -> datetime:
        """What most of its lines say, the later time in a draw; tip-off where there are no lines."""
        times = Counter(self._archive.prop_lines.column(game.game_id, "commence_utc"))
        times.pop(None, None)
        if not times:
            return game.tipoff
        most = max(times.values())
        latest: datetime = max(instant for instant, count in times.items() if count == most)
        return latest.astimezone(UTC)

    def listed(self, instant: datetime) -> list[Event]:
        return [event for event in self.events.values() if event.listed_at(instant)]

    def snapshots(self, event: Event) -> list[datetime]:
        """Times at which any board of the event changed, ascending."""
        return sorted({quote.snapshot for quote in self._quotes(event.event_id)})

    def odds(self, event: Event, instant: datetime, query: BoardQuery) -> dict[str, Any]:
        """The event with each bookmaker's newest board that is not later than `instant`."""
        boards: dict[tuple[str, str], list[Quote]] = defaultdict(list)
        for quote in self._quotes(event.event_id):
            if quote.snapshot <= instant and query.wants(quote):
                boards[quote.bookmaker, quote.market].append(quote)
        by_book: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for (book, market), quotes in sorted(boards.items()):
            by_book[book].append(_market(market, quotes, query))
        return {**event.summary(), "bookmakers": [_bookmaker(b, m, query) for b, m in by_book.items()]}

    def _read_quotes(self, event_id: str) -> tuple[Quote, ...]:
        event = self.events[event_id]
        rows = self._archive.prop_lines[event.game.game_id]
        props = [quote for row in rows for quote in _prop_quotes(row, event)]
        # a line that differs only in its commencement is one line
        return tuple(dict.fromkeys([*props, *_game_quotes(event)]))


def _prop_quotes(row: dict[str, Any], event: Event) -> Iterable[Quote]:
    known = row["snapshot_utc"]
    snapshot = known.astimezone(UTC) if known else event.commence - ASSUMED_LEAD
    for name, odds in (("Over", row["over_odds"]), ("Under", row["under_odds"])):
        if odds is not None and odds == odds:
            yield Quote(
                bookmaker=row["bookmaker"],
                market=row["market"],
                snapshot=snapshot,
                name=name,
                description=row["player_name"],
                price=round(odds),
                point=row["line"],
                assumed_time=known is None,
            )


def _game_quotes(event: Event) -> Iterable[Quote]:
    """The archive's closing spread and total. Neither their time nor their price is known."""
    game, home, away = event.game, TEAMS[event.game.home_team], TEAMS[event.game.away_team]
    outcomes: list[tuple[str, str, float]] = []
    if game.home_spread is not None:
        outcomes.append(("spreads", home.full_name, game.home_spread))
        # 0.0 - x: a pick'em is 0.0 for both, never -0.0
        outcomes.append(("spreads", away.full_name, 0.0 - game.home_spread))
    if game.total_line is not None:
        outcomes.extend(("totals", side, game.total_line) for side in ("Over", "Under"))
    when = event.commence - ASSUMED_LEAD
    for market, name, point in outcomes:
        yield Quote(CONSENSUS, market, when, name, None, GAME_LINE_PRICE, point, True, True)


def _bookmaker(book: str, markets: list[dict[str, Any]], query: BoardQuery) -> dict[str, Any]:
    title = _TITLES.get(book, book.replace("_", " ").title())
    # only the historical endpoint repeats the time at this level
    updated = {"last_update": max(market["last_update"] for market in markets)} if query.historical else {}
    return {"key": book, "title": title, **updated, "markets": markets}


def _market(key: str, quotes: list[Quote], query: BoardQuery) -> dict[str, Any]:
    newest = max(quote.snapshot for quote in quotes)
    board = [quote for quote in quotes if quote.snapshot == newest]
    board.sort(
        key=lambda quote: (quote.description or "", quote.point if quote.description else 0, quote.name)
    )
    market: dict[str, Any] = {"key": key, "last_update": iso_z(newest)}
    # not the provider's: times and prices that the archive did not have
    for flag in ("assumed_time", "assumed_price"):
        if any(getattr(quote, flag) for quote in board):
            market[flag] = True
    return {**market, "outcomes": [_outcome(quote, query.decimal) for quote in board]}


def _outcome(quote: Quote, decimal: bool) -> dict[str, Any]:
    described = {"description": quote.description} if quote.description else {}
    price = decimal_price(quote.price) if decimal else quote.price
    return {"name": quote.name, **described, "price": price, "point": quote.point}
