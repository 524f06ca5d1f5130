"""What holds on every row of a simulated archive, because it holds on every row of a real one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from deploy.local.league import LeagueFiles
from deploy.local.league.schedule import TEAMS
from deploy.local.league.shots import ZONES

Table = Callable[[str], pd.DataFrame]
COUNTS = ["points", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb", "ast", "stl", "blk", "pf"]


@pytest.fixture(scope="module")
def played(table: Table) -> pd.DataFrame:
    box = table("player_box")
    return box[box["status"] == "PLAYED"].astype(dict.fromkeys([*COUNTS, "plus_minus", "turnovers"], "int64"))


def test_points_are_the_sum_of_what_was_made(played: pd.DataFrame) -> None:
    made = 2 * (played["fgm"] - played["fg3m"]) + 3 * played["fg3m"] + played["ftm"]
    assert (played["points"] == made).all()


def test_nobody_makes_more_than_he_tries(played: pd.DataFrame) -> None:
    for made, tried in (("fgm", "fga"), ("fg3m", "fg3a"), ("ftm", "fta"), ("fg3a", "fga"), ("fg3m", "fgm")):
        assert (played[made] <= played[tried]).all()
    twos_made, twos = played["fgm"] - played["fg3m"], played["fga"] - played["fg3a"]
    assert (twos_made <= twos).all()
    assert (played[COUNTS] >= 0).all(axis=None)
    assert played["pf"].max() <= 6


def test_players_sum_to_the_final_score_and_nobody_draws(played: pd.DataFrame, table: Table) -> None:
    games = table("games").set_index("game_id")
    sums = played.groupby(["game_id", "is_home"])["points"].sum().unstack()
    assert (sums[True] == games["home_points"]).all()
    assert (sums[False] == games["away_points"]).all()
    assert (games["home_points"] != games["away_points"]).all()


def test_a_team_plays_240_minutes_and_25_more_per_overtime_in_whole_seconds(played: pd.DataFrame) -> None:
    seconds = (played["minutes"] * 60).round()
    assert np.allclose(played["minutes"] * 60, seconds, rtol=0, atol=1e-9)
    assert (seconds > 0).all()
    team = seconds.groupby([played["game_id"], played["team"]]).sum()
    overtimes = (team - 240 * 60) / (25 * 60)
    assert (overtimes == overtimes.round()).all()
    assert (overtimes >= 0).all()
    assert (overtimes.groupby("game_id").nunique() == 1).all()
    assert 0.01 < (overtimes > 0).mean() < 0.12
    longest = 48 + 5 * overtimes.reindex(list(zip(played["game_id"], played["team"], strict=True))).to_numpy()
    assert (played["minutes"] <= longest).all()


def test_plus_minus_sums_to_five_times_the_margin(played: pd.DataFrame) -> None:
    team = played.groupby(["game_id", "is_home"])[["plus_minus", "points"]].sum().unstack()
    margin = team["points"][True] - team["points"][False]
    assert (team["plus_minus"][True] == 5 * margin).all()
    assert (team["plus_minus"][False] == -5 * margin).all()


def test_five_start_two_guards_two_forwards_a_centre(table: Table) -> None:
    box = table("player_box")
    starters = box[box["starter"]]
    five = starters.groupby(["game_id", "team"])["position"].agg(lambda five: "".join(sorted(five)))
    assert len(five) == 2 * box["game_id"].nunique()
    assert (five == "CFFGG").all()
    assert box.loc[~box["starter"], "position"].isna().all()
    assert (starters["status"] == "PLAYED").all()


def test_who_did_not_play_has_a_reason_and_no_numbers(table: Table) -> None:
    box = table("player_box")
    absent = box[box["status"] == "DID_NOT_PLAY"]
    assert set(box["status"]) == {"PLAYED", "DID_NOT_PLAY"}
    assert absent["comment"].notna().all()
    assert absent["comment"].str.contains("Coach's Decision").mean() > 0.5
    assert absent["points"].isna().all()
    assert (absent["minutes"] == 0).all()
    assert box.loc[box["status"] == "PLAYED", "comment"].isna().all()


def test_a_row_is_one_player_in_one_game(table: Table) -> None:
    assert not table("player_box").duplicated(["game_id", "player_id"]).any()
    assert not table("injuries").duplicated(["game_id", "player_id"]).any()
    assert not table("games").duplicated("game_id").any()
    grain = ["game_id", "player_id", "bookmaker", "line", "snapshot_utc"]
    assert not table("prop_lines").duplicated(grain).any()


def test_nobody_is_on_two_teams_the_same_day(table: Table) -> None:
    assert not table("player_box").duplicated(["game_date", "player_id"]).any()


def test_shots_are_the_box_scores_attempts_one_by_one(played: pd.DataFrame, table: Table) -> None:
    shots = table("shots")
    keys = ["game_id", "player_id"]
    twos = ~shots["is_three"]
    counted = pd.DataFrame(
        {
            "fga": shots.groupby(keys).size(),
            "fgm": shots.groupby(keys)["shot_made"].sum(),
            "fg3a": shots.groupby(keys)["is_three"].sum(),
            "fg3m": (shots["is_three"] & shots["shot_made"]).groupby([shots[k] for k in keys]).sum(),
        }
    )
    box = played.set_index(keys)[["fga", "fgm", "fg3a", "fg3m"]]
    pd.testing.assert_frame_equal(
        counted.reindex(box.index, fill_value=0).astype("int64"), box, check_names=False
    )
    assert set(shots["basic_zone"]) <= set(ZONES)
    threes = shots["basic_zone"].str.endswith("3") | (shots["basic_zone"] == "Backcourt")
    assert (threes == shots["is_three"]).all()
    assert (shots.loc[twos, "shot_distance"] < 22).all()
    assert (shots["seconds_left"] < np.where(shots["period"] <= 4, 720, 300)).all()


def test_a_man_reported_out_does_not_play_and_a_questionable_one_may(table: Table) -> None:
    injuries, box = table("injuries"), table("player_box")
    played = box.loc[box["status"] == "PLAYED", ["game_id", "player_id"]].assign(played=True)
    seen = injuries.merge(played, on=["game_id", "player_id"], how="left")["played"].notna()
    share = seen.groupby(injuries["status"]).mean()
    assert set(share.index) == {"Out", "Doubtful", "Questionable", "Probable"}
    assert share["Out"] == 0
    assert share["Doubtful"] < 0.3 < share["Questionable"] < share["Probable"]


def test_reports_and_lines_are_known_before_tip(table: Table) -> None:
    tipoff = table("games").set_index("game_id")["tipoff_utc"]
    injuries, props = table("injuries"), table("prop_lines")
    assert (injuries["report_utc"] < injuries["game_id"].map(tipoff)).all()
    assert not injuries["derived"].any()
    assert (props["snapshot_utc"] < props["commence_utc"]).all()
    assert (props["commence_utc"] == props["game_id"].map(tipoff)).all()


def test_shares_of_players_who_have_a_team_and_a_name(table: Table) -> None:
    box = table("player_box")
    assert set(box["team"]) == set(TEAMS)
    assert (box.groupby("player_id")["player_name"].nunique() == 1).all()
    assert box["player_name"].str.contains("[^\x00-\x7f]").any()


def test_columns_and_types_are_those_of_the_real_archive(league: LeagueFiles, real_archive: Path) -> None:
    for real in sorted(real_archive.glob("*.parquet")):
        expected, got = pq.read_schema(real), pq.read_schema(league.archive / real.name)
        names = [*expected.names, "report_utc"] if real.stem == "injuries" else expected.names
        assert got.names == names
        for name in expected.names:
            assert _kind(got.field(name).type) == _kind(expected.field(name).type), name


def _kind(kind: object) -> str:
    """Providers' files differ in the width of strings and in the unit of times; readers do not care."""
    return str(kind).replace("large_string", "string").replace("timestamp[ms", "timestamp[us")
