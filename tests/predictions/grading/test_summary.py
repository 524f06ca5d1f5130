"""How good the systems were, against the same figures worked out with pandas."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

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
                    "outcome": outcome,
                    "is_voided": is_voided,
                    "prediction_correct": won if bet and won is not None else None,
                    "profit": None if not bet else 0.0 if outcome == "PUSH" else 0.9 if won else -1.0,
                    "closing_line_value": 0.5 if bet and n % 2 else None,
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


def expected(rows: list[dict[str, Any]], season: dict[str, float]) -> dict[str, float]:
    lines = pd.DataFrame(rows)
    main = lines[lines.is_main_line == True].groupby("player_lookup").line.median()  # noqa: E712
    players = lines.drop_duplicates(["player_lookup"]).set_index("player_lookup")
    played = players[~players.is_voided].copy()
    played["line_error"] = (main - played.actual_points).abs().reindex(played.index)
    played["season_error"] = (pd.Series(season) - played.actual_points).abs().reindex(played.index)
    lined = played[played.line_error.notna()]
    hits = lines[lines.prediction_correct.notna()]
    bets = lines[lines.profit.notna()]
    inside = played.actual_points.between(played.p10_points, played.p90_points)
    return {
        "row_count": len(lines),
        "games": played.game_id.nunique(),
        "players_graded": len(played),
        "players_voided": int(players.is_voided.sum()),
        "players_lined": len(lined),
        "mae": played.absolute_error.mean(),
        "mae_se": clustered_se(played.absolute_error, played.game_id),
        "season_mae": played.season_error.mean(),
        "mae_lined": lined.absolute_error.mean(),
        "mae_lined_se": clustered_se(lined.absolute_error, lined.game_id),
        "line_mae_lined": lined.line_error.mean(),
        "season_mae_lined": lined.season_error.mean(),
        "mae_minus_line": (lined.absolute_error - lined.line_error).mean(),
        "mae_minus_line_se": clustered_se(lined.absolute_error - lined.line_error, lined.game_id),
        "bias": played.signed_error.mean(),
        "crps": played.crps.mean(),
        "coverage_80": inside.mean(),
        "brier": lines.brier.mean(),
        "brier_rows": int(lines.brier.notna().sum()),
        "pushes": int((lines.outcome == "PUSH").sum()),
        "recommendations": len(hits),
        "hit_rate": hits.prediction_correct.astype(float).mean(),
        "hit_rate_se": clustered_se(hits.prediction_correct.astype(float), hits.game_id),
        "bets": len(bets),
        "profit": bets.profit.sum(),
        "roi": bets.profit.mean(),
        "roi_se": clustered_se(bets.profit, bets.game_id),
        "closing_line_rows": int(lines.closing_line_value.notna().sum()),
        "closing_line_value": lines.closing_line_value.mean(),
    }


def test_the_summary_is_what_pandas_makes_of_the_same_rows(night: Any) -> None:
    first, second = accuracy_rows(night, "alpha", 1), accuracy_rows(night, "beta", 2)
    night.load("prediction_accuracy", first + second)
    season = {f"p{n:02d}": float(n % 30) + 0.5 for n in range(40)}
    for n in range(40):
        night.add(f"p{n:02d}", GAMES[n % 4], points_avg_season=season[f"p{n:02d}"])
    features = [{k: v for k, v in player.items() if k != "lines"} for player in night.players]
    night.load("ml_feature_store", features)

    found = accuracy_summary(night.platform.warehouse, night.day, night.day)

    assert [row["system_id"] for row in found] == ["alpha", "beta"]
    for row, rows in zip(found, (first, second), strict=True):
        wanted = expected(rows, season)
        assert row.keys() - {"system_id"} == wanted.keys()
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
