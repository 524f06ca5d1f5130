"""A slate of players and lines becomes prediction rows."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from predictions.systems.distribution import PointsDistribution, normal_points
from predictions.systems.ensemble import Ensemble
from predictions.systems.moving_average import MovingAverage
from predictions.systems.players import players_table
from predictions.systems.registry import without_model
from predictions.systems.rows import QUESTIONABLE_MINUTES, prediction_table, table_schema
from predictions.systems.system_set import PRIOR_MARKET_WEIGHT, SystemSet
from shared.warehouse.specs import spec_of

TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)


class LastGames:
    """A second system, which needs only the last five games."""

    system_id = "last_games"
    requires = ("points_avg_last_5",)

    def predict(self, features: pd.DataFrame) -> PointsDistribution:
        mean = features["points_avg_last_5"].to_numpy()
        return normal_points(mean, np.full(len(mean), 5.0))


def offer(line: float, book: str = "draftkings", **changes: Any) -> dict[str, Any]:
    prices = {"over_price": -110, "under_price": -110, "is_main": True, "snapshot_at": TIP}
    return {"bookmaker": book, "line": line, **prices, **changes}


def player(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "game_date": date(2024, 12, 3),
        "game_id": "20241203_MEM_DAL",
        "tip_at": TIP,
        "cutoff": TIP,
        "player_lookup": name,
        "points_avg_last_5": 20.0,
        "points_avg_last_10": 22,
        "points_avg_season": 24.0,
        "points_std_last_10": 6.0,
        "games_played_season": 20,
        "home_away": 1,
        "back_to_back": 0,
        "quality_score": 100.0,
        "feature_version": "v1",
        "lines": [],
        **changes,
    }


def rows(*players: dict[str, Any], systems: Any = None) -> list[dict[str, Any]]:
    chosen = SystemSet(tuple(systems or [MovingAverage()]), None, PRIOR_MARKET_WEIGHT)
    return prediction_table(players_table(players), chosen).to_pylist()


def test_there_is_a_row_for_each_player_system_and_line() -> None:
    both = rows(
        player("a", lines=[offer(20.5), offer(22.5, is_main=False), offer(21.0, "fanduel")]),
        player("b", lines=[offer(10.5)]),
        systems=(MovingAverage(), LastGames()),
    )
    keys = [(row["system_id"], row["player_lookup"], row["bookmaker"], row["line"]) for row in both]
    assert len(set(keys)) == len(keys) == 8


def test_the_line_evaluated_is_the_line_stored() -> None:
    """The reference stored one line for all that it evaluated (20.5, five times)."""
    stored = rows(player("a", lines=[offer(line) for line in (18.5, 19.5, 20.0, 20.5, 21.5)]))
    assert [row["line"] for row in stored] == [18.5, 19.5, 20.0, 20.5, 21.5]
    unders = [row["p_under"] for row in stored]
    assert unders[1] == pytest.approx(unders[2], abs=2e-6)  # 20.0 differs from 19.5 in its push,
    assert unders[3] > unders[2] + 0.01  # and from 20.5 in its under
    assert sorted({row["p_over"] for row in stored}, reverse=True) == [
        stored[n]["p_over"] for n in (0, 1, 3, 4)
    ]
    assert [row["p_push"] > 0 for row in stored] == [False, False, True, False, False]


def test_a_player_without_a_line_has_one_row_for_each_system_and_no_line_is_made_up() -> None:
    alone = rows(player("a"), player("b", lines=None), systems=(MovingAverage(), LastGames()))
    assert [row["recommendation"] for row in alone] == ["NO_LINE"] * 4
    for row in alone:
        assert row["predicted_points"] is not None
        absent = ("line", "bookmaker", "p_over", "p_push", "p_under", "ev_over", "confidence", "over_price")
        assert [row[name] for name in absent] == [None] * len(absent)


def test_each_system_says_for_itself_what_it_lacks() -> None:
    found = rows(player("a", points_avg_season=None), systems=(MovingAverage(), LastGames()))
    assert [(row["system_id"], row["status"], row.get("reason")) for row in found] == [
        ("moving_average", "UNPREDICTABLE", "moving_average needs points_avg_season"),
        ("last_games", "PREDICTED", None),
    ]
    assert found[0]["predicted_points"] is None
    assert (found[0]["recommendation"], found[0]["reasons"]) == (None, [])


def test_a_player_who_cannot_be_predicted_does_not_shift_the_others() -> None:
    found = rows(
        player("a", points_avg_season=None, lines=[offer(1.5)]),
        player("b", points_avg_last_5=30.0, lines=[offer(30.5), offer(31.5)]),
        player("c", points_avg_last_5=10.0, lines=[offer(12.5)]),
    )
    by_name = {row["player_lookup"]: row["predicted_points"] for row in found if row["status"] == "PREDICTED"}
    assert by_name == {"b": 27.0, "c": 17.0}
    assert [row["line"] for row in found if row["player_lookup"] == "c"] == [12.5]


def test_what_is_stored_is_consistent_after_rounding() -> None:
    rng = np.random.default_rng(3)
    players = [
        player(f"p{n}", points_avg_last_5=rng.uniform(0, 35), lines=[offer(rng.integers(0, 70) / 2)])
        for n in range(200)
    ]
    for row in rows(*players):
        assert row["p_over"] + row["p_push"] + row["p_under"] == pytest.approx(1, abs=1e-9)
        assert row["pooled_p_over"] is None, "one price for all lines is no opinion of the market"
        assert row["ev_over"] == pytest.approx(row["p_over"] * 100 / 110 - row["p_under"], abs=2e-6)
        quantiles = [row[name] for name in ("p10_points", "p25_points", "predicted_points", "p75_points")]
        assert [*quantiles, row["p90_points"]] == sorted([*quantiles, row["p90_points"]])


def test_rows_have_the_columns_of_the_table_but_for_the_stamps() -> None:
    table = prediction_table(
        players_table([player("a"), player("b", points_avg_season=None)]), without_model()
    )
    stamps = {"attempt_id", "staged_at", "batch_id", "predicted_at"}
    spec = spec_of("prediction_staging")
    assert table.schema == table_schema()
    assert table.column_names == [name for name in spec.column_names() if name not in stamps]
    required = [c.name for c in spec.columns if c.required and c.name not in stamps]
    assert not any(table[name].null_count for name in required)


def test_a_side_without_a_price_has_no_expected_value() -> None:
    (row,) = rows(player("a", lines=[offer(20.5, under_price=None)]))
    assert (row["ev_under"], row["no_vig_p_over"], row["pooled_p_over"]) == (None, None, None)
    assert row["ev_over"] is not None


def test_an_empty_slate_has_no_rows() -> None:
    assert rows() == []


PRICED = [offer(20.5, over_price=-120, under_price=100), offer(22.5, over_price=130, under_price=-155)]


def test_what_is_bet_on_is_the_pool_of_market_and_system() -> None:
    row, _ = rows(player("a", lines=PRICED))
    market, own = row["no_vig_p_over"], row["p_over"]
    assert market == pytest.approx((120 / 220) / (120 / 220 + 0.5), abs=1e-6)
    odds = (market / (1 - market)) ** 0.75 * (own / (1 - own)) ** 0.25
    assert row["pooled_p_over"] == pytest.approx(odds / (1 + odds), abs=2e-6)
    assert row["ev_over"] == pytest.approx(
        row["pooled_p_over"] * 100 / 120 - (1 - row["pooled_p_over"]), abs=2e-6
    )
    assert row["confidence"] in (
        pytest.approx(row["pooled_p_over"], abs=1e-6),
        pytest.approx(1 - row["pooled_p_over"], abs=1e-6),
    )
    assert row["fair_over_odds"] == pytest.approx(1 / own, abs=1e-4), "fair odds are the system's own"


def test_what_is_bet_on_lies_between_the_line_and_the_system() -> None:
    """The system's own chances stay in the row; what it disagrees with the line in counts for a twentieth."""
    lines = [offer(line, "fanduel", is_main=line == 14.5) for line in (9.5, 14.5, 19.5)]
    low, main, high = rows(player("a", lines=lines, vegas_points_line=14.5))
    assert main["predicted_points"] > 20
    assert main["p_over"] > 0.8
    assert 0.5 < main["confidence"] < 0.55
    # At the other lines it is the width of the distribution that counts, not a chance drawn towards a half.
    assert low["confidence"] > 0.7
    assert high["ev_over"] < 0 < high["ev_under"]


