"""How good the features of a slate are, as a log line that dashboards and an alert policy are made of."""

import logging
from collections.abc import Sequence
from datetime import date
from statistics import fmean

from predictions.coordinator.slate import MINIMUM_QUALITY, Player

_LOG = logging.getLogger(__name__)


def tell_quality(day: date, players: Sequence[Player]) -> None:
    """Logs a slate's figures; a slate without players has none.

    `slate_quality`: the mean of the quality scores, absent when no player has one. `fallback_share`: of
    players with a feature that phase 3 stands in for. `low_quality_share`: of players without a score, or
    below the one under which nobody is predicted.
    """
    if not players:
        return
    scores = [player["quality_score"] for player in players]
    known = [score for score in scores if score is not None]
    figures = {
        **({"slate_quality": round(fmean(known), 2)} if known else {}),
        "fallback_share": round(fmean(bool(player["phase3_features"]) for player in players), 4),
        "low_quality_share": round(fmean(score is None or score < MINIMUM_QUALITY for score in scores), 4),
    }
    told = ", ".join(f"{name} {figure:g}" for name, figure in figures.items())
    extra = {"game_date": day.isoformat(), "players": len(players), **figures}
    _LOG.info("%s players of %s: %s", len(players), day, told, extra=extra)
