"""The live feed's play-by-play, as far as an archive knows it: shots, free throws, assists, periods.

Shots are the archive's. Free throws and who assisted are made up so that every player has the points, throws
and (as far as teammates' baskets allow) assists of his box score. Rebounds, fouls and turnovers are not told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from deploy.local.upstream.archive import Archive, Game
from deploy.local.upstream.names import initial_name, split_name
from deploy.local.upstream.provider_ids import number_of
from deploy.local.upstream.teams import TEAMS

Row = dict[str, Any]
REGULATION = 4
_QUARTER, _OVERTIME = 720, 300
_STEP = 10_000
_KINDS = (("Dunk", "DUNK"), ("Layup", "Layup"), ("Hook", "Hook"))


@dataclass
class Play:
    """One thing that happened; `order` tells apart what happened in the same second."""

    period: int
    seconds_left: int
    order: int
    team: str
    player_id: int
    made: bool
    told: Row

    @property
    def place(self) -> tuple[int, int, int]:
        return self.period, -self.seconds_left, self.order


def play_by_play(archive: Archive, game: Game) -> Row | None:
    """The value of `game`; None when the archive has no shots of it."""
    shots = archive.shots[game.game_id]
    if not shots:
        return None
    box = archive.player_box[game.game_id]
    plays = [_shot(row, order) for order, row in enumerate(shots)]
    _assist(plays, box)
    last = max(REGULATION, *(play.period for play in plays))
    plays += [throw for row in box for throw in _throws(row, plays, last)]
    names = {row["player_id"]: row["player_name"] for row in box}
    actions = list(_actions(game, sorted(plays, key=lambda play: play.place), last, names))
    for number, action in enumerate(actions, start=1):
        action |= {"actionNumber": number, "orderNumber": number * _STEP}
    return {"gameId": game.game_id, "actions": actions}


def _shot(row: Row, order: int) -> Play:
    told = {
        "actionType": "3pt" if row["is_three"] else "2pt",
        "subType": next((kind for word, kind in _KINDS if word in row["action_type"]), "Jump Shot"),
        "area": row["basic_zone"],
        "shotDistance": float(row["shot_distance"]),
        "isFieldGoal": 1,
    }
    place = int(row["period"]), int(row["seconds_left"]), order
    return Play(*place, row["team"], row["player_id"], bool(row["shot_made"]), told)


def _assist(plays: Iterable[Play], box: Iterable[Row]) -> None:
    """Each basket of a team goes to the teammate who has the most assists left to give."""
    left: dict[str, dict[int, int]] = defaultdict(dict)
    for row in box:
        left[row["team"]][row["player_id"]] = row["ast"] or 0
    for play in sorted(plays, key=lambda play: play.place):
        mates = {key: count for key, count in left[play.team].items() if count and key != play.player_id}
        if play.made and mates:
            giver = max(mates, key=lambda key: (mates[key], -key))
            left[play.team][giver] -= 1
            play.told["assistPersonId"] = giver


def _throws(row: Row, plays: list[Play], last: int) -> Iterator[Play]:
    """Trips to the line for two; a throw that is left over follows his first basket, if he has one."""
    tried, made = row["fta"] or 0, row["ftm"] or 0
    basket = min((p for p in plays if p.made and p.player_id == row["player_id"]), key=_place, default=None)
    for number in range(tried):
        alone = tried % 2 == 1 and number == tried - 1
        period, seconds = _moment(row, number // 2, last)
        if alone and basket is not None:
            period, seconds = basket.period, basket.seconds_left
        what = "1 of 1" if alone else f"{number % 2 + 1} of 2"
        told = {"actionType": "freethrow", "subType": what, "isFieldGoal": 0}
        order = 1000 + number
        yield Play(period, seconds, order, row["team"], row["player_id"], number < made, told)


def _place(play: Play) -> tuple[int, int, int]:
    return play.place


def _moment(row: Row, trip: int, last: int) -> tuple[int, int]:
    """When a trip to the line was, the same each time it is told."""
    chance = number_of("throw", row["game_id"], row["player_id"], trip)
    period = chance % last + 1
    return period, chance // last % (_length(period) - 1) + 1


def _length(period: int) -> int:
    return _QUARTER if period <= REGULATION else _OVERTIME


def _actions(game: Game, plays: list[Play], last: int, names: dict[int, str]) -> Iterator[Row]:
    score = {game.home_team: 0, game.away_team: 0}
    totals: dict[int, int] = defaultdict(int)
    for period in range(1, last + 1):
        yield _mark(game, period, _length(period), "period", "start", score)
        for play in plays:
            if play.period == period:
                points = {"3pt": 3, "2pt": 2}.get(play.told["actionType"], 1) if play.made else 0
                score[play.team] += points
                totals[play.player_id] += points
                yield _action(game, play, score, totals[play.player_id], names)
        yield _mark(game, period, 0, "period", "end", score)
    yield _mark(game, last, 0, "game", "end", score)


def _common(game: Game, period: int, seconds: int, score: dict[str, int]) -> Row:
    return {
        "clock": f"PT{seconds // 60:02d}M{seconds % 60:02d}.00S",
        "period": period,
        "periodType": "REGULAR" if period <= REGULATION else "OVERTIME",
        "qualifiers": [],
        "personId": 0,
        "x": None,
        "y": None,
        "side": None,
        "possession": 0,
        "scoreHome": str(score[game.home_team]),
        "scoreAway": str(score[game.away_team]),
        "xLegacy": None,
        "yLegacy": None,
        "isFieldGoal": 0,
        "isTargetScoreLastPeriod": False,
        "personIdsFilter": [],
    }


def _mark(game: Game, period: int, seconds: int, what: str, which: str, score: dict[str, int]) -> Row:
    text = f"{what.title()} {which.title()}"
    return {
        **_common(game, period, seconds, score),
        "actionType": what,
        "subType": which,
        "description": text,
    }


def _action(game: Game, play: Play, score: dict[str, int], total: int, names: dict[int, str]) -> Row:
    name = names.get(play.player_id, "")
    giver = play.told.get("assistPersonId")
    what = f"{initial_name(name)} {play.told['subType']}"
    return {
        **_common(game, play.period, play.seconds_left, score),
        **play.told,
        "teamId": TEAMS[play.team].nba_id,
        "teamTricode": play.team,
        "possession": TEAMS[play.team].nba_id,
        "personId": play.player_id,
        "playerName": split_name(name)[1],
        "playerNameI": initial_name(name),
        "shotResult": "Made" if play.made else "Missed",
        **({"pointsTotal": total} if play.made else {}),
        **({"assistPlayerNameInitial": initial_name(names[giver])} if giver else {}),
        "description": f"{what} ({total} PTS)" if play.made else f"MISS {what}",
        "personIdsFilter": [play.player_id, *([giver] if giver else [])],
    }
