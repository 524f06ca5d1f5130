"""ak-static.cms.nba.com: the league's injury reports, PDF files in a bucket of S3.

The league publishes at half past each hour, under the name of the hour, to 2025-12-22; from then on every
quarter of an hour, under the name of the minute. It comes out whether or not a team has reported: of a season
of which the archive has no report, none ever has.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from flask import Blueprint, Response, request

from deploy.local.upstream.absences import Absences
from deploy.local.upstream.archive import Archive, Game
from deploy.local.upstream.clock import EASTERN, SimulatedClock
from deploy.local.upstream.spelling import ascii_name, report_name
from deploy.local.upstream.teams import TEAMS

QUARTERS_FROM = date(2025, 12, 23)
HOURLY_MINUTE = 30
NOT_SUBMITTED = "NOT YET SUBMITTED"
DUE_DAY_BEFORE, DUE_SECOND_NIGHT = time(17), time(13)
"""Eastern; by when a team has to report: on the day before, on the day when it played on the day before."""

_NAME = re.compile(r"Injury-Report_(\d{4}-\d{2}-\d{2})_(0[1-9]|1[0-2])(?:_(00|15|30|45))?([AP]M)\.pdf")
_DENIED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message>'
    "<RequestId>{request}</RequestId><HostId>{host}</HostId></Error>"
)


@dataclass(frozen=True)
class ReportRow:
    """A line of the report with all its columns; a team that has not reported has no player."""

    game_date: str
    game_time: str
    matchup: str
    team: str
    player: str
    status: str
    reason: str


def slot_time(name: str) -> datetime | None:
    """When the league publishes the file, Eastern; None when it never has a file of that name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    day, hour, minute, half = found.groups()
    try:
        moment = datetime.strptime(f"{day} {hour} {half}", "%Y-%m-%d %I %p").replace(tzinfo=EASTERN)
    except ValueError:
        return None
    if (minute is None) != (moment.date() < QUARTERS_FROM):
        return None
    return moment.replace(minute=HOURLY_MINUTE if minute is None else int(minute))


class InjuryReports:
    """The reports of an archive."""

    def __init__(self, archive: Archive) -> None:
        self._absences = Absences(archive)
        ordered = sorted(archive.games, key=lambda game: (game.game_date, game.tipoff, _matchup(game)))
        self._by_date = {day: list(games) for day, games in groupby(ordered, key=lambda g: g.game_date)}

    def rows(self, slot: datetime) -> list[ReportRow] | None:
        """What was known at `slot` of games of its date and the next; None where there is no report."""
        today = slot.date()
        games = [*self._by_date.get(today, []), *self._by_date.get(today + timedelta(days=1), [])]
        if not games:
            return None
        sides = [(game, team) for game in games for team in (game.away_team, game.home_team)]
        return [row for game, team in sides for row in self._of_team(game, team, slot)]

    def _of_team(self, game: Game, team: str, slot: datetime) -> list[ReportRow]:
        head = (f"{game.game_date:%m/%d/%Y}", _game_time(game), _matchup(game))
        full_name = f"{TEAMS[team].city} {TEAMS[team].nickname}"
        known = [row for row in self._absences.of(game.game_id, slot) if row.team == team]
        silent = slot < self._due(game, team) or not self._absences.reported(game.season)
        if not known and silent:
            return [ReportRow(*head, full_name, "", "", NOT_SUBMITTED)]
        listed = sorted((report_name(row.player_name), row.status, row.reason or "") for row in known)
        return [ReportRow(*head, full_name, name, state, ascii_name(why)) for name, state, why in listed]

    def _due(self, game: Game, team: str) -> datetime:
        before = game.game_date - timedelta(days=1)
        if any(team in (played.home_team, played.away_team) for played in self._by_date.get(before, [])):
            return datetime.combine(game.game_date, DUE_SECOND_NIGHT, EASTERN)
        return datetime.combine(before, DUE_DAY_BEFORE, EASTERN)


def injury_report_blueprint(archive: Archive, clock: SimulatedClock) -> Blueprint:
    """Routes below /ak-static.cms.nba.com/referee/injury."""
    blueprint = Blueprint("injury_report", __name__, url_prefix="/ak-static.cms.nba.com/referee/injury")
    reports = InjuryReports(archive)

    @blueprint.get("/<name>")
    def report(name: str) -> Response:
        slot = slot_time(name)
        if slot is None or slot > clock.now:
            return _denied()
        rows = reports.rows(slot)
        if rows is None:
            return _denied()
        # reportlab is no dependency of a server that is never asked for a report
        from deploy.local.upstream.injury_pdf import render

        response = Response(render(slot, rows), content_type="application/pdf")
        response.last_modified = slot.astimezone(UTC)
        return response

    return blueprint


def _denied() -> Response:
    """S3's answer for what does not exist, to those who may not list the bucket."""
    digest = hashlib.sha256(request.path.encode()).hexdigest()
    body = _DENIED.format(request=digest[:16].upper(), host=digest[16:])
    return Response(body, 403, content_type="application/xml")


def _matchup(game: Game) -> str:
    return f"{game.away_team}@{game.home_team}"


def _game_time(game: Game) -> str:
    """Twelve hours without am or pm, as the league writes it."""
    return f"{game.tipoff.astimezone(EASTERN):%I:%M} (ET)"
