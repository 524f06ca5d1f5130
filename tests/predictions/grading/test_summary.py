"""How good the systems were, against the same figures worked out with pandas."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictions.grading.performance import PerformanceQuery, performance
from predictions.grading.summary import accuracy_summary

GAMES = ("MEM_DAL", "BOS_LAL", "NYK_MIA", "PHX_DEN")


def accuracy_rows(night: Any, system: str, seed: int) -> list[dict[str, Any]]:
    """Forty players in four games: some void, some without line, some with several books."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(40):
        actual = int(rng.integers(0, 40))
        median = float(np.round(rng.uniform(2, 35), 2))
        is_voided = n % 9 == 0
        books = [None] if n % 5 == 0 else ["draftkings", "fanduel", "fanduel"][: n % 3 + 1]
        for number, book in enumerate(books):
            line = None if book is None else float(rng.integers(4, 70)) / 2 + number
            outcome = _outcome(actual, line, is_voided)
            recommendation = "NO_LINE" if line is None else str(rng.choice(["OVER", "UNDER", "PASS"]))
            won = None if outcome in (None, "PUSH") else outcome == recommendation
            bet = recommendation in ("OVER", "UNDER") and outcome is not None
            rows.append(
                {
                    "game_date": night.day,
                    "game_id": night.game(GAMES[n % 4]),
                    "player_lookup": f"p{n:02d}",
                    "system_id": system,
                    "bookmaker": book,
                    "line": line,
                    "is_main_line": None if book is None else number < 2,
                    "predicted_points": median,
                    "mean_points": median,
                    "sd_points": 6.0,
                    "p10_points": median - 7.5,
                    "p90_points": median + 7.5,
                    "recommendation": recommendation,
                    "actual_points": None if is_voided else actual,
                    "absolute_error": None if is_voided else round(abs(median - actual), 2),
                    "signed_error": None if is_voided else round(median - actual, 2),
                    "crps": None if is_voided else float(abs(median - actual) * 0.7),
                    "brier": None if outcome in (None, "PUSH") else float(rng.uniform(0, 1)),
                    "log_loss": None if outcome in (None, "PUSH") else float(rng.uniform(0, 2)),
                    "market_brier": None if outcome in (None, "PUSH") or n % 3 else 0.25,
                    "market_log_loss": None if outcome in (None, "PUSH") or n % 3 else 0.69,
                    "pooled_brier": None if outcome in (None, "PUSH") or n % 3 else 0.2 + n / 1000,
                    "pooled_log_loss": None if outcome in (None, "PUSH") or n % 3 else 0.6 + n / 1000,
                    "over_price": -110,
                    "under_price": 105,
                    "confidence_decile": None if line is None else n % 10 + 1,
                    "outcome": outcome,
                    "is_voided": is_voided,
                    "prediction_correct": won if bet and won is not None else None,
                    "profit": None if not bet else 0.0 if outcome == "PUSH" else 0.9 if won else -1.0,
                    "closing_line_value": 0.5 if bet and n % 2 else None,
                    "closing_probability_value": 0.01 if bet and n % 4 else None,
                }
            )
    return rows


def _outcome(actual: int, line: float | None, is_voided: bool) -> str | None:
    if line is None or is_voided:
        return None
    return "OVER" if actual > line else "UNDER" if actual < line else "PUSH"


def clustered_se(values: pd.Series, games: pd.Series) -> float:
    """The standard error of a mean whose values are alike within a game."""
    sums = (values - values.mean()).groupby(games).sum()
    return float(np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1)) / len(values))


