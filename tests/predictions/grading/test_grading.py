"""Grading a finished date: the reference's facts (predictions.md 5.7), with its defects put right."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from orchestration.state import State
from predictions.coordinator.finish import Origin
from predictions.grading.bets import profit
from predictions.grading.grade import grade
from predictions.grading.scores import brier, log_loss
from predictions.systems.markets import decimal_odds
from shared.messages import Phase
from shared.outcomes import PermanentError
from shared.warehouse.specs import spec_of

PLAYED = 30
VOID_OF = (
    "absolute_error",
    "signed_error",
    "crps",
    "brier",
    "log_loss",
    "outcome",
    "actual_points",
    "actual_margin",
    "within_3_points",
)


def prediction(night: Any, name: str, **changes: Any) -> dict[str, Any]:
    """The reference's sample: 27.5 predicted, OVER 24.5 with confidence 0.72."""
    return {
        "game_date": night.day,
        "game_id": night.game(),
        "tip_at": night.tip,
        "cutoff": night.tip,
        "player_lookup": name,
        "team_abbr": "DAL",
        "system_id": "moving_average",
        "status": "PREDICTED",
        "predicted_points": 27.5,
        "mean_points": 27.5,
        "sd_points": 8.0,
        "p10_points": 17.25,
        "p25_points": 22.1,
        "p75_points": 32.9,
        "p90_points": 37.75,
        "bookmaker": "draftkings",
        "line": 24.5,
        "over_price": -110,
        "under_price": -110,
        "is_main_line": True,
        "snapshot_at": night.morning.as_of,
        "p_over": 0.65,
        "p_push": 0.0,
        "p_under": 0.35,
        "recommendation": "OVER",
        "confidence": 0.72,
        "batch_id": "b",
        "predicted_at": night.tip,
        **changes,
    }


def graded(night: Any, *predictions: dict[str, Any], boxes: Any = (), games: Any = None) -> dict[str, Any]:
    """Grades the predictions of a date; returns the rows by player."""
    night.load("player_prop_predictions", list(predictions))
    night.event("player_prop_predictions", State.COMPLETE, Phase.PREDICTIONS, rows=len(predictions))
    night.finish_games(list(boxes), games)
    answer = night.grade()
    assert answer["outcome"] == "DONE", answer
    return {row["player_lookup"]: row for row in night.rows("prediction_accuracy")}


def test_the_sample_of_the_reference(night: Any) -> None:
    row = graded(night, prediction(night, "a"), boxes=[night.box("a", PLAYED)])["a"]
    assert (row["absolute_error"], row["signed_error"]) == (2.5, -2.5)
    assert (row["outcome"], row["prediction_correct"], row["confidence_decile"]) == ("OVER", True, 8)
    assert (row["actual_points"], row["minutes_played"]) == (PLAYED, 36.5)
    assert row["profit"] == 0.9091
    assert row["brier"] == pytest.approx(0.35**2)
    assert row["log_loss"] == pytest.approx(0.430783, abs=1e-6)
    assert (row["predicted_margin"], row["actual_margin"]) == (3.0, 5.5)
    assert (row["within_3_points"], row["within_5_points"]) == (True, True)
    assert row["is_voided"] is False


def test_distance_is_within_points_inclusively_and_margins_need_a_line(night: Any) -> None:
    facts = {"far": (27.5, 35, False, False), "three": (33, 30, True, True), "five": (35, 30, False, True)}
    rows = graded(
        night,
        *[prediction(night, name, predicted_points=fact[0]) for name, fact in facts.items()],
        prediction(night, "unlined", line=None, recommendation="NO_LINE"),
        boxes=[night.box("unlined", 30), *[night.box(name, fact[1]) for name, fact in facts.items()]],
    )
    for name, (_, _, three, five) in facts.items():
        assert (rows[name]["within_3_points"], rows[name]["within_5_points"]) == (three, five), name
    assert rows["far"]["absolute_error"] == 7.5
    assert (rows["unlined"]["predicted_margin"], rows["unlined"]["actual_margin"]) == (None, None)


