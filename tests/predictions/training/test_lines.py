"""The books' lines: which count, what they say, how they close; judged as stored rows are."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from deploy.cli.figures import cell
from predictions.systems.base import run_system
from predictions.systems.distribution import normal_points
from predictions.systems.moving_average import MovingAverage
from predictions.systems.offers import read_offers
from predictions.systems.players import feature_frame
from predictions.systems.rows import prediction_table
from predictions.systems.system_set import SystemSet
from predictions.training.backtest import measured
from predictions.training.betting import bets, betting_table
from predictions.training.lines import BY_BOOK, judged, table_by_book
from predictions.training.measure import Scored
from predictions.training.probabilities import ALL_LINES, PRICED_LINES, calibration, chance_table
from predictions.training.quotes import (
    NO_LINES,
    PRICE_CONSTANT,
    Quotes,
    constant_books,
    quotes_of,
    with_closing,
)

SEEN = pd.Timestamp("2024-12-03 23:00", tz="UTC")
WEIGHT = 0.75


def line_rows(*rows: dict[str, Any]) -> pd.DataFrame:
    """Lines as read_quotes finds them, at even prices of draftkings."""
    usual = {
        "game_id": "g",
        "bookmaker": "draftkings",
        "line": 20.5,
        "over_price": -110.0,
        "under_price": -110.0,
        "market_over": 0.5,
        "snapshot_at": SEEN,
        "closing_line": np.nan,
        "closing_over": np.nan,
    }
    return pd.DataFrame([{**usual, **row} for row in rows])


def games(points: list[int], dates: list[str] | None = None) -> pd.DataFrame:
    """Player-games p0, p1, ... with a median line of 20.5, as read_games gives them."""
    count = len(points)
    days = dates or [f"2024-12-{1 + n % 20:02d}" for n in range(count)]
    return pd.DataFrame(
        {
            "game_date": [datetime.fromisoformat(day).date() for day in days],
            "game_id": "g",
            "player_lookup": [f"p{n}" for n in range(count)],
            "points": points,
            "earlier_games": 20,
            "vegas_points_line": 20.5,
            "points_ewma_8": 19.0,
            "points_avg_season": 19.0,
            "points_avg_last_10": 19.0,
        }
    )


def system(mean: list[float]) -> Scored:
    """A system that predicts everybody."""
    made = normal_points(np.array(mean), np.full(len(mean), 6.0))
    return Scored(np.arange(len(mean)), made.median, made.cumulative.astype("float32"))


def quotes(rows: pd.DataFrame, *lines: dict[str, Any]) -> Quotes:
    return quotes_of(line_rows(*lines), rows)


def test_a_line_on_who_did_not_play_is_a_void() -> None:
    found = quotes(games([25, 15]), {"player_lookup": "p1"}, {"player_lookup": "absent"})
    assert (found.rows.tolist(), found.voids) == ([1], 1)


def test_a_book_that_prices_nearly_all_lines_alike_is_no_market() -> None:
    alike = [
        {"player_lookup": f"p{n}", "bookmaker": "pickem", "over_price": -137.0, "under_price": -137.0}
        for n in range(19)
    ]
    odd = {"player_lookup": "p19", "bookmaker": "pickem", "over_price": 100.0, "under_price": 100.0}
    real = [{"player_lookup": f"p{n}", "over_price": -105.0 - n} for n in range(20)]
    lines = line_rows(*alike, odd, *real)
    assert constant_books(lines) == ("pickem",)
    found = quotes_of(lines, games([20] * 20))
    assert found.priced.tolist() == [book == "draftkings" for book in found.bookmaker]
    only = quotes_of(line_rows(*alike, odd), games([20] * 20))
    assert (only.no_market, found.no_market) == (PRICE_CONSTANT, None)


def test_a_line_closes_where_its_book_was_seen_later() -> None:
    lines = line_rows(*({"player_lookup": name} for name in ("moved", "still", "gone"))).drop(
        columns=["closing_line", "closing_over"]
    )
    later = SEEN + pd.Timedelta(minutes=55)
    quote = {"game_id": "g", "bookmaker": "draftkings", "is_main": True, "closed_at": later}
    closed = pd.DataFrame(
        [
            {**quote, "player_lookup": "moved", "line": 22.5, "no_vig_p_over": 0.5},
            {**quote, "player_lookup": "moved", "line": 20.5, "is_main": False, "no_vig_p_over": 0.6},
            {**quote, "player_lookup": "still", "line": 20.5, "no_vig_p_over": 0.55, "closed_at": SEEN},
        ]
    )
    found = with_closing(lines, closed).set_index("player_lookup")
    assert found.loc["moved", ["closing_line", "closing_over"]].tolist() == [22.5, 0.6]
    assert found.loc[["still", "gone"], ["closing_line", "closing_over"]].isna().all(axis=None)


def test_chances_are_scored_beside_the_market_and_a_constant_half() -> None:
    rows = games([25, 15, 20, 30])
    lines = [{"player_lookup": f"p{n}", "over_price": -120.0 - n, "market_over": 0.6} for n in range(4)]
    lines[2]["line"] = 20.0
    found = quotes(rows, *lines)
    said = judged(rows, found, {"alpha": system([25.0] * 4)}, WEIGHT)
    table = pd.DataFrame(chance_table(rows, found, said)).set_index(["population", "system", "chance"])
    own = table.loc[(PRICED_LINES, "alpha", "own")]
    chance = said["alpha"].own[[0, 1, 3]]
    assert (own["n"], own["pushes"]) == (3, 1)
    assert own["brier"] == pytest.approx(((chance - [1, 0, 1]) ** 2).mean(), abs=1e-5)
    market = table.loc[(PRICED_LINES, "-", "no-vig market")]
    assert market["brier"] == pytest.approx((0.16 + 0.36 + 0.16) / 3, abs=1e-5)
    assert own["brier_minus_market"] == pytest.approx(own["brier"] - market["brier"], abs=1e-5)
    assert table.loc[(ALL_LINES, "-", "constant 0.5"), "brier"] == 0.25
    pooled = table.loc[(PRICED_LINES, "alpha", "pooled"), "brier"]
    assert min(own["brier"], market["brier"]) - 0.01 < pooled < max(own["brier"], market["brier"])


def test_constant_prices_leave_the_systems_own_chances_alone() -> None:
    rows = games([25, 15] * 10)
    lines = [{"player_lookup": f"p{n}", "over_price": -137.0, "under_price": -137.0} for n in range(20)]
    found = measured(rows, {"alpha": system([21.0] * 20)}, quotes(rows, *lines))
    assert found["lines"]["no_market"] == PRICE_CONSTANT
    assert {row["chance"] for row in found["probabilities"]} == {"own", "believed", "constant 0.5"}
    assert {cell(row, "brier_minus_market") for row in found["probabilities"]} == {PRICE_CONSTANT}
    assert found["betting"] == []


def test_without_lines_only_points_are_measured() -> None:
    rows = games([25, 15]).assign(vegas_points_line=np.nan)
    found = measured(
        rows,
        {"alpha": system([21.0, 18.0])},
        quotes_of(line_rows().reindex(columns=[*line_rows({}).columns, "player_lookup"]), rows),
    )
    assert found["lines"]["no_market"] == NO_LINES
    assert found["probabilities"] == found["calibration"] == found["betting"] == []
    assert {row["population"] for row in found["errors"]} >= {"all"}


def test_every_books_line_is_a_row_of_its_own() -> None:
    rows = games([25, 15, 22])
    lines = [
        {"player_lookup": "p0", "line": 18.5},
        {"player_lookup": "p0", "line": 24.5, "bookmaker": "fanduel"},
        {"player_lookup": "p2", "line": 20.5},
    ]
    found = pd.DataFrame(table_by_book(rows, quotes(rows, *lines), {"alpha": system([21.0, 0.0, 20.0])}))
    by = found.set_index(["population", "system"])
    assert by.loc[(BY_BOOK, "line"), "mae"] == pytest.approx((6.5 + 0.5 + 1.5) / 3, abs=1e-5)
    assert by.loc[(BY_BOOK, "alpha"), "n"] == 3
    assert by.loc[(BY_BOOK, "alpha"), "minus_line"] == pytest.approx((4 + 4 + 2 - 8.5) / 3, abs=1e-5)
    assert by.loc[("lined, fanduel", "line"), "mae"] == 0.5


def test_bets_are_on_the_better_side_at_its_own_price() -> None:
    rows = games([25, 15, 20])
    lines = [
        {"player_lookup": "p0", "over_price": 110.0, "under_price": -130.0, "market_over": 0.457},
        {"player_lookup": "p1", "over_price": 105.0, "under_price": -125.0, "market_over": 0.47},
        {"player_lookup": "p2", "line": 20.0, "closing_line": 22.0, "closing_over": 0.56},
    ]
    found = quotes(rows, *lines)
    said = judged(rows, found, {"alpha": system([27.0, 27.0, 27.0])}, WEIGHT)
    made = bets(rows, found, said["alpha"])
    assert made["profit"].tolist() == pytest.approx([1.1, -1.0, 0.0])
    assert made["break_even"].tolist() == pytest.approx([1 / 2.1, 1 / 2.05, 11 / 21])
    assert made.loc[2, ["clv_points", "clv_probability"]].tolist() == pytest.approx([2.0, 0.06])
    everything = betting_table(rows, found, said)[0]
    assert (everything["bets"], everything["pushes"], everything["hit_rate"]) == (3, 1, 0.5)
    assert everything["roi"] == pytest.approx(0.1 / 3, abs=1e-5)
    assert (everything["clv_points_n"], everything["hit_rate_se"]) == (1, None)


def test_a_market_that_is_right_is_not_beaten_and_a_bet_on_it_loses_the_margin() -> None:
    rng = np.random.default_rng(5)
    count = 4000
    mean = rng.uniform(12, 28, count)
    points = np.maximum(np.rint(rng.normal(mean, 6)), 0).astype(int)
    rows = games(points.tolist())
    truth = normal_points(mean, np.full(count, 6.0))
    line = np.rint(mean) + 0.5
    over = 1 - truth.cdf(line)
    lines = pd.DataFrame(
        {
            "game_id": "g",
            "player_lookup": rows["player_lookup"],
            "bookmaker": "draftkings",
            "line": line,
            "over_price": np.rint(_american(over * 1.05)),
            "under_price": np.rint(_american((1 - over) * 1.05)),
            "market_over": over,
            "snapshot_at": SEEN,
            "closing_line": np.nan,
            "closing_over": np.nan,
        }
    )
    found = quotes_of(lines, rows)
    said = judged(rows, found, {"guess": system((mean + rng.normal(0, 2, count)).tolist())}, WEIGHT)
    table = pd.DataFrame(chance_table(rows, found, said)).set_index(["population", "system", "chance"])
    own = table.loc[(PRICED_LINES, "guess", "own")]
    assert own["brier_minus_market"] > 2 * own["brier_minus_market_se"]
    assert table.loc[(PRICED_LINES, "guess", "pooled"), "brier"] < own["brier"]
    flat = betting_table(rows, found, said)[0]
    assert flat["roi"] == pytest.approx(-0.05, abs=3 * flat["roi_se"])
    assert flat["hit_rate"] < flat["break_even"]
    market = [row for row in calibration(rows, found, said) if row["chance"] == "no-vig market"]
    assert [row["bin"] for row in market] == list(range(1, 11))
    assert all(abs(row["observed"] - row["predicted"]) < 4 * row["observed_se"] for row in market)


def _american(chance: Any) -> Any:
    return np.where(chance > 0.5, -100 * chance / (1 - chance), 100 * (1 - chance) / chance)


def test_lines_are_judged_as_stored_rows_are() -> None:
    """The backtest's chances and expected values are those of the production's rows, to the last digit."""
    at = datetime(2024, 12, 3, 23, tzinfo=UTC)
    offer = {"bookmaker": "draftkings", "is_main": True, "snapshot_at": at}
    players = pa.Table.from_pylist(
        [
            {
                "player_lookup": f"p{n}",
                **dict.fromkeys(MovingAverage().requires, 12.0 + n),
                "lines": [{**offer, "line": 19.5 + n / 2, "over_price": -115 + n, "under_price": -105 - n}],
            }
            for n in range(5)
        ]
    )
    stored = prediction_table(players, SystemSet((MovingAverage(),), None, WEIGHT)).to_pandas()
    result = run_system(MovingAverage(), feature_frame(players))
    assert result.distribution is not None
    offers = read_offers(players)
    lines = pd.DataFrame(
        {
            "game_id": "g",
            "player_lookup": [f"p{n}" for n in offers.players],
            "bookmaker": "draftkings",
            "line": offers.line,
            "over_price": offers.over_price,
            "under_price": offers.under_price,
            "market_over": offers.market_over,
            "snapshot_at": SEEN,
            "closing_line": np.nan,
            "closing_over": np.nan,
        }
    )
    own = Scored(result.predicted, result.distribution.median, result.distribution.cumulative)  # type: ignore[arg-type]
    played = games([20] * 5).assign(vegas_points_line=np.nan)
    evaluation = judged(played, quotes_of(lines, played), {"m": own}, WEIGHT)["m"].evaluation
    for column, values in {
        "p_over": evaluation.own.over,
        "pooled_p_over": evaluation.pooled,
        "no_vig_p_over": evaluation.market,
    }.items():
        assert stored[column].to_numpy() == pytest.approx(values, abs=1e-9), column
    assert stored["ev_over"].to_numpy() == pytest.approx(evaluation.wager.ev_over, abs=1e-6)
