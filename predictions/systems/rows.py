"""A slate's players and lines in, prediction rows out: the same for the worker and for a backtest."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from predictions.systems.base import SlateResult, System, numeric_features, run_system
from predictions.systems.distribution import Floats, LineProbabilities, PointsDistribution, at_lines
from predictions.systems.markets import Wager, judge

Row = dict[str, Any]
PLAYER_COLUMNS = (
    "game_date",
    "game_id",
    "tip_at",
    "cutoff",
    "player_lookup",
    "player_id",
    "player_name",
    "team_abbr",
    "opponent_team_abbr",
    "quality_score",
    "feature_version",
)
_OFFER_COLUMNS = {
    "bookmaker": "bookmaker",
    "line": "line",
    "over_price": "over_price",
    "under_price": "under_price",
    "is_main_line": "is_main",
    "snapshot_at": "snapshot_at",
}
_NO_OFFER: Mapping[str, Any] = {}
_POINTS_PLACES, _ODDS_PLACES, _SHARE_PLACES = 4, 4, 6


@dataclass(frozen=True)
class _Offers:
    """One entry for each row to be: a player's line, or the player alone."""

    players: npt.NDArray[np.intp]
    offers: list[Mapping[str, Any]]

    def numbers(self, name: str) -> Floats:
        return np.array([offer.get(name) for offer in self.offers], dtype="float64")


def prediction_rows(players: Sequence[Mapping[str, Any]], systems: Sequence[System]) -> list[Row]:
    """Every system's rows for a slate.

    Args:
        players: mappings with PLAYER_COLUMNS, the features, and `lines`, a list (or None) of mappings with
            bookmaker, line, over_price, under_price, is_main and snapshot_at.

    Returns:
        One row for each (player, system, line) with status PREDICTED; a player without a line has one row for
        each system with recommendation NO_LINE, one that a system cannot predict has one row UNPREDICTABLE.
    """
    return [row for system in systems for row in _system_rows(players, system)]


def _system_rows(players: Sequence[Mapping[str, Any]], system: System) -> list[Row]:
    result = run_system(system, numeric_features(players, system.requires))
    failed = [
        {
            **_player(players[position]),
            "system_id": system.system_id,
            "status": "UNPREDICTABLE",
            "reason": reason,
        }
        for position, reason in result.reasons.items()
    ]
    return [*_predicted_rows(players, system, result), *failed]


def _predicted_rows(players: Sequence[Mapping[str, Any]], system: System, result: SlateResult) -> list[Row]:
    if result.distribution is None:
        return []
    offers = _offers(players, result.predicted)
    distribution = result.distribution.take(np.searchsorted(result.predicted, offers.players))
    columns = {**_distribution_columns(distribution), **_market_columns(distribution, offers)}
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        {
            **_player(players[position]),
            "system_id": system.system_id,
            "status": "PREDICTED",
            **{name: offer.get(key) for name, key in _OFFER_COLUMNS.items()},
            **{name: _null_if_nan(value) for name, value in zip(columns, row, strict=True)},
        }
        for position, offer, row in zip(offers.players.tolist(), offers.offers, values, strict=True)
    ]


def _offers(players: Sequence[Mapping[str, Any]], predicted: npt.NDArray[np.intp]) -> _Offers:
    pairs = [(int(p), offer) for p in predicted for offer in players[p].get("lines") or [_NO_OFFER]]
    return _Offers(np.array([p for p, _ in pairs], dtype=np.intp), [offer for _, offer in pairs])


def _player(player: Mapping[str, Any]) -> Row:
    return {name: player.get(name) for name in PLAYER_COLUMNS}


def _distribution_columns(distribution: PointsDistribution) -> dict[str, npt.NDArray[Any]]:
    levels = {"predicted_points": 0.5, "p10_points": 0.1, "p25_points": 0.25, "p75_points": 0.75}
    points = {name: distribution.quantile(level) for name, level in levels.items()}
    points |= {
        "p90_points": distribution.quantile(0.9),
        "mean_points": distribution.mean,
        "sd_points": distribution.sd,
    }
    return {name: np.round(values, _POINTS_PLACES) for name, values in points.items()}


def _market_columns(distribution: PointsDistribution, offers: _Offers) -> dict[str, npt.NDArray[Any]]:
    lines = offers.numbers("line")
    chances = _rounded(at_lines(distribution, lines))
    wager = judge(chances, offers.numbers("over_price"), offers.numbers("under_price"), lines)
    return {
        "p_over": chances.over,
        "p_push": chances.push,
        "p_under": chances.under,
        **_wager_columns(wager),
    }


def _rounded(chances: LineProbabilities) -> LineProbabilities:
    """Rounded so that the three still add up to 1, and all that is derived follows from what is stored."""
    over, push = np.round(chances.over, _SHARE_PLACES), np.round(chances.push, _SHARE_PLACES)
    return LineProbabilities(over, push, np.round(1.0 - over - push, _SHARE_PLACES))


def _wager_columns(wager: Wager) -> dict[str, npt.NDArray[Any]]:
    return {
        "fair_over_odds": np.round(wager.fair_over, _ODDS_PLACES),
        "fair_under_odds": np.round(wager.fair_under, _ODDS_PLACES),
        "no_vig_p_over": np.round(wager.no_vig_over, _SHARE_PLACES),
        "ev_over": np.round(wager.ev_over, _SHARE_PLACES),
        "ev_under": np.round(wager.ev_under, _SHARE_PLACES),
        "recommendation": wager.recommendation,
        "confidence": np.round(wager.confidence, _SHARE_PLACES),
    }


def _null_if_nan(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
