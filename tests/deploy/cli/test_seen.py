"""Figures of games that the model has learned from are not taken for its track record."""

from datetime import UTC, date, datetime

import pytest

from deploy.cli.seen import seen_games
from predictions.training.models import ModelRow

CHAMPION = ModelRow(
    model_id="20250413-abc",
    status="champion",
    feature_version="v3",
    contract_sha256="c",
    trained_from=date(2020, 12, 22),
    trained_through=date(2025, 4, 13),
    training_rows=1,
    data_fingerprint="d",
    recipe="{}",
    metrics="[]",
    artifact_sha256="a",
    origin="packaged",
    created_at=datetime(2025, 4, 14, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2024, 12, 3), date(2024, 12, 3)),
        (date(2025, 4, 13), date(2025, 4, 20)),
        (date(2020, 12, 20), date(2020, 12, 22)),
    ],
)
def test_a_date_that_was_learned_from_is_told_with_the_honest_way(first: date, last: date) -> None:
    told = seen_games(CHAMPION, first, last)
    assert told is not None
    assert all(word in told for word in ("20250413-abc", "2020-12-22 to 2025-04-13", "nba-props backtest"))


@pytest.mark.parametrize("day", [date(2025, 4, 14), date(2020, 12, 21)])
def test_of_other_dates_nothing_is_said(day: date) -> None:
    assert seen_games(CHAMPION, day, day) is None
