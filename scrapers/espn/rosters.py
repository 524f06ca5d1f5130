"""Rosters: one request a team. ESPN knows only the present; each row says when it was told."""

from collections.abc import Sequence
from functools import partial

from scrapers.espn.bodies import read_roster
from scrapers.source import Provider, RequestSpec, SlateReader, Source, Task
from shared.identity.teams import TEAMS, Team

_URL = "https://site.api.espn.com/apis/site/v2/sports/basketball/nba/teams"

ESPN = Provider(
    name="espn",
    headers={
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36"
        ),
    },
    seconds_between_requests=0.2,
)


def _requests(task: Task, _slate: SlateReader) -> Sequence[RequestSpec]:
    return [_request(task, team) for team in TEAMS]


def _request(task: Task, team: Team) -> RequestSpec:
    return RequestSpec(
        kind="roster",
        request_key=f"rosters/{team.tricode}",
        url=f"{_URL}/{team.espn_team_id}",
        params={"enable": "roster"},
        game_date=task.span.from_date,
        read=partial(read_roster, espn_team_id=team.espn_team_id),
    )


SOURCE = Source(
    name="rosters",
    description="Who is on each team's roster at present, with ESPN's injury notes",
    provider=ESPN,
    days_ahead=1,
    days=1,
    requests=_requests,
)
