"""The systems that predict, in the order in which their rows are written."""

from predictions.systems.base import System
from predictions.systems.moving_average import MovingAverage

SYSTEMS: tuple[System, ...] = (MovingAverage(),)
