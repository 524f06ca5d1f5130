"""When a date's shots are complete: as its play-by-play is, for one body brings both."""

from data_processors.raw.nba_play_by_play.completeness import judge

__all__ = ["judge"]
