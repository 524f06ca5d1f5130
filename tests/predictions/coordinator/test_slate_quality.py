"""A slate's quality as a line in the log, whose figures a policy is made of."""

import logging
from datetime import date
from typing import Any

import pytest

from predictions.coordinator.slate_quality import tell_quality

DAY = date(2024, 12, 3)


def player(score: float | None, *fallbacks: str) -> dict[str, Any]:
    return {"quality_score": score, "phase3_features": list(fallbacks)}


def test_the_figures_are_over_the_players(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tell_quality(DAY, [player(100.0), player(90.0, "pace"), player(60.0), player(None)])
    (line,) = caplog.records
    figures = vars(line)
    assert figures["slate_quality"] == 83.33, "an unknown score is no zero"
    assert figures["fallback_share"] == 0.25
    assert figures["low_quality_share"] == 0.5
    assert (figures["players"], figures["game_date"]) == (4, "2024-12-03")


def test_a_slate_without_players_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tell_quality(DAY, [])
    assert caplog.records == []
