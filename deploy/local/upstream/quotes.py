"""Outcomes on the bookmakers' boards, and which of a player's lines are alternates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.upstream.archive import Game
from deploy.local.upstream.teams import TEAMS

ASSUMED_LEAD = timedelta(hours=1)
"""Before the start; when a line without a time of its own is taken to have been quoted."""
GAME_LINE_PRICE = -110
CONSENSUS = "consensus"
_ALTERNATE = "_alternate"

Row = dict[str, Any]


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

    @property
    def board(self) -> tuple[str, str]:
        """A book posts a market's alternates together with its main lines."""
        return self.bookmaker, self.market.removesuffix(_ALTERNATE)


def prop_quotes(rows: list[Row], start: datetime) -> Iterable[Quote]:
    """Over and Under of each row of prop_lines that has their price."""
    for row, market in _with_markets(rows):
        known = row["snapshot_utc"]
        snapshot = known.astimezone(UTC) if known else start - ASSUMED_LEAD
        for name, odds in (("Over", row["over_odds"]), ("Under", row["under_odds"])):
            if _priced(odds):
                yield Quote(
                    bookmaker=row["bookmaker"],
                    market=market,
                    snapshot=snapshot,
                    name=name,
                    description=row["player_name"],
                    price=round(odds),
                    point=row["line"],
                    assumed_time=known is None,
                )


def game_quotes(game: Game, start: datetime) -> Iterable[Quote]:
    """The archive's closing spread and total. Neither their time nor their price is known."""
    home, away = TEAMS[game.home_team], TEAMS[game.away_team]
    outcomes: list[tuple[str, str, float]] = []
    if game.home_spread is not None:
        outcomes.append(("spreads", home.full_name, game.home_spread))
        # 0.0 - x: a pick'em is 0.0 for both, never -0.0
        outcomes.append(("spreads", away.full_name, 0.0 - game.home_spread))
    if game.total_line is not None:
        outcomes.extend(("totals", side, game.total_line) for side in ("Over", "Under"))
    when = start - ASSUMED_LEAD
    for market, name, point in outcomes:
        yield Quote(CONSENSUS, market, when, name, None, GAME_LINE_PRICE, point, True, True)


def _with_markets(rows: list[Row]) -> Iterable[tuple[Row, str]]:
    """Each row with its market: of a player's several lines only the main one stays in it."""
    offered: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        offered[_offer(row)].append(row)
    main = {offer: _main_line(lines) for offer, lines in offered.items()}
    for row in rows:
        line = main[_offer(row)]
        yield row, row["market"] if line in (None, row["line"]) else row["market"] + _ALTERNATE


def _offer(row: Row) -> tuple[Any, ...]:
    return row["bookmaker"], row["market"], row["snapshot_utc"], row["player_name"]


def _main_line(rows: list[Row]) -> float | None:
    """The line priced nearest to even; None where there is one only, or prices do not tell."""
    unevenness = {row["line"]: _unevenness(row) for row in rows}
    if len(unevenness) == 1 or None in unevenness.values():
        return None
    ranked = sorted((value, line) for line, value in unevenness.items() if value is not None)
    return ranked[0][1] if ranked[0][0] < ranked[1][0] else None


def _unevenness(row: Row) -> float | None:
    """How far apart both sides' implied chances are; None without both prices."""
    over, under = row["over_odds"], row["under_odds"]
    return abs(_implied(over) - _implied(under)) if _priced(over) and _priced(under) else None


def _implied(american: float) -> float:
    return 100 / (american + 100) if american > 0 else american / (american - 100)


def _priced(odds: float | None) -> bool:
    return odds is not None and odds == odds
