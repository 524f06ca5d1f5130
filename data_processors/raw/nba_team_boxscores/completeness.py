"""When a date's team box scores are complete: as its players' are, for one body brings both."""

from data_processors.raw.nba_player_boxscores.completeness import judge

__all__ = ["judge"]