def expected(
    rows: list[dict[str, Any]], season: dict[str, float], ewma: dict[str, float | None]
) -> dict[str, float | None]:
    """The figures of `rows` and, where they say so, of the players with both baselines."""
    lines = pd.DataFrame(rows)
    main = lines[lines.is_main_line == True].groupby("player_lookup").line.median()  # noqa: E712
    players = lines.drop_duplicates(["player_lookup"]).set_index("player_lookup")
    played = players[~players.is_voided].copy()
    played["line_error"] = (main - played.actual_points).abs().reindex(played.index)
    played["season_error"] = (pd.Series(season) - played.actual_points).abs().reindex(played.index)
    played["ewma_error"] = (pd.Series(ewma, dtype=float) - played.actual_points).abs().reindex(played.index)
    played["within_80"] = played.actual_points.between(played.p10_points, played.p90_points).astype(float)
    played["minus_line"] = played.absolute_error - played.line_error
    compared = played[played.ewma_error.notna()]
    lined = compared[compared.line_error.notna()]
    priced = lines[lines.market_brier.notna()].copy()
    priced["minus_market"] = priced.brier - priced.market_brier
    priced["pooled_minus_market"] = priced.pooled_brier - priced.market_brier
    hits = lines[lines.prediction_correct.notna()].copy()
    hits["prediction_correct"] = hits.prediction_correct.astype(float)
    hits["asked"] = np.where(hits.recommendation == "OVER", 110 / 210, 100 / 205)
    figures = {
        "mae": (played, "absolute_error"),
        "bias": (played, "signed_error"),
        "crps": (played, "crps"),
        "coverage_80": (played, "within_80"),
        "mae_compared": (compared, "absolute_error"),
        "season_mae": (compared, "season_error"),
        "ewma_mae": (compared, "ewma_error"),
        "mae_lined": (lined, "absolute_error"),
        "line_mae_lined": (lined, "line_error"),
        "season_mae_lined": (lined, "season_error"),
        "ewma_mae_lined": (lined, "ewma_error"),
        "mae_minus_line": (lined, "minus_line"),
        "brier": (lines, "brier"),
        "log_loss": (lines, "log_loss"),
        "brier_priced": (priced, "brier"),
        "log_loss_priced": (priced, "log_loss"),
        "market_brier": (priced, "market_brier"),
        "market_log_loss": (priced, "market_log_loss"),
        "pooled_brier": (priced, "pooled_brier"),
        "pooled_log_loss": (priced, "pooled_log_loss"),
        "pooled_brier_minus_market": (priced, "pooled_minus_market"),
        "brier_minus_market": (priced, "minus_market"),
        "hit_rate": (hits, "prediction_correct"),
        "break_even_rate": (hits, "asked"),
        "roi": (lines, "profit"),
        "closing_line_value": (lines, "closing_line_value"),
        "closing_probability_value": (lines, "closing_probability_value"),
    }
    found: dict[str, float | None] = {}
    for name, (frame, column) in figures.items():
        values = frame[column].dropna()
        found[name] = values.mean()
        found[f"{name}_se"] = clustered_se(values, frame.game_id.loc[values.index])
    return {
        **found,
        "row_count": len(lines),
        "dates": 1,
        "games": played.game_id.nunique(),
        "players_graded": len(played),
        "players_voided": int(players.is_voided.sum()),
        "players_compared": len(compared),
        "players_lined": len(lined),
        "brier_rows": int(lines.brier.notna().sum()),
        "priced_rows": len(priced),
        "pushes": int((lines.outcome == "PUSH").sum()),
        "recommendations": len(hits),
        "bets": int(lines.profit.notna().sum()),
        "profit": lines.profit.sum(),
        "closing_line_rows": int(lines.closing_line_value.notna().sum()),
        "closing_probability_rows": int(lines.closing_probability_value.notna().sum()),
    }


