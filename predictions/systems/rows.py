"""A slate's players and lines in, prediction rows out, column by column: the same for worker and backtest."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predictions.systems.base import SlateResult
from predictions.systems.distribution import Floats, PointsDistribution
from predictions.systems.evaluation import SHARE_PLACES, anchored, evaluate
from predictions.systems.explanation import EMPTY, top_contributions
from predictions.systems.markets import fair_odds, no_push_over
from predictions.systems.offers import Offers, Positions, read_offers
from predictions.systems.players import PLAYER_COLUMNS, feature_frame
from predictions.systems.system_set import SystemSet, main_lines
from shared.warehouse.specs import spec_of

Columns = dict[str, npt.NDArray[np.generic] | pa.Array | pa.ChunkedArray]
STAMPS = ("batch_id", "attempt_id", "staged_at", "predicted_at")
# An assumption, not a measurement: the archive says who was Out and has no Questionable player to learn from.
# One who plays is taken to play 5 % fewer minutes at his usual rate.
QUESTIONABLE_MINUTES = 0.95
_LEVELS = {
    "p10_points": 0.1,
    "p25_points": 0.25,
    "p75_points": 0.75,
    "p90_points": 0.9,
}
# A hundredth of a point is what straight lines between whole points are good for.
_POINTS_PLACES, _ODDS_PLACES = 2, 4


@cache
def table_schema() -> pa.Schema:
    """The staging table's columns without those that an attempt stamps."""
    return pa.schema(
        [field for field in spec_of("prediction_staging").arrow_schema() if field.name not in STAMPS]
    )


@dataclass(frozen=True)
class _Slate:
    """What every system's rows share: n players, m entries (a player's offer, or the player alone)."""

    players: pa.Table
    offers: Offers
    minutes: Floats
    main_line: Floats
    systems: SystemSet
    _given: dict[bytes, Columns] = field(default_factory=dict)

    @property
    def discounted(self) -> npt.NDArray[np.bool_]:
        return self.minutes < 1.0

    def given(self, entries: Positions) -> Columns:
        """What no system has a part in, of some entries: who, and what is offered.

        Most systems predict the same players, so it is kept.
        """
        key = entries.tobytes()
        if key not in self._given:
            offered = self.offers.table.take(pa.array(entries))
            self._given[key] = {
                **self.identity(self.offers.players[entries]),
                **{name: offered[name] for name in offered.column_names},
                "price_note": self.offers.price_notes().take(pa.array(entries)),
            }
        return self._given[key]

    def identity(self, positions: Positions) -> Columns:
        """The columns of players, repeated where a position is."""
        picked = self.players.take(pa.array(positions))
        return {
            **{name: picked[name] for name in picked.column_names},
            "minutes_discounted": pa.array(self.discounted[positions]),
        }


def prediction_table(players: pa.Table, systems: SystemSet) -> pa.Table:
    """Every system's rows for a slate, in the staging table's columns without the stamps.

    Args:
        players: the columns of players.players_schema(), those that are missing counting as NULL; `lines`
            lists structs with bookmaker, line, over_price, under_price, is_main and snapshot_at. A column
            `constant_books` may name the books whose prices say nothing (offers.read_offers).

    Returns:
        One row for each (player, system, line) with status PREDICTED; a player without a line has one row for
        each system with recommendation NO_LINE, one that a system cannot predict has one row UNPREDICTABLE.

    Raises:
        KeyError: there is no column of lines.
    """
    features = feature_frame(players)
    slate = _slate(players, features, systems)
    results = systems.run(features)
    parts = [part for name, result in results.items() for part in _system_parts(slate, name, result)]
    return pa.concat_tables([table_schema().empty_table(), *parts])


def _slate(players: pa.Table, features: pd.DataFrame, systems: SystemSet) -> _Slate:
    offers = read_offers(players)
    kept = [name for name in (*PLAYER_COLUMNS, "injury_status") if name in players.column_names]
    identity = players.select(kept)
    return _Slate(identity, offers, _minutes(identity), main_lines(features), systems)


def _minutes(players: pa.Table) -> Floats:
    if "injury_status" not in players.column_names:
        return np.ones(players.num_rows)
    return minutes_shares(players["injury_status"].cast(pa.string()))