def test_a_book_with_one_pair_of_prices_says_nothing_about_chances() -> None:
    other = offer(19.5, "fanduel", over_price=-115, under_price=-105)
    found = rows(player("a", lines=[offer(20.5), offer(22.5), other]), player("b", lines=PRICED[:1]))
    notes = {(row["player_lookup"], row["bookmaker"], row["line"]): row["price_note"] for row in found}
    assert notes == {
        ("a", "draftkings", 20.5): None,
        ("a", "draftkings", 22.5): None,
        ("a", "fanduel", 19.5): "price constant",
        ("b", "draftkings", 20.5): None,
    }
    for row in found:
        assert (row["no_vig_p_over"] is None) == (row["price_note"] is not None)
        assert row["ev_over"] is not None


def test_books_that_are_named_constant_are_not_counted_again() -> None:
    slate = players_table([player("a", lines=PRICED), player("b", lines=[offer(9.5, "fanduel")])])
    named = slate.append_column("constant_books", pa.array([["draftkings"]] * 2, pa.list_(pa.string())))
    found = prediction_table(named, SystemSet((MovingAverage(),), None, PRIOR_MARKET_WEIGHT)).to_pylist()
    assert [row["price_note"] for row in found] == ["price constant", "price constant", None]
    assert [row["no_vig_p_over"] for row in found] == [None, None, 0.5]