def test_the_summary_is_what_pandas_makes_of_the_same_rows(night: Any) -> None:
    first, second = accuracy_rows(night, "alpha", 1), accuracy_rows(night, "beta", 2)
    night.load("prediction_accuracy", first + second)
    season = {f"p{n:02d}": float(n % 30) + 0.5 for n in range(40)}
    ewma = {f"p{n:02d}": None if n % 7 == 0 else n % 20 + 0.25 for n in range(40)}
    for n in range(40):
        name = f"p{n:02d}"
        night.add(name, GAMES[n % 4], points_avg_season=season[name], points_ewma_8=ewma[name])
    features = [{k: v for k, v in player.items() if k != "lines"} for player in night.players]
    night.load("ml_feature_store", features)

    found = accuracy_summary(night.platform.warehouse, night.day, night.day)

    assert [row["system_id"] for row in found] == ["alpha", "beta"]
    for row, rows in zip(found, (first, second), strict=True):
        wanted = expected(rows, season, ewma)
        assert row["group"] == row["system_id"]
        assert row.keys() - {"system_id", "group"} == wanted.keys()
        for name, value in wanted.items():
            assert row[name] == pytest.approx(value), name


def test_a_player_with_many_lines_counts_once(night: Any) -> None:
    one, other = accuracy_rows(night, "alpha", 1)[1:3]
    many = [{**one, "line": 10.5 + n, "bookmaker": "fanduel", "absolute_error": 10.0} for n in range(9)]
    night.load("prediction_accuracy", [*many, {**other, "player_lookup": "z", "absolute_error": 2.0}])
    (row,) = accuracy_summary(night.platform.warehouse, night.day, night.day)
    assert (row["row_count"], row["players_graded"], row["mae"]) == (10, 2, 6.0)


def test_a_single_game_has_no_standard_error(night: Any) -> None:
    rows = [row for row in accuracy_rows(night, "alpha", 1) if row["game_id"] == night.game("BOS_LAL")]
    night.load("prediction_accuracy", rows)
    (row,) = accuracy_summary(night.platform.warehouse, night.day, night.day)
    assert row["games"] == 1
    assert (row["mae_se"], row["roi_se"]) == (None, None)


def test_a_span_without_grades_has_no_summary(night: Any) -> None:
    before = night.day - timedelta(days=2000)
    assert accuracy_summary(night.platform.warehouse, before, before) == []


def simple(night: Any, name: str, points: float, actual: int, **changes: Any) -> dict[str, Any]:
    """One graded row with a line at 20.5."""
    return {
        "game_date": night.day,
        "game_id": night.game(),
        "player_lookup": name,
        "system_id": "alpha",
        "bookmaker": "draftkings",
        "line": 20.5,
        "is_main_line": True,
        "over_price": -110,
        "under_price": -110,
        "predicted_points": points,
        "mean_points": points,
        "sd_points": 6.0,
        "p10_points": points - 7.5,
        "p90_points": points + 7.5,
        "recommendation": "OVER",
        "confidence_decile": 6,
        "actual_points": actual,
        "absolute_error": abs(points - actual),
        "signed_error": points - actual,
        "outcome": "OVER" if actual > 20.5 else "UNDER",
        "is_voided": False,
        "prediction_correct": actual > 20.5,
        "profit": 0.9091 if actual > 20.5 else -1.0,
        **changes,
    }


def test_the_summary_of_the_reference(night: Any) -> None:
    """predictions.md 5.7: 25 against 28 and 20 against 18 are 2.5 off; one right and one wrong are a half."""
    night.load("prediction_accuracy", [simple(night, "a", 25, 28), simple(night, "b", 20, 18)])
    (row,) = accuracy_summary(night.platform.warehouse, night.day, night.day)
    assert (row["mae"], row["bias"], row["hit_rate"]) == (2.5, -0.5, 0.5)
    night.load("prediction_accuracy", [simple(night, "a", 25, 28)])
    (row,) = accuracy_summary(night.platform.warehouse, night.day, night.day)
    assert row["bias"] == -3.0


