"""boxscoretraditionalv3 or the live feed's box score -> nba_player_boxscores."""

from data_processors.raw.box_scores import Side, counted, final_game, seconds_of, sides
from data_processors.raw.landed import LandedBody
from data_processors.raw.table import Known, Parsed, Row
from scrapers.bodies import Rejected, kept, rejected
from scrapers.nba_stats.bodies import BoxPlayer, Line
from shared.identity.names import player_lookup

_ABSENCES = ("DNP", "DND", "NWT")


def parse(landed: LandedBody, _known: Known) -> Parsed:
    """Every player of a finished game; nothing while it is not finished.

    Raises:
        BodyError: the game is finished but its figures do not hold together.
    """
    game = final_game(landed)
    if game is None:
        return Parsed()
    rows: list[Row] = []
    bad: list[Rejected] = []
    for side in sides(landed, game):
        bad += rejected(side.team.players)
        for player in kept(side.team.players):
            try:
                rows.append(_row(side, player))
            except ValueError as error:
                bad.append(Rejected(str(error), player.model_dump()))
    return Parsed(rows=rows, rejected=bad)


def _row(side: Side, player: BoxPlayer) -> Row:
    line, comment = player.statistics, (player.comment or "").strip()
    return {
        **side.shared,
        "player_id": player.person_id,
        "player_lookup": player_lookup(player.full_name),
        "player_name": player.full_name,
        "status": _status(line, comment),
        "comment": comment or None,
        "is_starter": bool(player.position),
        "position": player.position or None,
        **counted(line),
        "plus_minus": round(line.plus_minus_points),
    }


def _status(line: Line, comment: str) -> str:
    """Who was on the court played, whatever the comment says; else the comment's first word, else DNP."""
    if seconds_of(line.minutes) > 0:
        return "PLAYED"
    return comment[:3] if comment[:3] in _ABSENCES else "DNP"
