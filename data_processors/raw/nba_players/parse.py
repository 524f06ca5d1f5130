"""playerindex -> nba_players."""

import re

from data_processors.raw.landed import LandedBody
from data_processors.raw.table import Known, Parsed, Row
from scrapers.bodies import kept, rejected
from scrapers.nba_stats.player_index import IndexedPlayer, read_player_index
from shared.identity.games import season_label, season_year
from shared.identity.names import player_lookup
from shared.identity.teams import TRICODES

_HEIGHT = re.compile(r"(\d)-(\d{1,2})")


def parse(landed: LandedBody, _known: Known) -> Parsed:
    """Every player of the index, as listed on the date."""
    year = season_year(landed.game_date)
    body = read_player_index(landed.body, season_label(year))
    rows = {player.PERSON_ID: _row(player, landed, year) for player in kept(body.players)}
    return Parsed(rows=list(rows.values()), rejected=rejected(body.players))


def _row(player: IndexedPlayer, landed: LandedBody, year: int) -> Row:
    team = player.TEAM_ABBREVIATION
    return {
        "game_date": landed.game_date,
        "season_year": year,
        "player_id": player.PERSON_ID,
        "player_lookup": player_lookup(player.full_name),
        "player_name": player.full_name,
        "team_abbr": team if team in TRICODES else None,
        "position": player.POSITION or None,
        "jersey": player.JERSEY_NUMBER or None,
        "height_inches": _inches(player.HEIGHT),
        "weight_pounds": _number(player.WEIGHT),
        "country": player.COUNTRY or None,
        "draft_year": player.DRAFT_YEAR,
        "first_season_year": _number(player.FROM_YEAR),
        "last_season_year": _number(player.TO_YEAR),
        "on_roster": None if player.ROSTER_STATUS is None else player.ROSTER_STATUS > 0,
        "listed_at": landed.served_at,
    }


def _inches(height: str | None) -> int | None:
    """'6-11' -> 83."""
    match = _HEIGHT.fullmatch(height or "")
    return int(match[1]) * 12 + int(match[2]) if match else None


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,4}", text) else None
