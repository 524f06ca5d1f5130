"""A slate of players and lines becomes prediction rows."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictions.systems.distribution import NormalPoints
from predictions.systems.moving_average import MovingAverage
from predictions.systems.rows import prediction_rows
from shared.warehouse.specs import spec_of

TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)


class LastGames:
    """A second system, which needs only the last five games."""

    system_id = "last_games"
    requires = ("points_avg_last_5",)

    def predict(self, features: pd.DataFrame) -> NormalPoints:
        mean = features["points_avg_last_5"].to_numpy()
        return NormalPoints(mean, np.full(len(mean), 5.0))


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
    return prediction_rows(players, systems or [MovingAverage()])


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
    assert "predicted_points" not in found[0]


def test_a_player_who_cannot_be_predicted_does_not_shift_the_others() -> None:
    found = rows(
        player("a", points_avg_season=None, lines=[offer(1.5)]),
        player("b", points_avg_last_5=30.0, lines=[offer(30.5), offer(31.5)]),
        player("c", points_avg_last_5=10.0, lines=[offer(12.5)]),
    )
    by_name = {row["player_lookup"]: row["predicted_points"] for row in found if row["status"] == "PREDICTED"}
    assert by_name == {"b": 26.9, "c": 16.9}
    assert [row["line"] for row in found if row["player_lookup"] == "c"] == [12.5]


def test_what_is_stored_is_consistent_after_rounding() -> None:
    rng = np.random.default_rng(3)
    players = [
        player(f"p{n}", points_avg_last_5=rng.uniform(0, 35), lines=[offer(rng.integers(0, 70) / 2)])
        for n in range(200)
    ]
    for row in rows(*players):
        assert row["p_over"] + row["p_push"] + row["p_under"] == pytest.approx(1, abs=1e-9)
        assert row["ev_over"] == pytest.approx(row["p_over"] * 100 / 110 - row["p_under"], abs=2e-6)
        quantiles = [row[name] for name in ("p10_points", "p25_points", "predicted_points", "p75_points")]
        assert [*quantiles, row["p90_points"]] == sorted([*quantiles, row["p90_points"]])


def test_rows_have_the_columns_of_the_table_and_plain_values() -> None:
    found = rows(player("a", lines=[offer(20.5, under_price=None)]), player("b"))
    known = set(spec_of("prediction_staging").column_names())
    for row in found:
        assert row.keys() <= known
        assert not any(isinstance(value, np.generic) for value in row.values())
    assert found[0]["ev_under"] is None
    assert found[0]["no_vig_p_over"] is None


def test_an_empty_slate_has_no_rows() -> None:
    assert rows() == []
