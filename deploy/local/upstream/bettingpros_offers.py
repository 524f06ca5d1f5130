"""An offer of BettingPros: a player's points in a game, with each book's opening and current line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow.parquet as pq

from deploy.local.upstream.archive import Archive, ArchiveError, RowsByGame
from deploy.local.upstream.market import Event, Market, newest_boards
from deploy.local.upstream.provider_ids import bettingpros_event_id, bettingpros_player_id, number_of
from deploy.local.upstream.quotes import Quote
from deploy.local.upstream.rosters import Rosters
from deploy.local.upstream.spelling import ascii_name, name_slug

POINTS_MARKET_ID = 156
POINTS_MARKET = "player_points"
BOOK_IDS = {
    "superbook": 2,
    "fanduel": 10,
    "draftkings": 12,
    "caesars": 13,
    "williamhill_us": 13,
    "pointsbetus": 14,
    "sugarhouse": 15,
    "betrivers": 18,
    "betmgm": 19,
    "foxbet": 20,
    "bet365": 24,
    "wynnbet": 25,
    "tipico_us": 26,
    "unibet_us": 28,
    "twinspires": 29,
    "betway": 30,
    "fubo": 31,
    "fanatics": 33,
    "espnbet": 36,
    "hardrockbet": 37,
    "sleeper": 39,
    "fliff": 49,
    "prizepicks": 60,
    "underdog": 63,
}
"""BettingPros' book ids by the Odds API's keys. A book that is not here has no offers."""

_COLUMNS = ("game_id", "player_name", "player_id", "team")


@dataclass(frozen=True)
class _Player:
    player_id: int
    name: str
    team: str


class OfferBook:
    """Offers of an archive by BettingPros event id. `team_code` turns NBA's tricodes into BettingPros'."""

    def __init__(self, archive: Archive, team_code: Callable[[str], str]) -> None:
        self._archive, self._team_code = archive, team_code
        self._market, self._rosters = Market(archive), Rosters(archive)
        self._rows: RowsByGame | None = None

    def __call__(self, event_ids: Iterable[int], now: datetime) -> list[dict[str, Any]]:
        """Every offer on these events as of `now`, by event and player; unknown events have none."""
        events = {bettingpros_event_id(e.game.game_id): e for e in self._market.events.values()}
        asked = [events[key] for key in dict.fromkeys(event_ids) if key in events]
        return [offer for event in asked for offer in self._of_event(event, now)]

    def _of_event(self, event: Event, now: datetime) -> list[dict[str, Any]]:
        known = [quote for quote in self._market.quotes(event) if _offered(quote, event, now)]
        # a line that is not on its book's newest board was withdrawn
        standing = set(newest_boards(known, now)) if now < event.commence else set()
        players = self._players(event)
        by_player: dict[_Player, list[Quote]] = defaultdict(list)
        for quote in known:
            by_player[players[quote.description or ""]].append(quote)
        ordered = sorted(by_player, key=lambda player: (ascii_name(player.name), player.player_id))
        return [self._offer(event, player, by_player[player], standing, now) for player in ordered]

    def _offer(
        self, event: Event, player: _Player, quotes: list[Quote], standing: set[Quote], now: datetime
    ) -> dict[str, Any]:
        key = number_of("offer", event.game.game_id, player.player_id)
        slug = name_slug(player.name)
        selections = [_selection(key, side, quotes, standing) for side in ("Over", "Under")]
        return {
            "id": key,
            "sport": "NBA",
            "market_id": POINTS_MARKET_ID,
            "event_id": bettingpros_event_id(event.game.game_id),
            "player_id": bettingpros_player_id(player.player_id),
            "link": f"/nba/props/{slug}/points/",
            "active": any(quote in standing for quote in quotes),
            "participants": [self._participant(player, slug, now)],
            "selections": [selection for selection in selections if selection],
        }

    def _participant(self, player: _Player, slug: str, now: datetime) -> dict[str, Any]:
        position = self._rosters.position(player.player_id, now)
        about = {"team": self._team_code(player.team), "position": position, "slug": slug}
        return {
            "id": str(bettingpros_player_id(player.player_id)),
            "name": ascii_name(player.name),
            "player": about,
        }

    def _players(self, event: Event) -> dict[str, _Player]:
        """Who each name on the boards of the game is; one player may be spelled in several ways."""
        if self._rows is None:
            self._rows = _read_players(self._archive)
        rows = sorted(self._rows[event.game.game_id], key=lambda row: str(row["player_name"]))
        # the spelling that comes last in the alphabet is the one with diacritics
        by_id = {row["player_id"]: _Player(row["player_id"], row["player_name"], row["team"]) for row in rows}
        return {row["player_name"]: by_id[row["player_id"]] for row in rows}


def _read_players(archive: Archive) -> RowsByGame:
    path = archive.folder / "prop_lines.parquet"
    present = set(pq.read_schema(path).names)
    if missing := [column for column in _COLUMNS if column not in present]:
        raise ArchiveError(f"{path} lacks the columns {', '.join(missing)}, which BettingPros' offers need")
    return RowsByGame(pq.read_table(path, columns=list(_COLUMNS)))


def _offered(quote: Quote, event: Event, now: datetime) -> bool:
    known = quote.snapshot <= now and quote.snapshot < event.commence
    return known and quote.market == POINTS_MARKET and quote.bookmaker in BOOK_IDS


def _selection(offer: int, side: str, quotes: list[Quote], standing: set[Quote]) -> dict[str, Any] | None:
    """One side of an offer; None when no book ever priced it."""
    mine = [quote for quote in quotes if quote.name == side]
    if not mine:
        return None
    current = _current(mine)
    best = _best(side, [quote for quote in current if quote in standing])
    books: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for quote in current:
        line = _line(offer, quote, active=quote in standing, best=quote == best)
        books[BOOK_IDS[quote.bookmaker]].append(line)
    return {
        "id": number_of("selection", offer, side),
        "selection": side.lower(),
        "label": side,
        "active": any(quote in standing for quote in current),
        "opening_line": _opening(mine),
        "books": [{"id": book, "lines": lines} for book, lines in sorted(books.items())],
    }


def _current(quotes: list[Quote]) -> list[Quote]:
    """Each book's newest line on the player; several where it quoted several at once."""
    newest: dict[str, datetime] = {}
    for quote in quotes:
        newest[quote.bookmaker] = max(quote.snapshot, newest.get(quote.bookmaker, quote.snapshot))
    return [quote for quote in quotes if quote.snapshot == newest[quote.bookmaker]]


def _best(side: str, quotes: list[Quote]) -> Quote | None:
    """The line easiest to beat, and of equal ones the one that pays most."""
    sign = -1 if side == "Over" else 1
    return max(quotes, key=lambda quote: (sign * quote.point, quote.price), default=None)


def _opening(quotes: list[Quote]) -> dict[str, Any]:
    first = min(quotes, key=lambda quote: (quote.snapshot, BOOK_IDS[quote.bookmaker], quote.point))
    return {
        "line": first.point,
        "cost": first.price,
        "book_id": BOOK_IDS[first.bookmaker],
        "created": _utc(first.snapshot),
    }


def _line(offer: int, quote: Quote, *, active: bool, best: bool) -> dict[str, Any]:
    return {
        "id": number_of("line", offer, quote.name, quote.bookmaker, quote.point),
        "line": quote.point,
        "cost": quote.price,
        "updated": _utc(quote.snapshot),
        "active": active,
        "best": best,
    }


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}"
