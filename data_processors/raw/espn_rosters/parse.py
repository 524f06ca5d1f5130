"""ESPN team page -> espn_rosters."""

from data_processors.raw.landed import LandedBody
from data_processors.raw.table import Known, Parsed, Row, Unresolved
from scrapers.bodies import BodyError, Rejected, kept, rejected
from scrapers.espn.bodies import Athlete, read_roster
from shared.identity.names import player_lookup
from shared.identity.resolver import Resolver
from shared.identity.teams import TEAMS

_KEY = "rosters/"
_ESPN_IDS = {team.tricode: team.espn_team_id for team in TEAMS}


def parse(landed: LandedBody, known: Known) -> Parsed:
    """The team's players as ESPN listed them.

    Raises:
        BodyError: it is no roster, or not the roster of a team.
    """
    team = landed.request_key.removeprefix(_KEY)
    if team not in _ESPN_IDS:
        raise BodyError(f"request_key: {landed.request_key!r} names no team")
    body = read_roster(landed.body, _ESPN_IDS[team])
    rows: dict[int, Row] = {}
    bad: list[Rejected] = rejected(body.team.athletes)
    for athlete in kept(body.team.athletes):
        try:
            rows[int(athlete.id)] = _row(athlete, landed, team, known.resolver)
        except ValueError as error:
            bad.append(Rejected(f"fullName: {error}", athlete.model_dump(mode="json")))
    nobody = [row["player_name"] for row in rows.values() if row["player_id"] is None]
    unresolved = [Unresolved(landed.game_date, name, None) for name in nobody]
    return Parsed(list(rows.values()), unresolved, rejected=bad)


def _row(athlete: Athlete, landed: LandedBody, team: str, resolver: Resolver) -> Row:
    lookup = player_lookup(athlete.fullName)
    player = resolver.resolve(athlete.fullName, [team])
    injury = next(iter(kept(athlete.injuries)), None)
    return {
        "game_date": landed.game_date,
        "team_abbr": team,
        "espn_player_id": int(athlete.id),
        "player_id": player.player_id if player else None,
        "player_lookup": player.player_lookup if player else lookup,
        "player_name": athlete.fullName,
        "position": athlete.position.abbreviation if athlete.position else None,
        "jersey": athlete.jersey or None,
        "height_inches": athlete.height,
        "weight_pounds": athlete.weight,
        "birth_date": athlete.dateOfBirth.date() if athlete.dateOfBirth else None,
        "experience_years": athlete.experience.years if athlete.experience else None,
        "status": athlete.status.name if athlete.status else None,
        "injury_status": injury.status if injury else None,
        "injury_note": injury.shortComment if injury else None,
        "injury_at": injury.date if injury else None,
        "listed_at": landed.served_at,
    }
