"""Games that nobody learns from give an alert: once a day, and only when there are any."""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from predictions.coordinator.overdue import ALERT, OVERDUE_DAYS, Learning
from predictions.training.champion import packaged_champion
from predictions.training.models import store_model
from shared.clock import eastern_today
from shared.warehouse.specs import spec_of

KEY = {"X-API-Key": "first-test-key"}
TODAY = date(2025, 1, 20)


def learning(trained: int | None, first_game: int | None) -> Learning:
    """Trained and first unused game, as days before today."""
    ago = [None if days is None else TODAY - timedelta(days=days) for days in (trained, first_game)]
    return Learning(ago[0], ago[1], 0 if first_game is None else 12, TODAY)


@pytest.mark.parametrize(
    ("trained", "first_game", "overdue"),
    [
        (10, 9, True),
        (9, 8, False),
        (1, None, False),
        # A summer: nothing was played for months, and the first games are of this week.
        (120, 3, False),
        (120, None, False),
        (120, 9, True),
        # Without a model the worker is not ready, and that says more.
        (None, 30, False),
    ],
)
def test_games_unused_for_more_than_a_week_and_a_day_are_overdue(
    trained: int | None, first_game: int | None, overdue: bool
) -> None:
    assert learning(trained, first_game).overdue is overdue
    assert OVERDUE_DAYS == 8


def test_the_reason_says_since_when_and_what_the_newest_model_knows() -> None:
    reason = learning(10, 9).reason
    assert "12 games since 2025-01-11" in reason
    assert "trained through 2025-01-10" in reason


@pytest.fixture
def games(services: Any) -> Iterator[Any]:
    """Stores a model and a game played since, so many days ago, in a table that has no other."""
    warehouse, today = services.platform.warehouse, eastern_today()
    kept = "SELECT * FROM nba_analytics.player_game_summary"
    assert not [row for row in warehouse.rows(kept) if row["game_date"] > today - timedelta(days=60)]

    def stored(trained: int, played: int) -> None:
        artifact, facts = packaged_champion()
        store_model(warehouse, artifact, {**facts, "trained_through": today - timedelta(days=trained)})
        day = today - timedelta(days=played)
        warehouse.load("player_game_summary", [_box(day)])

    yield stored
    warehouse.run(
        "DELETE FROM nba_predictions.ml_models WHERE TRUE; "
        "DELETE FROM nba_analytics.player_game_summary WHERE player_lookup = 'overdue'; "
        "DELETE FROM nba_orchestration.alerts_given WHERE alert = @alert",
        alert=ALERT,
    )


def _box(day: date) -> dict[str, Any]:
    values = {"INT64": 1, "STRING": "overdue", "FLOAT64": 1.0, "BOOL": True, "DATE": day}
    required = [column for column in spec_of("player_game_summary").columns if column.required]
    row = {column.name: values.get(column.type) for column in required}
    stamps = [column.name for column in required if column.type == "TIMESTAMP"]
    return {**row, **dict.fromkeys(stamps, datetime.combine(day, time(0), UTC)), "run_id": "test"}


def monitor(services: Any) -> Any:
    response = services.coordinator.post("/check-stalled", json={}, headers=KEY)
    assert response.status_code == 200, response.text
    return response.get_json()["retraining"]


def alerts(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if getattr(record, "alert", None) == ALERT]


def test_the_monitor_gives_the_alert_once_a_day(
    services: Any, games: Any, caplog: pytest.LogCaptureFixture
) -> None:
    games(trained=20, played=9)
    with caplog.at_level(logging.ERROR):
        first, second = monitor(services), monitor(services)
    assert (first["overdue"], first["alerted"]) == (True, True)
    assert (second["overdue"], second["alerted"]) == (True, False)
    (alert,) = alerts(caplog)
    assert "that no model has learned from" in alert
    assert "/retrain" in alert


def test_the_models_are_listed_with_how_far_behind_they_are(services: Any, games: Any) -> None:
    games(trained=20, played=9)
    body = services.coordinator.get("/models", headers=KEY).get_json()
    assert body["retraining"]["overdue"]
    (row,) = body["rows"]
    assert (row["status"], row["metrics"][0]["population"]) == ("challenger", "all")
    assert services.coordinator.get("/models").status_code == 401


@pytest.mark.parametrize(("trained", "played"), [(20, 8), (5, 9)])
def test_no_alert_while_the_games_are_new_or_learned_from(
    services: Any, games: Any, caplog: pytest.LogCaptureFixture, trained: int, played: int
) -> None:
    games(trained=trained, played=played)
    with caplog.at_level(logging.ERROR):
        found = monitor(services)
    assert (found["overdue"], found["alerted"], alerts(caplog)) == (False, False, [])
