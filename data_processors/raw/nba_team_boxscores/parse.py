"""boxscoretraditionalv3 or the live feed's box score -> nba_team_boxscores."""

from data_processors.raw.box_scores import Side, counted, final_game, sides
from data_processors.raw.landed import LandedBody
from data_processors.raw.table import Known, Parsed, Row


def parse(landed: LandedBody, _known: Known) -> Parsed:
    """Both teams of a finished game; nothing while it is not finished.

    Raises:
        BodyError: the game is finished but its figures do not hold together.
    """
    game = final_game(landed)
    if game is None:
        return Parsed()
    return Parsed(rows=[row for side in sides(landed, game) if (row := _row(side))])


def _row(side: Side) -> Row | None:
    own, other = side.team.statistics, side.other.statistics
    if own is None or other is None:
        return None
    return {**side.shared, **counted(own), "plus_minus": own.points - other.points}
