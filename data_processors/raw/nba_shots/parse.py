"""Live play-by-play -> nba_shots."""

from collections.abc import Iterable

from data_processors.raw.landed import LandedBody
from data_processors.raw.plays import elapsed_seconds, final_plays, points_of
from data_processors.raw.table import Known, Parsed, Row
from scrapers.nba_live.bodies import Action

ZONES = {
    "Restricted Area": "restricted_area",
    "In The Paint (Non-RA)": "paint",
    "Mid-Range": "mid_range",
    "Left Corner 3": "left_corner_3",
    "Right Corner 3": "right_corner_3",
    "Above the Break 3": "above_the_break_3",
    "Backcourt": "backcourt",
}
_TYPES = frozenset({"2pt", "3pt"})
Foul = tuple[int, int, float]


def parse(landed: LandedBody, known: Known) -> Parsed:
    """Every field-goal attempt of a finished game; nothing while it is not over. Raises BodyError.

    What was rejected is told by nba_play_by_play, which has a row for each action.
    """
    plays = final_plays(landed, known)
    if plays is None:
        return Parsed()
    bonus = _bonus_throws(plays.actions)
    opponents = {plays.game.home_team: plays.game.away_team, plays.game.away_team: plays.game.home_team}
    rows = []
    for action in plays.actions:
        if action.action_type in _TYPES and action.shot_result and action.person_id and action.team_tricode:
            teams = {"team_abbr": action.team_tricode, "opponent_team_abbr": opponents[action.team_tricode]}
            rows.append({**plays.shared, **teams, **_row(action, bonus)})
    return Parsed(rows=rows)


def _bonus_throws(actions: Iterable[Action]) -> set[Foul]:
    """Who shot a single free throw for a foul, and when: after a basket at that moment it is an and-one."""
    return {
        (action.person_id, action.period, action.clock)
        for action in actions
        if action.action_type == "freethrow"
        and action.sub_type == "1 of 1"
        and action.descriptor != "technical"
    }


def _row(action: Action, bonus: set[Foul]) -> Row:
    made = action.shot_result == "Made"
    return {
        "action_number": action.action_number,
        "period": action.period,
        "clock_seconds": action.clock,
        "elapsed_seconds": elapsed_seconds(action),
        "player_id": action.person_id,
        "player_name": action.player_name_i or None,
        "made": made,
        "is_three": action.action_type == "3pt",
        "points": points_of(action),
        "shot_distance": action.shot_distance,
        "shot_zone": ZONES.get(action.area or ""),
        "shot_type": action.sub_type or None,
        "descriptor": action.descriptor or None,
        "is_assisted": bool(made and action.assist_person_id),
        "assist_player_id": (made and action.assist_person_id) or None,
        "block_player_id": action.block_person_id or None,
        "is_and_one": made and (action.person_id, action.period, action.clock) in bonus,
        "x": action.x_legacy,
        "y": action.y_legacy,
    }
