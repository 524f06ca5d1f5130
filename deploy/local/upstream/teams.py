"""The 30 teams as stats.nba.com and the Odds API name them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Team:
    """One franchise. `city` follows stats.nba.com ("LA" Clippers), `full_name` follows the Odds API."""

    tricode: str
    nba_id: int
    city: str
    nickname: str
    slug: str
    full_name: str
    zone: str


_EASTERN = "America/New_York"
_CENTRAL = "America/Chicago"
_MOUNTAIN = "America/Denver"
_PACIFIC = "America/Los_Angeles"

# tricode, last three digits of the NBA id, city, nickname, time zone
_ROWS = (
    ("ATL", 737, "Atlanta", "Hawks", _EASTERN),
    ("BOS", 738, "Boston", "Celtics", _EASTERN),
    ("CLE", 739, "Cleveland", "Cavaliers", _EASTERN),
    ("NOP", 740, "New Orleans", "Pelicans", _CENTRAL),
    ("CHI", 741, "Chicago", "Bulls", _CENTRAL),
    ("DAL", 742, "Dallas", "Mavericks", _CENTRAL),
    ("DEN", 743, "Denver", "Nuggets", _MOUNTAIN),
    ("GSW", 744, "Golden State", "Warriors", _PACIFIC),
    ("HOU", 745, "Houston", "Rockets", _CENTRAL),
    ("LAC", 746, "LA", "Clippers", _PACIFIC),
    ("LAL", 747, "Los Angeles", "Lakers", _PACIFIC),
    ("MIA", 748, "Miami", "Heat", _EASTERN),
    ("MIL", 749, "Milwaukee", "Bucks", _CENTRAL),
    ("MIN", 750, "Minnesota", "Timberwolves", _CENTRAL),
    ("BKN", 751, "Brooklyn", "Nets", _EASTERN),
    ("NYK", 752, "New York", "Knicks", _EASTERN),
    ("ORL", 753, "Orlando", "Magic", _EASTERN),
    ("IND", 754, "Indiana", "Pacers", "America/Indiana/Indianapolis"),
    ("PHI", 755, "Philadelphia", "76ers", _EASTERN),
    ("PHX", 756, "Phoenix", "Suns", "America/Phoenix"),
    ("POR", 757, "Portland", "Trail Blazers", _PACIFIC),
    ("SAC", 758, "Sacramento", "Kings", _PACIFIC),
    ("SAS", 759, "San Antonio", "Spurs", _CENTRAL),
    ("OKC", 760, "Oklahoma City", "Thunder", _CENTRAL),
    ("TOR", 761, "Toronto", "Raptors", "America/Toronto"),
    ("UTA", 762, "Utah", "Jazz", _MOUNTAIN),
    ("MEM", 763, "Memphis", "Grizzlies", _CENTRAL),
    ("WAS", 764, "Washington", "Wizards", _EASTERN),
    ("DET", 765, "Detroit", "Pistons", "America/Detroit"),
    ("CHA", 766, "Charlotte", "Hornets", _EASTERN),
)

_SLUGS = {"PHI": "sixers", "POR": "blazers"}
_FULL_CITIES = {"LAC": "Los Angeles"}


def _team(tricode: str, number: int, city: str, nickname: str, zone: str) -> Team:
    slug = _SLUGS.get(tricode, nickname.lower())
    full_name = f"{_FULL_CITIES.get(tricode, city)} {nickname}"
    return Team(tricode, 1610612000 + number, city, nickname, slug, full_name, zone)


TEAMS: dict[str, Team] = {row[0]: _team(*row) for row in _ROWS}
