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
from deploy.local.upstream.quotes import Quote, game_quotes, prop_quotes
from deploy.local.upstream.teams import TEAMS

SPORT_KEY = "basketball_nba"
LISTED_AHEAD = timedelta(days=14)
"""How long before it begins an event is listed."""

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

    def quotes(self, event: Event) -> tuple[Quote, ...]:
        """All that was ever quoted on the event."""
        return self._quotes(event.event_id)

    def snapshots(self, event: Event) -> list[datetime]:
        """Times at which any board of the event changed, ascending."""
        return sorted({quote.snapshot for quote in self.quotes(event)})

    def odds(self, event: Event, instant: datetime, query: BoardQuery) -> dict[str, Any]:
        """The event with each bookmaker's newest board that is not later than `instant`."""
        markets: dict[tuple[str, str], list[Quote]] = defaultdict(list)
        for quote in newest_boards(self.quotes(event), instant):
            if query.wants(quote):
                markets[quote.bookmaker, quote.market].append(quote)
        by_book: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for (book, market), quotes in sorted(markets.items()):
            by_book[book].append(_market(market, quotes, query))
        return {**event.summary(), "bookmakers": [_bookmaker(b, m, query) for b, m in by_book.items()]}

    def _read_quotes(self, event_id: str) -> tuple[Quote, ...]:
        event = self.events[event_id]
        rows = self._archive.prop_lines[event.game.game_id]
        # An assumed time is before both the books' and the league's start, which differ by minutes.
        start = min(event.commence, event.game.tipoff)
        quotes = [*prop_quotes(rows, start), *game_quotes(event.game, start)]
        # a line that differs only in its commencement is one line
        return tuple(dict.fromkeys(quotes))


def newest_boards(quotes: Iterable[Quote], instant: datetime) -> list[Quote]:
    """The quotes of each book's and market's newest snapshot that is not later than `instant`."""
    known = [quote for quote in quotes if quote.snapshot <= instant]
    newest: dict[tuple[str, str], datetime] = {}
    for quote in known:
        newest[quote.board] = max(quote.snapshot, newest.get(quote.board, quote.snapshot))
    return [quote for quote in known if quote.snapshot == newest[quote.board]]


def _bookmaker(book: str, markets: list[dict[str, Any]], query: BoardQuery) -> dict[str, Any]:
    title = _TITLES.get(book, book.replace("_", " ").title())
    # only the historical endpoint repeats the time at this level
    updated = {"last_update": max(market["last_update"] for market in markets)} if query.historical else {}
    return {"key": book, "title": title, **updated, "markets": markets}


def _market(key: str, quotes: list[Quote], query: BoardQuery) -> dict[str, Any]:
    board = sorted(
        quotes,
        key=lambda quote: (quote.description or "", quote.point if quote.description else 0, quote.name),
    )
    market: dict[str, Any] = {"key": key, "last_update": iso_z(board[0].snapshot)}
    # not the provider's: times and prices that the archive did not have
    for flag in ("assumed_time", "assumed_price"):
        if any(getattr(quote, flag) for quote in board):
            market[flag] = True
    return {**market, "outcomes": [_outcome(quote, query.decimal) for quote in board]}


def _outcome(quote: Quote, decimal: bool) -> dict[str, Any]:
    described = {"description": quote.description} if quote.description else {}
    price = decimal_price(quote.price) if decimal else quote.price
    return {"name": quote.name, **described, "price": price, "point": quote.point}