@pytest.mark.parametrize("price", [0, 50, -99])
def test_what_is_no_american_price_is_named_and_has_no_expected_value(price: int) -> None:
    row = rows(player("a", lines=[offer(19.5, over_price=price), *PRICED]))[0]
    assert (row["price_note"], row["over_price"]) == ("price invalid", price)
    assert (row["ev_over"], row["no_vig_p_over"], row["pooled_p_over"]) == (None, None, None)
    assert row["recommendation"] in ("UNDER", "PASS")


@pytest.mark.parametrize("line", [0.5, 20.0, 80.0, 300.0])
def test_a_line_is_evaluated_however_absurd(line: float) -> None:
    (row,) = rows(player("a", lines=[offer(line)]))
    assert (row["line"], row["status"]) == (line, "PREDICTED")
    assert row["p_over"] + row["p_push"] + row["p_under"] == pytest.approx(1)
    if line >= 80:
        assert (row["p_over"], row["recommendation"]) == (0, "UNDER")


def test_of_two_offers_of_one_book_and_line_the_newer_counts() -> None:
    older = offer(20.5, over_price=-150, snapshot_at=TIP - timedelta(hours=1))
    found = rows(player("a", lines=[offer(20.5, over_price=120), older, offer(20.5, "fanduel")]))
    assert [(row["bookmaker"], row["over_price"]) for row in found] == [
        ("draftkings", 120),
        ("fanduel", -110),
    ]


def test_a_player_without_any_feature_is_named_as_such() -> None:
    nothing = {
        "player_lookup": "a",
        "game_date": date(2024, 12, 3),
        "game_id": "g",
        "tip_at": TIP,
        "cutoff": TIP,
    }
    found = rows({**nothing, "lines": [offer(20.5)]})
    needs = "points_avg_last_5, points_avg_last_10, points_avg_season, home_away, points_std_last_10"
    assert [(row["status"], row["reason"]) for row in found] == [
        ("UNPREDICTABLE", f"moving_average needs {needs}")
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [(np.nan, "needs points_avg_season"), (np.inf, "cannot use an impossible points_avg_season")],
)
def test_a_feature_that_is_no_number_is_named(value: float, reason: str) -> None:
    broken, whole = rows(player("a", points_avg_season=value), player("b"))[::-1]
    assert (broken["player_lookup"], broken["reason"]) == ("a", f"moving_average {reason}")
    assert whole["status"] == "PREDICTED"


def test_a_questionable_player_is_expected_to_play_less() -> None:
    sure, doubted = rows(player("a"), player("b", injury_status="Questionable"))
    assert (sure["minutes_discounted"], doubted["minutes_discounted"]) == (False, True)
    assert (sure["injury_status"], doubted["injury_status"]) == (None, "Questionable")
    assert doubted["mean_points"] == pytest.approx(QUESTIONABLE_MINUTES * sure["mean_points"], abs=0.03)


def test_a_row_says_what_it_is_made_of() -> None:
    (row,) = rows(player("a", back_to_back=1, fatigue_score=40))
    assert row["reasons"] == [
        {"feature": "back_to_back", "contribution": -1.5},
        {"feature": "fatigue_score", "contribution": -1.0},
        {"feature": "home_away", "contribution": 0.5},
    ]
    assert rows(player("a"), systems=[LastGames()])[0]["reasons"] == []


def test_the_stake_is_that_of_the_recommendation() -> None:
    for row in rows(*(player(f"p{n}", points_avg_last_5=float(n), lines=PRICED) for n in range(40))):
        assert 0 <= row["kelly_fraction"] <= 0.05
        assert (row["kelly_fraction"] > 0) == (row["recommendation"] != "PASS")
    assert (
        rows(player("a", lines=[offer(20.5, over_price=None, under_price=None)]))[0]["kelly_fraction"] is None
    )


def test_the_ensemble_has_rows_like_any_system() -> None:
    weights = {"moving_average": 1.0, "last_games": 1.0}
    systems = SystemSet((MovingAverage(), LastGames()), Ensemble(weights, weights), PRIOR_MARKET_WEIGHT)
    found = prediction_table(players_table([player("a", lines=PRICED)]), systems).to_pylist()
    by_system = {row["system_id"]: row for row in found if row["line"] == 20.5}
    assert list(by_system) == ["moving_average", "last_games", "ensemble"]
    means = [row["mean_points"] for row in by_system.values()]
    assert means[2] == pytest.approx((means[0] + means[1]) / 2, abs=0.01)


def test_a_game_alone_and_in_its_slate_has_the_same_distributions() -> None:
    rng = np.random.default_rng(5)
    slate = [player(f"p{n}", points_avg_last_5=rng.uniform(0, 35), lines=PRICED) for n in range(20)]
    together = {(row["player_lookup"], row["line"]): row for row in rows(*slate)}
    for alone in slate:
        for row in rows(alone):
            assert row == together[row["player_lookup"], row["line"]]