def minutes_shares(injury_status: pa.Array | pa.ChunkedArray) -> Floats:
    """The share of his usual minutes that each player is taken to play, by his status in the report, (n,)."""
    questionable = pc.equal(pc.utf8_upper(injury_status), "QUESTIONABLE").fill_null(False)
    return np.where(questionable.to_numpy(zero_copy_only=False), QUESTIONABLE_MINUTES, 1.0)


def _system_parts(slate: _Slate, system_id: str, result: SlateResult) -> list[pa.Table]:
    parts = []
    if result.distribution is not None:
        parts.append(_predicted(slate, system_id, result, result.distribution))
    if result.reasons:
        parts.append(_failed(slate, system_id, result.reasons))
    return parts


def _failed(slate: _Slate, system_id: str, reasons: dict[int, str]) -> pa.Table:
    columns: Columns = {
        **slate.identity(np.fromiter(reasons, dtype=np.intp)),
        "reason": pa.array(reasons.values(), pa.string()),
        "reasons": pa.array([EMPTY] * len(reasons), table_schema().field("reasons").type),
    }
    return _as_table(system_id, "UNPREDICTABLE", len(reasons), columns)


def _predicted(
    slate: _Slate, system_id: str, result: SlateResult, distribution: PointsDistribution
) -> pa.Table:
    entries = np.flatnonzero(np.isin(slate.offers.players, result.predicted))
    rows = np.searchsorted(result.predicted, slate.offers.players[entries])
    minutes = slate.minutes[result.predicted]
    if (minutes < 1.0).any():
        distribution = distribution.scale(minutes)
    weight = slate.systems.weight_against_line(system_id)
    believed = anchored(distribution, slate.main_line[result.predicted], weight)
    columns: Columns = {
        **slate.given(entries),
        **{name: values[rows] for name, values in _points(distribution).items()},
        **_chances(distribution.take(rows), believed.take(rows), slate, entries),
        "reasons": top_contributions(result).take(pa.array(rows)),
    }
    return _as_table(system_id, "PREDICTED", len(entries), columns)


def _points(distribution: PointsDistribution) -> dict[str, Floats]:
    points = {name: distribution.quantile(level) for name, level in _LEVELS.items()}
    points |= {
        "predicted_points": distribution.median,
        "mean_points": distribution.mean,
        "sd_points": distribution.sd,
    }
    return {name: np.round(values, _POINTS_PLACES) for name, values in points.items()}


def _chances(
    distribution: PointsDistribution, believed: PointsDistribution, slate: _Slate, entries: Positions
) -> Columns:
    """What each line is worth."""
    offers = slate.offers
    own, trusted, market, pooled, wager = evaluate(
        distribution,
        believed,
        offers.line[entries],
        offers.over_price[entries],
        offers.under_price[entries],
        offers.market_over[entries],
        slate.systems.market_weight,
    )
    fair_over, fair_under = fair_odds(own)
    return {
        "p_over": own.over,
        "p_push": own.push,
        "p_under": own.under,
        "fair_over_odds": np.round(fair_over, _ODDS_PLACES),
        "fair_under_odds": np.round(fair_under, _ODDS_PLACES),
        "no_vig_p_over": market,
        "believed_p_over": np.round(no_push_over(trusted), SHARE_PLACES),
        "pooled_p_over": pooled,
        "ev_over": np.round(wager.ev_over, SHARE_PLACES),
        "ev_under": np.round(wager.ev_under, SHARE_PLACES),
        "recommendation": wager.recommendation,
        "confidence": np.round(wager.confidence, SHARE_PLACES),
        "kelly_fraction": np.round(wager.kelly_fraction, SHARE_PLACES),
    }


def _as_table(system_id: str, status: str, rows: int, columns: Columns) -> pa.Table:
    """A table in the schema: NaN is NULL, and so is what is not given."""
    texts = {"system_id": system_id, "status": status}
    given: Columns = {**columns, **{name: pa.repeat(text, rows) for name, text in texts.items()}}
    fields = [_as_column(given.get(field.name), field.type, rows) for field in table_schema()]
    return pa.table(fields, schema=table_schema())


def _as_column(
    values: npt.NDArray[np.generic] | pa.Array | pa.ChunkedArray | None, kind: pa.DataType, rows: int
) -> pa.Array | pa.ChunkedArray:
    if values is None:
        return pa.nulls(rows, kind)
    if isinstance(values, np.ndarray):
        return pa.array(values, kind, from_pandas=True)
    return values if values.type == kind else values.cast(kind)