def test_the_market_is_scored_on_what_was_priced_on_both_sides(night: Any) -> None:
    rows = graded(
        night,
        prediction(night, "over", no_vig_p_over=0.6),
        prediction(night, "under", no_vig_p_over=0.6),
        prediction(night, "unpriced", no_vig_p_over=None),
        prediction(night, "push", line=20.0, no_vig_p_over=0.6),
        prediction(night, "certain", p_over=0.0, p_under=1.0, no_vig_p_over=0.5),
        boxes=[
            night.box(name, points)
            for name, points in {"over": 30, "under": 8, "unpriced": 30, "push": 20, "certain": 30}.items()
        ],
    )
    found = {name: (row["market_brier"], row["market_log_loss"]) for name, row in rows.items()}
    assert found["over"] == (pytest.approx(0.16), pytest.approx(0.510826))
    assert found["under"] == (pytest.approx(0.36), pytest.approx(0.916291))
    assert found["unpriced"] == found["push"] == (None, None)
    assert (rows["push"]["brier"], rows["push"]["log_loss"]) == (None, None)
    assert rows["certain"]["log_loss"] == pytest.approx(13.815511)


def test_the_pooled_chance_is_scored_beside_the_systems_own(night: Any) -> None:
    rows = graded(
        night,
        prediction(night, "over", no_vig_p_over=0.6, pooled_p_over=0.62, kelly_fraction=0.03),
        prediction(night, "under", no_vig_p_over=0.6, pooled_p_over=0.62),
        prediction(night, "unpriced", kelly_fraction=None),
        prediction(night, "push", line=20.0, no_vig_p_over=0.6, pooled_p_over=0.62),
        prediction(night, "void", no_vig_p_over=0.6, pooled_p_over=0.62),
        boxes=[night.box(n, p) for n, p in {"over": 30, "under": 8, "unpriced": 30, "push": 20}.items()],
    )
    found = {name: (row["pooled_brier"], row["pooled_log_loss"]) for name, row in rows.items()}
    assert found["over"] == (pytest.approx(0.1444), pytest.approx(0.478036))
    assert found["under"] == (pytest.approx(0.3844), pytest.approx(0.967584))
    assert found["unpriced"] == found["push"] == found["void"] == (None, None)
    assert (rows["over"]["kelly_fraction"], rows["over"]["pooled_p_over"]) == (0.03, 0.62)


def test_over_under_and_push(night: Any) -> None:
    facts = {
        "a": ("OVER", 20.5, 25, "OVER", True),
        "b": ("OVER", 20.5, 18, "UNDER", False),
        "c": ("UNDER", 20.5, 18, "UNDER", True),
        "d": ("UNDER", 20.5, 25, "OVER", False),
        "e": ("OVER", 20.0, 20, "PUSH", None),
        "f": ("OVER", 20.5, 21, "OVER", True),
        "g": ("UNDER", 20.5, 20, "UNDER", True),
        "h": ("PASS", 20.5, 25, "OVER", None),
        "i": ("NO_LINE", None, 25, None, None),
        "j": ("OVER", 24.5, 22, "UNDER", False),
    }
    rows = graded(
        night,
        *[prediction(night, name, recommendation=f[0], line=f[1]) for name, f in facts.items()],
        boxes=[night.box(name, f[2]) for name, f in facts.items()],
    )
    for name, (_, _, _, outcome, correct) in facts.items():
        assert (rows[name]["outcome"], rows[name]["prediction_correct"]) == (outcome, correct), name
    profits = {name: row["profit"] for name, row in rows.items()}
    assert profits == {
        **dict.fromkeys("acfg", 0.9091),
        **dict.fromkeys("bdj", -1),
        "e": 0,
        "h": None,
        "i": None,
    }
    assert rows["e"]["brier"] is None
    assert rows["i"]["brier"] is None
    assert rows["h"]["brier"] == pytest.approx(0.35**2)


def test_arrays_are_graded_as_rows_are(night: Any) -> None:
    """The backtest's rules (scores.py, bets.py) and those of the stored rows (query.sql) are the same."""
    points = {"over": 30, "under": 8, "push": 20, "certain": 30}
    lines = {"over": 24.5, "under": 24.5, "push": 20.0, "certain": 24.5}
    chances = {"certain": (0.0, 1.0)}
    predictions = [
        prediction(
            night,
            name,
            line=lines[name],
            p_over=chances.get(name, (0.65, 0.35))[0],
            p_under=chances.get(name, (0.65, 0.35))[1],
            over_price=120,
        )
        for name in points
    ]
    rows = graded(night, *predictions, boxes=[night.box(name, p) for name, p in points.items()])
    line, scored = (np.array([d[name] for name in points], dtype=float) for d in (lines, points))
    over = np.full(len(points), True)
    won = profit(over, decimal_odds(np.full(len(points), 120.0)), scored, line)
    assert [rows[name]["profit"] for name in points] == pytest.approx(won.tolist())
    decided = [name for name in points if name != "push"]
    chance = np.array([chances.get(name, (0.65, 0.35))[0] for name in decided])
    happened = np.array([points[name] > lines[name] for name in decided])
    for measure, score in {"brier": brier, "log_loss": log_loss}.items():
        stored = [rows[name][measure] for name in decided]
        assert stored == pytest.approx(score(chance, happened).tolist(), abs=1e-6), measure


