"""Live play-by-play -> nba_play_by_play."""

from data_processors.raw.landed import LandedBody
from data_processors.raw.plays import elapsed_seconds, final_plays, points_of
from data_processors.raw.table import Known, Parsed, Row
from scrapers.nba_live.bodies import Action


def parse(landed: LandedBody, known: Known) -> Parsed:
    """Every action of a finished game; nothing while it is not over. Raises BodyError."""
    plays = final_plays(landed, known)
    if plays is None:
        return Parsed()
    rows = [
        {**plays.shared, "sequence": sequence, **_row(action)}
        for sequence, action in enumerate(plays.actions, start=1)
    ]
    return Parsed(rows=rows, rejected=plays.rejected)


def _row(action: Action) -> Row:
    return {
        "action_number": action.action_number,
        "period": action.period,
        "clock_seconds": action.clock,
        "elapsed_seconds": elapsed_seconds(action),
        "action_type": action.action_type,
        "sub_type": action.sub_type or None,
        "descriptor": action.descriptor or None,
        "qualifiers": ",".join(action.qualifiers) or None,
        "team_abbr": action.team_tricode,
        "player_id": action.person_id or None,
        "player_name": action.player_name_i or None,
        "shot_result": action.shot_result,
        "points": points_of(action),
        "home_points": action.score_home,
        "away_points": action.score_away,
        "assist_player_id": action.assist_person_id or None,
        "block_player_id": action.block_person_id or None,
        "steal_player_id": action.steal_person_id or None,
        "foul_drawn_player_id": action.foul_drawn_person_id or None,
        "description": action.description or None,
    }
