import shutil
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient

from deploy.local.upstream.app import create_app
from deploy.local.upstream.espn import TEAM_IDS
from deploy.local.upstream.provider_ids import espn_athlete_id
from deploy.local.upstream.teams import TEAMS

NBA = "/site.api.espn.com/apis/site/v2/sports/basketball/nba"
CAPTURE = "payloads/captures/tests_samples/espn_roster_api/raw_2.json"
OPENING = date(2024, 10, 22)
TATUM, BROWN, DAVIS, POWELL = 1628369, 1627759, 203076, 203939
NAMES = {TATUM: "Jayson Tatum", BROWN: "Jaylen Brown", DAVIS: "Anthony Davis", POWELL: "Dwight Powell"}
BOX = (
    *("minutes", "points", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb"),
    *("ast", "stl", "blk", "turnovers", "pf", "plus_minus"),
)


def game_id(number: int) -> str:
    return f"00224{number:05d}"


def tipoff(number: int) -> pd.Timestamp:
    """Game `number` begins at 23:00 UTC, a day after the one before."""
    return pd.Timestamp("2024-10-22T23:00:00Z") + timedelta(days=number)


def after(number: int) -> str:
    return (tipoff(number) + timedelta(hours=3)).isoformat()


def write_games(folder: Path, number: int) -> None:
    """BOS against DAL, day after day."""
    rows = [
        {
            "game_id": game_id(n),
            "game_date": OPENING + timedelta(days=n),
            "tipoff_utc": tipoff(n),
            "season": "2024-25",
            "season_type": "Regular Season",
            "neutral_site": False,
            "home_team": "BOS",
            "away_team": "DAL",
            "home_points": 100,
            "away_points": 90,
            "home_spread": None,
            "total_line": None,
        }
        for n in range(number)
    ]
    pd.DataFrame(rows).to_parquet(folder / "games.parquet")


def write_box(folder: Path, listed: list[tuple[int, str, int, str | None]]) -> None:
    """(game, team, player, position)"""
    rows = [
        {"game_id": game_id(n), "team": team, "player_id": player, "position": position}
        | {"player_name": NAMES.get(player, f"Player {player}"), "is_home": team == "BOS"}
        | {"status": "PLAYED", "comment": None, "starter": True, **dict.fromkeys(BOX, 1)}
        for n, team, player, position in listed
    ]
    pd.DataFrame(rows).to_parquet(folder / "player_box.parquet")


def write_injuries(folder: Path, rows: list[dict[str, Any]]) -> None:
    pd.DataFrame(rows).to_parquet(folder / "injuries.parquet")


def out(number: int, reported: str, **changes: Any) -> dict[str, Any]:
    row = {"game_id": game_id(number), "team": "BOS", "player_id": TATUM, "player_name": "Jayson Tatum"}
    row |= {"status": "Out", "reason": "Injury/Illness - Left Ankle; Sprain", "derived": False}
    return row | {"report_utc": pd.Timestamp(reported)} | changes


Build = Callable[..., FlaskClient]


@pytest.fixture
def build(tiny_archive: Path, tmp_path: Path) -> Build:
    """build(games, box, now, injuries): the ESPN of a league of two teams."""
    numbers = count()

    def make(
        games: int,
        box: list[tuple[int, str, int, str | None]],
        now: str,
        injuries: list[dict[str, Any]] | None = None,
    ) -> FlaskClient:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        shutil.copy(tiny_archive / "prop_lines.parquet", folder)
        write_games(folder, games)
        write_box(folder, box)
        if injuries is not None:
            write_injuries(folder, injuries)
        return create_app(folder, now).test_client()

    return make


def athletes(client: FlaskClient, team: str = "BOS") -> list[dict[str, Any]]:
    response = client.get(f"{NBA}/teams/{TEAM_IDS[team]}?enable=roster")
    assert response.status_code == 200
    found: list[dict[str, Any]] = response.get_json()["team"]["athletes"]
    return found


def names(client: FlaskClient, team: str = "BOS") -> list[str]:
    return [athlete["fullName"] for athlete in athletes(client, team)]


BOTH = [(0, "BOS", TATUM, "F"), (0, "BOS", BROWN, None), (0, "DAL", DAVIS, "C")]


def test_before_the_first_game_of_a_season_the_roster_is_that_of_the_first_game(build: Build) -> None:
    box = [*BOTH, (1, "BOS", TATUM, "F"), (1, "BOS", POWELL, "C")]
    assert names(build(2, box, "2024-10-01T12:00:00Z")) == ["Jaylen Brown", "Jayson Tatum"]


def test_a_player_appears_on_the_morning_of_the_game_that_lists_him(build: Build) -> None:
    """A club announces whom it signs; whether he plays is in the box score alone."""
    box = [*BOTH, (1, "BOS", TATUM, "F"), (1, "BOS", POWELL, "C")]
    client = build(3, box, "2024-10-23T12:59:59Z")
    assert "Dwight Powell" not in names(client)
    client.post("/_control/now", json={"now": "2024-10-23T13:00:00Z"})
    assert names(client) == ["Jaylen Brown", "Dwight Powell", "Jayson Tatum"]


def test_his_position_is_known_when_the_game_is_final(build: Build) -> None:
    client = build(3, [*BOTH, (1, "BOS", POWELL, "C")], "2024-10-23T20:00:00Z")
    (powell,) = (each for each in athletes(client) if each["fullName"] == "Dwight Powell")
    client.post("/_control/now", json={"now": after(1)})
    (known,) = (each for each in athletes(client) if each["fullName"] == "Dwight Powell")
    assert ("position" in powell, "position" in known) == (False, True)


def test_a_traded_player_leaves_when_his_new_team_lists_him(build: Build) -> None:
    box = [*BOTH, (1, "BOS", TATUM, "F"), (1, "DAL", BROWN, "G"), (1, "DAL", DAVIS, "C")]
    client = build(3, box, after(0))
    assert (names(client), names(client, "DAL")) == (["Jaylen Brown", "Jayson Tatum"], ["Anthony Davis"])
    client.post("/_control/now", json={"now": "2024-10-23T13:00:00Z"})
    assert (names(client), names(client, "DAL")) == (["Jayson Tatum"], ["Jaylen Brown", "Anthony Davis"])


def test_who_was_not_listed_in_the_last_fifteen_games_is_gone(build: Build) -> None:
    box = [*BOTH, *((n, "BOS", TATUM, "F") for n in range(1, 17))]
    client = build(17, box, after(14))
    assert names(client) == ["Jaylen Brown", "Jayson Tatum"]
    client.post("/_control/now", json={"now": after(15)})
    assert names(client) == ["Jayson Tatum"]


def test_positions_are_the_newest_known_and_absent_where_none_is(build: Build) -> None:
    client = build(2, [*BOTH, (1, "BOS", BROWN, "G"), (1, "BOS", TATUM, None)], after(0))
    brown, tatum = athletes(client)
    assert ("position" in brown, tatum["position"]["displayName"]) == (False, "Forward")
    client.post("/_control/now", json={"now": after(1)})
    brown, tatum = athletes(client)
    assert (brown["position"]["id"], tatum["position"]["abbreviation"]) == ("3", "F")


def test_athlete_ids_are_espns_own_and_never_shared() -> None:
    ids = [espn_athlete_id(player) for player in [*range(1, 3_000), *range(1_620_000, 1_650_000)]]
    assert len(set(ids)) == len(ids)
    assert espn_athlete_id(TATUM) == 250_112
    assert not {espn_athlete_id(player) for player in NAMES} & set(NAMES)


@pytest.mark.parametrize(("now", "known"), [("2024-10-23T17:59:59Z", False), ("2024-10-23T18:00:00Z", True)])
def test_an_injury_is_known_from_its_report_on(build: Build, now: str, known: bool) -> None:
    client = build(3, BOTH, now, [out(1, "2024-10-23T18:00:00Z")])
    assert bool(athletes(client)[1]["injuries"]) is known
    assert athletes(client)[0]["injuries"] == []


def test_an_injury_says_what_the_report_said(build: Build) -> None:
    client = build(3, BOTH, "2024-10-23T20:00:00Z", [out(1, "2024-10-23T18:00:00Z")])
    injury = athletes(client)[1]["injuries"][0]
    assert (injury["status"], injury["type"]["name"]) == ("Out", "INJURY_STATUS_OUT")
    assert injury["date"] == "2024-10-23T18:00Z"
    assert (injury["details"]["type"], injury["details"]["side"], injury["details"]["detail"]) == (
        *("Ankle", "Left", "Sprain"),
    )
    assert "returnDate" not in injury["details"]


@pytest.mark.parametrize("status", ["Probable", "Questionable", "Doubtful"])
def test_who_may_play_is_day_to_day(build: Build, status: str) -> None:
    row = out(1, "2024-10-23T18:00:00Z", status=status, reason="Rest")
    injury = athletes(build(3, BOTH, "2024-10-23T20:00:00Z", [row]))[1]["injuries"][0]
    assert (injury["status"], injury["details"]["fantasyStatus"]["abbreviation"]) == ("Day-To-Day", "GTD")
    assert injury["details"]["type"] == "Rest"
    assert status.lower() in injury["shortComment"]


def test_injuries_are_those_of_the_game_being_played_until_it_is_over(build: Build) -> None:
    client = build(3, BOTH, (tipoff(1) + timedelta(hours=2)).isoformat(), [out(1, "2024-10-23T18:00:00Z")])
    assert athletes(client)[1]["injuries"]
    client.post("/_control/now", json={"now": after(1)})
    assert athletes(client)[1]["injuries"] == []


def test_absences_read_off_the_box_score_are_never_served(build: Build) -> None:
    derived = out(1, "2024-10-23T18:00:00Z", derived=True)
    timeless = {key: value for key, value in derived.items() if key != "report_utc"}
    for rows in ([derived], [timeless]):
        client = build(3, BOTH, "2024-10-23T20:00:00Z", rows)
        assert [athlete["injuries"] for athlete in athletes(client)] == [[], []]


@pytest.mark.parametrize("team_id", ["0", "31", "bos", "1610612738"])
def test_an_unknown_team_is_404(client_at: Callable[..., FlaskClient], team_id: str) -> None:
    assert client_at().get(f"{NBA}/teams/{team_id}?enable=roster").status_code == 404


def test_a_team_without_games_has_an_empty_roster(client_at: Callable[..., FlaskClient]) -> None:
    assert athletes(client_at(), "SAC") == []


def test_the_roster_comes_only_when_it_is_asked_for(client_at: Callable[..., FlaskClient]) -> None:
    team = client_at().get(f"{NBA}/teams/24").get_json()["team"]
    assert (team["abbreviation"], team["displayName"]) == ("SA", "San Antonio Spurs")
    assert "athletes" not in team


def test_every_team_has_an_id_of_espns() -> None:
    assert set(TEAM_IDS) == set(TEAMS)
    assert sorted(TEAM_IDS.values()) == list(range(1, 31))


def test_names_are_spelled_without_diacritics(client_at: Callable[..., FlaskClient]) -> None:
    assert "Luka Doncic" in names(client_at("2024-12-04T12:00:00Z"), "DAL")


def test_nothing_is_sent_that_the_real_body_has_not(
    build: Build, real_json: Callable[[str], Any], real_client: FlaskClient
) -> None:
    real = real_json(CAPTURE)["team"]
    ours = real_client.get(f"{NBA}/teams/2?enable=roster").get_json()["team"]
    assert {key: ours[key] for key in ours if key != "athletes"} == {
        key: real[key] for key in ours if key != "athletes"
    }
    known = {key for athlete in real["athletes"] for key in athlete}
    assert {key for athlete in ours["athletes"] for key in athlete} <= known
    injuries = [injury for athlete in real["athletes"] for injury in athlete["injuries"]]
    one = athletes(build(3, BOTH, "2024-10-23T20:00:00Z", [out(1, "2024-10-23T18:00:00Z")]))[1]["injuries"][0]
    assert set(one) <= set(injuries[0])
    assert one["type"] == injuries[0]["type"]
    assert set(one["details"]) <= {key for injury in injuries for key in injury["details"]}


def test_the_real_roster_of_a_december_day_has_who_played(real_client: FlaskClient) -> None:
    roster = names(real_client, "DAL")
    assert {"Luka Doncic", "Kyrie Irving", "Klay Thompson"} <= set(roster)
    assert 12 <= len(roster) <= 20
