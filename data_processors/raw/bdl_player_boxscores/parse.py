"""balldontlie box_scores -> bdl_player_boxscores."""

import re
from collections.abc import Iterable, Iterator

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import Game
from data_processors.raw.table import Known, Parsed, Row, Unresolved
from scrapers.balldontlie.bodies import BdlGame, BdlLine, read_box_scores
from scrapers.bodies import BodyError, Rejected, kept, rejected
from shared.identity.names import player_lookup
from shared.identity.resolver import Resolver
from shared.identity.teams import tricode_of

_MINUTES = re.compile(r"[0-9]{1,3}")


def parse(landed: LandedBody, known: Known) -> Parsed:
    """Every player of the date's finished games; nothing while the schedule is not loaded.

    Raises:
        BodyError: it is no page of box scores.
    """
    body = read_box_scores(landed.body)
    if not known.slate.covers(landed.game_date):
        return Parsed()
    rows: dict[tuple[str, int], Row] = {}
    unmatched: list[str] = []
    bad: list[Rejected] = rejected(body.data)
    for game in kept(body.data):
        bad += rejected([*game.home_team.players, *game.visitor_team.players])
        scheduled = _scheduled(game, known.slate.on(landed.game_date))
        if scheduled is None:
            names = f"{game.visitor_team.full_name} at {game.home_team.full_name}"
            unmatched.append(f"no game of {names} on {landed.game_date} in the schedule")
        elif game.final:
            found = _rows(game, scheduled, known.resolver, bad)
            rows |= {(row["game_id"], row["bdl_player_id"]): row for row in found}
    return Parsed(list(rows.values()), _unresolved(rows.values()), unmatched, bad)


def _scheduled(game: BdlGame, slate: list[Game]) -> Game | None:
    """The scheduled game of the same two teams."""
    try:
        teams = tricode_of(game.visitor_team.abbreviation), tricode_of(game.home_team.abbreviation)
    except ValueError:
        return None
    return next((each for each in slate if (each.away_team, each.home_team) == teams), None)


def _rows(game: BdlGame, scheduled: Game, resolver: Resolver, bad: list[Rejected]) -> Iterator[Row]:
    for team, tricode in (
        (game.home_team, scheduled.home_team),
        (game.visitor_team, scheduled.away_team),
    ):
        for line in kept(team.players):
            try:
                yield _row(line, scheduled, tricode, resolver)
            except BodyError as error:
                bad.append(Rejected(str(error), line.model_dump()))


def _row(line: BdlLine, game: Game, team: str, resolver: Resolver) -> Row:
    name = line.player.full_name
    try:
        lookup = player_lookup(name)
    except ValueError as error:
        raise BodyError(f"player: {error}") from None
    player = resolver.resolve(name, [team])
    return {
        "game_date": game.game_date,
        "game_id": game.game_id,
        "team_abbr": team,
        "bdl_player_id": line.player.id,
        "player_id": player.player_id if player else None,
        "player_lookup": player.player_lookup if player else lookup,
        "player_name": name,
        "minutes": _minutes(line.min),
        "points": line.pts,
        "fg_makes": line.fgm,
        "fg_attempts": line.fga,
        "three_pt_makes": line.fg3m,
        "three_pt_attempts": line.fg3a,
        "ft_makes": line.ftm,
        "ft_attempts": line.fta,
        "offensive_rebounds": line.oreb,
        "defensive_rebounds": line.dreb,
        "assists": line.ast,
        "steals": line.stl,
        "blocks": line.blk,
        "turnovers": line.turnover,
        "personal_fouls": line.pf,
    }


def _minutes(text: str | None) -> int | None:
    """'28' -> 28, '28:30' -> 28 (whole minutes begun); empty -> None. Raises BodyError."""
    whole = (text or "").partition(":")[0].strip()
    if not whole:
        return None
    if not _MINUTES.fullmatch(whole):
        raise BodyError(f"min: not minutes: {text!r}")
    return int(whole)


def _unresolved(rows: Iterable[Row]) -> list[Unresolved]:
    nobody = (row for row in rows if row["player_id"] is None)
    return [Unresolved(row["game_date"], row["player_name"], row["game_id"]) for row in nobody]
