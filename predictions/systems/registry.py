"""The systems that predict, in the order in which their rows are written."""

from predictions.systems.base import System
from predictions.systems.moving_average import MovingAverage
from predictions.systems.similarity import Similarity
from predictions.systems.system_set import PRIOR_MARKET_WEIGHT, SystemSet
from predictions.systems.zone_matchup import ZoneMatchup

FORMULAS: tuple[System, ...] = (MovingAverage(), ZoneMatchup(), Similarity())
LEARNED, LEARNED_WITH_LINE, ENSEMBLE = "learned", "learned_with_line", "ensemble"
# Every system that may predict; the last three do with a model.
SYSTEM_IDS = (*(system.system_id for system in FORMULAS), LEARNED, LEARNED_WITH_LINE, ENSEMBLE)


def without_model() -> SystemSet:
    """The formula systems alone: an ensemble needs weights, and those come with a trained model."""
    return SystemSet(FORMULAS, ensemble=None, market_weight=PRIOR_MARKET_WEIGHT)