BANDS = {
    None: "none",
    0.5: "<=7.5",
    7.5: "<=7.5",
    8.0: "7.5-10.5",
    10.5: "7.5-10.5",
    11.0: "10.5-14.5",
    14.5: "10.5-14.5",
    19.5: "14.5-19.5",
    20.0: "19.5-24.5",
    24.5: "19.5-24.5",
    25.0: ">24.5",
}


def groups(night: Any, by: str, **query: Any) -> dict[str, Any]:
    asked = PerformanceQuery(from_date=night.day, to_date=night.day, by=by, **query)
    found = performance(night.platform.warehouse, asked)
    assert found["count"] == len(found["rows"])
    return {row["group"]: row for row in found["rows"]}


def test_lines_fall_into_bands(night: Any) -> None:
    lines = enumerate(BANDS)
    night.load("prediction_accuracy", [simple(night, f"p{n}", 25, 28, line=line) for n, line in lines])
    found = {band: row["row_count"] for band, row in groups(night, "line_band").items()}
    assert found == {band: list(BANDS.values()).count(band) for band in BANDS.values()}


def test_a_book_is_held_against_its_own_lines(night: Any) -> None:
    night.add("a", points_avg_season=24.0, points_ewma_8=26.0)
    night.store()
    rows = [
        simple(night, "a", 25, 28),
        simple(night, "a", 25, 28, bookmaker="fanduel", line=24.5),
        simple(night, "a", 25, 28, bookmaker="fanduel", line=30.5, is_main_line=False),
    ]
    night.load("prediction_accuracy", rows)
    found = groups(night, "bookmaker")
    figures = (
        "row_count",
        "players_lined",
        "mae_lined",
        "line_mae_lined",
        "season_mae_lined",
        "ewma_mae_lined",
    )
    assert [found["draftkings"][name] for name in figures] == [1, 1, 3.0, 7.5, 4.0, 2.0]
    assert [found["fanduel"][name] for name in figures] == [2, 1, 3.0, 3.5, 4.0, 2.0]


def test_deciles_months_and_a_single_system_are_asked_for(night: Any) -> None:
    rows = [simple(night, "a", 25, 28), simple(night, "b", 25, 18, confidence_decile=10, system_id="beta")]
    night.load("prediction_accuracy", rows)
    assert list(groups(night, "confidence_decile")) == ["06", "10"]
    assert list(groups(night, "confidence_decile", system_id="beta")) == ["10"]
    assert list(groups(night, "month", system_id="alpha")) == [f"{night.day:%Y-%m}"]


def test_standard_errors_of_the_performance_are_clustered_by_date(night: Any) -> None:
    later = night.day + timedelta(days=365)
    second = [simple(night, name, 25, 18, game_date=later) for name in ("c", "d")]
    night.load("prediction_accuracy", [simple(night, "a", 25, 28), simple(night, "b", 25, 24), *second])
    asked = PerformanceQuery(from_date=night.day, to_date=later, system_id="alpha")
    row = next(r for r in performance(night.platform.warehouse, asked)["rows"] if r["system_id"] == "alpha")
    # Sums of (error - 4.5) by date are -5 and 5: the root of 50 x 2 / 1, over 4 errors.
    assert (row["dates"], row["mae"], row["mae_se"]) == (2, 4.5, 2.5)


def test_the_performance_is_read_beside_the_break_even(night: Any) -> None:
    night.load("prediction_accuracy", [simple(night, "a", 25, 28)])
    day = night.day.isoformat()
    response = night.services.coordinator.get(
        "/api/v1/performance",
        query_string={"from_date": day, "to_date": day, "by": "line_band"},
        headers={"X-API-Key": "first-test-key"},
    )
    body = response.get_json()
    assert (body["by"], body["break_even_at_minus_110"], body["count"]) == ("line_band", 0.5238, 1)
    (row,) = body["rows"]
    assert row["break_even_rate"] == pytest.approx(0.5238, abs=1e-4)
    assert (row["group"], row["mae_se"]) == ("19.5-24.5", None)
    assert "52.38 %" in body["note"]