def test_confidence_deciles(night: Any) -> None:
    deciles = {0.0: 1, 0.05: 1, 0.09: 1, 0.10: 2, 0.55: 6, 0.69: 7, 0.70: 8, 0.85: 9, 1.0: 10, None: None}
    names = [f"p{n}" for n in range(len(deciles))]
    rows = graded(
        night,
        *[prediction(night, name, confidence=c) for name, c in zip(names, deciles, strict=True)],
        boxes=[night.box(name, PLAYED) for name in names],
    )
    assert [rows[name]["confidence_decile"] for name in names] == list(deciles.values())


def test_errors_are_rounded_to_hundredths(night: Any) -> None:
    row = graded(night, prediction(night, "a", predicted_points=27.1235), boxes=[night.box("a", PLAYED)])["a"]
    assert (row["absolute_error"], row["signed_error"]) == (2.88, -2.88)


def test_a_player_who_did_not_play_is_a_void_that_counts_in_nothing(night: Any) -> None:
    statuses = {
        "out": ("Out", "dnp_injury_confirmed"),
        "doubtful": ("Doubtful", "dnp_injury_confirmed"),
        "questionable": ("Questionable", "dnp_late_scratch"),
        "probable": ("PROBABLE", "dnp_late_scratch"),
        "coach": (None, "dnp_unknown"),
        "available": ("Available", "dnp_unknown"),
    }
    for name, (status, _) in statuses.items():
        night.add(name, injury_status=status)
    night.store()
    rows = graded(
        night,
        *[prediction(night, name) for name in statuses],
        prediction(night, "seconds"),
        prediction(night, "scoreless"),
        boxes=[night.box("seconds", 0, seconds=0), night.box("scoreless", 0, seconds=720)],
    )
    for name, (_, reason) in statuses.items():
        assert (rows[name]["is_voided"], rows[name]["void_reason"]) == (True, reason)
        for column in VOID_OF:
            assert rows[name][column] is None
        assert (rows[name]["prediction_correct"], rows[name]["profit"]) == (None, None)
    assert rows["seconds"]["is_voided"] is True
    assert (rows["scoreless"]["is_voided"], rows["scoreless"]["absolute_error"]) == (False, 27.5)


def test_a_postponed_game_voids_its_predictions_and_is_not_waited_for(night: Any) -> None:
    games = [night.schedule(), night.schedule("BOS_LAL", "POSTPONED")]
    rows = graded(
        night,
        prediction(night, "a"),
        prediction(night, "b", game_id=night.game("BOS_LAL")),
        boxes=[night.box("a", PLAYED)],
        games=games,
    )
    assert rows["a"]["is_voided"] is False
    assert rows["b"]["void_reason"] == "game_postponed"


def test_who_was_not_predicted_is_not_graded(night: Any) -> None:
    other = {"predicted_points": None, "line": None, "recommendation": None, "reason": "because"}
    rows = graded(
        night,
        prediction(night, "a"),
        *[prediction(night, s, status=s.upper(), **other) for s in ("skipped", "failed", "unpredictable")],
        boxes=[night.box("a", PLAYED), night.box("skipped", 12)],
    )
    assert list(rows) == ["a"]


def test_crps_is_that_of_the_distribution(night: Any) -> None:
    """Against the exact score of the normal, of which the five stored quantiles are an approximation."""
    from scipy.stats import norm

    def exact(mean: float, sd: float, actual: float) -> float:
        z = (actual - mean) / sd
        return sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - norm.pdf(0) * 2**0.5)

    levels = {"p10_points": 0.1, "p25_points": 0.25, "p75_points": 0.75, "p90_points": 0.9}
    quantiles = {name: 27.5 + 8.0 * norm.ppf(level) for name, level in levels.items()}
    scores = list(range(10, 46))
    rows = graded(
        night,
        *[prediction(night, f"p{points}", **quantiles) for points in scores],
        boxes=[night.box(f"p{points}", points) for points in scores],
    )
    for points in scores:
        assert rows[f"p{points}"]["crps"] == pytest.approx(exact(27.5, 8.0, points), rel=0.12, abs=0.1)
    weights = [norm.pdf(points, 27.5, 8.0) for points in scores]
    stored = sum(w * rows[f"p{points}"]["crps"] for w, points in zip(weights, scores, strict=True))
    expected = sum(w * exact(27.5, 8.0, points) for w, points in zip(weights, scores, strict=True))
    assert stored == pytest.approx(expected, rel=0.03)


