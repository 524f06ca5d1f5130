"""When a date's game lines are complete: as its props are, for one body brings both."""

from data_processors.raw.odds_player_props.completeness import judge

__all__ = ["judge"]
