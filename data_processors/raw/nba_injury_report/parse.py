"""Injury report PDF -> nba_injury_report."""

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import Game
from data_processors.raw.table import Known, Parsed, Row, Unresolved
from scrapers.bodies import Rejected, kept, rejected
from scrapers.nba_injury.report import InjuryReport, ReportRow, read_report
from shared.identity.names import in_order, player_lookup
from shared.identity.resolver import Resolver


def parse(landed: LandedBody, known: Known) -> Parsed:
    """The rows of the run's date; a report also has the games of the day after, which have runs of their own.

    Raises:
        BodyError: it is no injury report.
    """
    report = read_report(landed.body)
    if not known.slate.covers(landed.game_date):
        return Parsed()
    games = {(game.away_team, game.home_team): game for game in known.slate.on(landed.game_date)}
    rows: dict[tuple[str, str, str], Row] = {}
    bad: list[Rejected] = rejected(report.rows)
    unmatched: set[str] = set()
    for line in kept(report.rows):
        if line.game_date != landed.game_date:
            continue
        game = games.get((line.away_team, line.home_team))
        if game is None:
            unmatched.add(f"no game {line.away_team}@{line.home_team} on {line.game_date} in the schedule")
            continue
        try:
            row = _row(line, game, report, known.resolver)
        except ValueError as error:
            bad.append(Rejected(f"player_name: {error}", line.model_dump(mode="json")))
            continue
        rows[game.game_id, line.team, row["subject"]] = row
    return Parsed(list(rows.values()), _unresolved(list(rows.values())), sorted(unmatched), bad)


def _row(line: ReportRow, game: Game, report: InjuryReport, resolver: Resolver) -> Row:
    about = _player(line, resolver) if line.submitted else dict.fromkeys(_PLAYER_COLUMNS)
    return {
        "game_date": game.game_date,
        "game_id": game.game_id,
        "team_abbr": line.team,
        "subject": about["player_lookup"] or line.team,
        "submitted": line.submitted,
        **about,
        "report_at": report.report_at,
        "availability_assumed": False,
    }


_PLAYER_COLUMNS = ("player_id", "player_lookup", "player_name", "status", "reason")


def _player(line: ReportRow, resolver: Resolver) -> Row:
    """Who it is and how he is. Raises ValueError when the name has no letters, or there is no status."""
    name = in_order(line.player_name or "")
    lookup = player_lookup(name)
    if line.status is None:
        raise ValueError(f"{name} has no status")
    player = resolver.resolve(name, [line.team])
    return {
        "player_id": player.player_id if player else None,
        "player_lookup": player.player_lookup if player else lookup,
        "player_name": name,
        "status": line.status,
        "reason": line.reason,
    }


def _unresolved(rows: list[Row]) -> list[Unresolved]:
    nobody = (row for row in rows if row["submitted"] and row["player_id"] is None)
    return [Unresolved(row["game_date"], row["player_name"], row["game_id"]) for row in nobody]