def offered_on(night: Any, name: str, line: float, at: Any, book: str = "draftkings", **prices: Any) -> Any:
    return {
        "game_date": night.day,
        "game_id": night.game(),
        "event_id": "e",
        "bookmaker": book,
        "player_lookup": name,
        "player_name": name,
        "market": "player_points",
        "line": line,
        "over_price": -110,
        "under_price": -110,
        "snapshot_at": at,
        "snapshot_assumed": False,
        "commence_at": night.tip,
        **prices,
    }


def test_closing_line_value_needs_a_later_snapshot_of_the_same_book(night: Any) -> None:
    early, late = night.morning.as_of, night.tip - timedelta(minutes=5)

    night.load(
        "odds_player_props",
        [
            *[
                offered_on(night, name, 24.5, early)
                for name in ("moved", "under", "passed", "only", "alternate", "void")
            ],
            *[
                offered_on(night, name, 26.5, late)
                for name in ("moved", "under", "passed", "alternate", "void")
            ],
            offered_on(night, "moved", 30.5, late, over_price=250),
            offered_on(night, "moved", 27.5, night.tip + timedelta(minutes=5)),
            offered_on(night, "only", 26.5, late, book="fanduel"),
        ],
    )
    rows = graded(
        night,
        prediction(night, "moved"),
        prediction(night, "under", recommendation="UNDER"),
        prediction(night, "passed", recommendation="PASS"),
        prediction(night, "only"),
        prediction(night, "alternate", is_main_line=False),
        prediction(night, "void"),
        boxes=[night.box(name, PLAYED) for name in ("moved", "under", "passed", "only", "alternate")],
    )
    found = {name: (row["closing_line"], row["closing_line_value"]) for name, row in rows.items()}
    assert found == {
        "moved": (26.5, 2.0),
        "under": (26.5, -2.0),
        "passed": (26.5, None),
        "only": (None, None),
        "alternate": (None, None),
        "void": (26.5, None),
    }


def test_the_closing_chance_is_that_of_the_line_evaluated(night: Any) -> None:
    early, late = night.morning.as_of, night.tip - timedelta(minutes=5)
    night.load(
        "odds_player_props",
        [
            offered_on(night, "dearer", 24.5, late, over_price=-150, under_price=130),
            offered_on(night, "under", 24.5, late, over_price=-150, under_price=130),
            offered_on(night, "alternate", 26.5, late),
            offered_on(night, "alternate", 24.5, late, over_price=-150, under_price=130),
            offered_on(night, "moved", 26.5, late),
            offered_on(night, "halved", 24.5, late, under_price=None),
            offered_on(night, "same", 24.5, early),
        ],
    )
    names = ("dearer", "under", "alternate", "moved", "halved", "same")
    sides = {"under": "UNDER"}
    rows = graded(
        night,
        *[prediction(night, n, no_vig_p_over=0.5, recommendation=sides.get(n, "OVER")) for n in names],
        boxes=[night.box(name, PLAYED) for name in names],
    )
    # 150 / 250 over its sum with 100 / 230.
    chance, value = pytest.approx(0.579832, abs=1e-6), pytest.approx(0.079832, abs=1e-6)
    found = {n: (rows[n]["closing_no_vig_p_over"], rows[n]["closing_probability_value"]) for n in names}
    assert found == {
        "dearer": (chance, value),
        "under": (chance, pytest.approx(-0.079832, abs=1e-6)),
        "alternate": (chance, value),
        "moved": (None, None),
        "halved": (None, None),
        "same": (None, None),
    }
    assert rows["alternate"]["closing_line"] == 26.5


def test_a_book_that_only_bettingpros_has_closes_too(night: Any) -> None:
    late = night.tip - timedelta(minutes=5)
    columns = {column.name for column in spec_of("bp_player_props").columns}
    offer = {**offered_on(night, "a", 25.5, late, "pinnacle"), "event_id": 1}
    night.load("bp_player_props", [{k: v for k, v in offer.items() if k in columns}])
    row = graded(night, prediction(night, "a", bookmaker="pinnacle"), boxes=[night.box("a", PLAYED)])["a"]
    assert (row["closing_line"], row["closing_line_value"]) == (25.5, 1.0)


def test_grading_waits_for_the_last_game_and_the_last_box(night: Any) -> None:
    night.load("player_prop_predictions", [prediction(night, "a")])
    night.event("player_prop_predictions", State.COMPLETE, Phase.PREDICTIONS)
    two = [night.schedule(), night.schedule("BOS_LAL", "LIVE")]
    night.finish_games([night.box("a", PLAYED)], two)
    answer = night.grade()
    assert answer["outcome"] == "NOT_YET"
    assert "1 games to end and 1 boxes of 2 games" in answer["reason"]
    night.load("nba_schedule", [night.schedule(), night.schedule("BOS_LAL")])
    assert "0 games to end and 1 boxes" in night.grade()["reason"]
    night.load("player_game_summary", [night.box("a", PLAYED), night.box("b", 3, "BOS_LAL")])
    assert night.grade()["outcome"] == "DONE"
    assert len(night.rows("prediction_accuracy")) == 1


def test_grading_waits_for_predictions(night: Any) -> None:
    night.finish_games([night.box("a", PLAYED)])
    answer = night.grade()
    assert answer["outcome"] == "NOT_YET"
    assert "player_prop_predictions" in answer["reason"]


def test_grading_again_never_counts_twice(night: Any) -> None:
    graded(night, prediction(night, "a"), boxes=[night.box("a", PLAYED)])
    before = night.stable_rows("prediction_accuracy")
    assert [message["status"] for message in night.announced()] == ["success"]
    assert night.grade()["outcome"] == "DONE"
    body = {"game_date": night.day.isoformat()}
    key = {"X-API-Key": "first-test-key"}
    assert night.services.coordinator.post("/grade", json=body, headers=key).status_code == 200
    assert night.stable_rows("prediction_accuracy") == before
    assert len(before) == 1
    assert [message["status"] for message in night.announced()] == ["success", "success"]


def test_a_corrected_box_is_graded_again(night: Any) -> None:
    graded(night, prediction(night, "a"), boxes=[night.box("a", PLAYED)])
    night.newer()
    night.finish_games([night.box("a", PLAYED + 2)])
    night.grade()
    (row,) = night.rows("prediction_accuracy")
    assert row["actual_points"] == PLAYED + 2


def test_a_date_on_which_nothing_was_predicted_is_empty(night: Any) -> None:
    night.event("player_prop_predictions", State.EMPTY_OK, Phase.PREDICTIONS, rows=0)
    night.finish_games([night.box("a", PLAYED)])
    assert night.grade()["outcome"] == "DONE"
    assert (night.state("prediction_accuracy").state, night.rows("prediction_accuracy")) == ("EMPTY_OK", [])
    (announced,) = night.announced()
    assert announced["status"] == "no_data"


def three_finished(night: Any) -> list[Any]:
    """Three dates of which each has one prediction and all that grading it needs."""
    nights = [
        replace(night, day=night.day + timedelta(days=180 * n), players=[], loaded=set()) for n in (0, 1, 2)
    ]
    for each in nights:
        each.load("player_prop_predictions", [prediction(each, "a")])
        each.event("player_prop_predictions", State.COMPLETE, Phase.PREDICTIONS)
        each.finish_games([each.box("a", PLAYED)])
    return nights


def test_a_date_that_breaks_a_check_does_not_fail_the_others(night: Any) -> None:
    nights = three_finished(night)
    bad = nights[1]
    bad.load("player_prop_predictions", [prediction(bad, "a", predicted_points=None)])
    with pytest.raises(PermanentError, match=f"^{bad.day}: .*whoever played has an error"):
        grade(night.platform, [each.day for each in nights], Origin("c"))
    states = [each.state("prediction_accuracy").state for each in nights]
    assert states == ["COMPLETE", "FAILED", "COMPLETE"]
    (announced,) = night.announced()
    assert (announced["status"], announced["outputs"][0]["rows"]) == ("partial", 2)
    assert str(bad.day) in announced["reason"]


def test_a_date_graded_on_newer_inputs_meanwhile_does_not_stop_the_others(night: Any) -> None:
    nights = three_finished(night)
    grade(night.platform, [nights[1].day], Origin("c"))
    (there,) = nights[1].rows("prediction_accuracy")
    newer = replace(nights[1], generation=night.generation + timedelta(hours=1))
    newer.loaded.add("prediction_accuracy")
    newer.load("prediction_accuracy", [{**there, "actual_points": 99}])
    grade(night.platform, [each.day for each in nights], Origin("c"), force=True)
    assert [row["actual_points"] for each in nights for row in each.rows("prediction_accuracy")] == [
        PLAYED,
        99,
        PLAYED,
    ]
    assert [each.state("prediction_accuracy").state for each in nights] == ["COMPLETE"] * 3
