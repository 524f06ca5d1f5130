"""2024-12-03 of the real archive through the running platform: each phase holds what the archive says."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from deploy.local.driver import Driver
from deploy.local.stack import PROJECT, StackOptions, running_stack
from deploy.replay.archive import ReplayArchive
from deploy.replay.bulk import load_lines, load_reports, load_rosters, store_history
from deploy.replay.day import AsOfMode
from deploy.replay.replay import LOOKBACK_DAYS, ReplayOptions, replay
from deploy.replay.store import Computed, compute, computed_archive
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)


@pytest.fixture(scope="module")
def archive(real_archive: Path) -> ReplayArchive:
    return ReplayArchive(real_archive)


@pytest.fixture(scope="module")
def driver(archive: ReplayArchive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with running_stack(StackOptions(tmp_path_factory.mktemp("stack"), archive.folder)) as stack:
        driver = Driver(stack)
        replay(driver, ReplayOptions(archive, DAY, DAY, bulk_until=DAY), lambda *_: None)
        yield driver


@pytest.fixture(scope="module")
def warehouse(driver: Driver) -> Warehouse:
    return driver.stack.warehouse


@pytest.fixture(scope="module")
def played(archive: ReplayArchive) -> pd.DataFrame:
    """The archive's own rows of players who played, dates as dates, within the lookback."""
    box = pd.read_parquet(archive.folder / "player_box.parquet")
    box["game_date"] = pd.to_datetime(box["game_date"]).dt.date
    recent = box["game_date"] >= DAY - timedelta(days=LOOKBACK_DAYS)
    return box[recent & (box["status"] == "PLAYED")].sort_values("game_date")


def count(warehouse: Warehouse, sql: str) -> int:
    (row,) = warehouse.rows(f"SELECT COUNT(*) AS n FROM {sql}", day=DAY)
    return int(row["n"])


def test_the_history_is_all_there(warehouse: Warehouse, played: pd.DataFrame) -> None:
    before = played[played["game_date"] < DAY]
    assert count(warehouse, "nba_analytics.player_game_summary WHERE game_date < @day") == len(before)
    team_games = before.groupby(["game_id", "team"]).ngroups
    assert count(warehouse, "nba_analytics.team_offense_game_summary WHERE game_date < @day") == team_games


def test_the_slate_is_the_archives(
    warehouse: Warehouse, archive: ReplayArchive, played: pd.DataFrame
) -> None:
    lines = pd.read_parquet(archive.folder / "prop_lines.parquet")
    lines = lines[pd.to_datetime(lines["game_date"]).dt.date == DAY]
    assert count(warehouse, "nba_raw.nba_schedule WHERE game_date = @day") == 11
    assert count(warehouse, "nba_raw.odds_player_props WHERE game_date = @day") == len(lines) == 210
    assert count(warehouse, "nba_analytics.player_game_summary WHERE game_date = @day") == len(
        played[played["game_date"] == DAY]
    )


def candidates(archive: ReplayArchive, played: pd.DataFrame) -> set[tuple[int, str]]:
    """Who may play: played in one of the team's last 15 games, and for nobody else since."""
    games = archive.games[archive.games["game_date"] == DAY]
    before = played[played["game_date"] < DAY]
    latest = before.drop_duplicates("player_id", keep="last").set_index("player_id")["team"]
    found = set()
    for team in [*games["home_team"], *games["away_team"]]:
        of_team = before[before["team"] == team]
        last = of_team.drop_duplicates("game_id").tail(15)["game_id"]
        recent = of_team[of_team["game_id"].isin(last)]["player_id"].unique()
        found |= {(int(player), team) for player in recent if latest[player] == team}
    return found


@pytest.mark.parametrize(
    "table",
    [
        "nba_analytics.upcoming_player_game_context",
        "nba_precompute.player_daily_cache",
        "nba_predictions.ml_feature_store",
    ],
)
def test_every_player_who_may_play_has_a_row(
    warehouse: Warehouse, archive: ReplayArchive, played: pd.DataFrame, table: str
) -> None:
    """Who is on the rosters, which is who played for the teams lately."""
    rows = warehouse.rows(" ".join(("SELECT player_lookup FROM", table, "WHERE game_date = @day")), day=DAY)
    roster = warehouse.rows(
        """
        SELECT DISTINCT r.player_lookup, r.player_id, r.team_abbr
        FROM nba_raw.espn_rosters AS r
        JOIN nba_raw.nba_schedule AS s
          ON s.game_date = r.game_date AND r.team_abbr IN (s.home_team, s.away_team)
        WHERE r.game_date = @day AND r.player_id IS NOT NULL
        """,
        day=DAY,
    )
    found = {row["player_lookup"] for row in rows}
    assert len(found) == len(rows)
    assert found >= {row["player_lookup"] for row in roster}
    lately = candidates(archive, played)
    listed = {(row["player_id"], row["team_abbr"]) for row in roster}
    assert len(lately & listed) > 0.95 * len(lately)
    assert len(found) <= len(lately | listed)


def test_every_player_is_predicted_or_has_a_reason(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "SELECT DISTINCT player_lookup FROM nba_predictions.ml_feature_store WHERE game_date = @day", day=DAY
    )
    predictions = warehouse.rows(
        "SELECT player_lookup, status, reason, recommendation, line, p_over, p_push, p_under "
        "FROM nba_predictions.player_prop_predictions WHERE game_date = @day",
        day=DAY,
    )
    assert {row["player_lookup"] for row in rows} == {row["player_lookup"] for row in predictions}
    for row in predictions:
        if row["status"] != "PREDICTED":
            assert row["reason"]
        elif row["line"] is None:
            assert row["recommendation"] == "NO_LINE"
        else:
            assert row["p_over"] + row["p_push"] + row["p_under"] == pytest.approx(1)


def plain(played: pd.DataFrame, player_id: int) -> dict[str, Any]:
    """A player's features with plain pandas."""
    games = played[(played["player_id"] == player_id) & (played["game_date"] < DAY)]
    season = games[games["game_date"] >= date(2024, 8, 1)]
    last = games.tail(10)
    return {
        "points_avg_last_5": games.tail(5)["points"].mean(),
        "points_avg_last_10": last["points"].mean(),
        "points_avg_season": season["points"].mean(),
        "points_std_last_10": last["points"].astype(float).std(ddof=1),
        "minutes_avg_last_10": last["minutes"].mean(),
        "ppm_avg_last_10": last["points"].sum() / last["minutes"].sum(),
        "games_played_season": len(season),
        "games_in_last_7_days": (games["game_date"] > DAY - timedelta(days=7)).sum(),
        "days_rest": (DAY - games["game_date"].max()).days - 1,
    }


@pytest.mark.parametrize(("player_lookup", "player_id"), [("lukadoncic", 1629029), ("nikolajokic", 203999)])
def test_a_known_players_features_are_what_pandas_says(
    warehouse: Warehouse, played: pd.DataFrame, player_lookup: str, player_id: int
) -> None:
    (row,) = warehouse.rows(
        "SELECT * FROM nba_predictions.ml_feature_store WHERE game_date = @day AND player_lookup = @who",
        day=DAY,
        who=player_lookup,
    )
    for name, value in plain(played, player_id).items():
        assert row[name] == pytest.approx(value, abs=2e-4), name
    assert set(row["missing_features"]) <= {"injury_risk", "usage_spike_score"}, "no report is in the archive"
    assert row["quality_score"] == pytest.approx(100 * (1 - len(row["missing_features"]) / 27), abs=0.006)


@pytest.mark.parametrize(("player_lookup", "points"), [("lukadoncic", 37), ("nikolajokic", 38)])
def test_the_outcome_is_graded(warehouse: Warehouse, player_lookup: str, points: int) -> None:
    rows = warehouse.rows(
        "SELECT actual_points, predicted_points, absolute_error FROM nba_predictions.prediction_accuracy "
        "WHERE game_date = @day AND player_lookup = @who",
        day=DAY,
        who=player_lookup,
    )
    assert rows
    for row in rows:
        assert row["actual_points"] == points
        assert row["absolute_error"] == pytest.approx(abs(row["predicted_points"] - points))


def test_a_prediction_of_the_night_used_nothing_of_it(warehouse: Warehouse) -> None:
    late = warehouse.rows(
        "SELECT player_lookup FROM nba_predictions.player_prop_predictions "
        "WHERE game_date = @day AND (cutoff > tip_at OR snapshot_at > cutoff)",
        day=DAY,
    )
    assert late == []


def load_as_the_backtest(warehouse: Warehouse, archive: ReplayArchive) -> None:
    """The date's rosters, lines and results from the archive's files, in place of what was scraped."""
    raw = ("espn_rosters", "odds_player_props", "odds_game_lines", "nba_schedule", "nba_player_boxscores")
    for name in (*raw, "nba_shots"):
        warehouse.run(f"DELETE FROM {spec_of(name).table} WHERE game_date = @day", day=DAY)
    store_history(warehouse, archive, DAY, DAY)
    load_rosters(warehouse, archive, DAY, DAY)
    load_lines(warehouse, archive, DAY, DAY)
    load_reports(warehouse, archive, DAY, DAY)


@pytest.fixture(scope="module")
def said(
    driver: Driver, archive: ReplayArchive, served: Callable[..., Any], in_the_morning: Callable[..., None]
) -> dict[AsOfMode, Any]:
    """The date as replayed, an hour before each tip, and as the live services predict it in the morning."""
    replayed = served(driver.stack.warehouse, DAY)
    in_the_morning(driver, archive, DAY)
    return {"tip": replayed, "morning": served(driver.stack.warehouse, DAY)}


@pytest.mark.slow
def test_backtest_replay_and_live_services_say_the_same(
    driver: Driver,
    archive: ReplayArchive,
    said: dict[AsOfMode, Any],
    backtested: Callable[..., Any],
    assert_parity: Callable[..., None],
) -> None:
    """At one as_of, for every player, system, book and line; near the end, as it loads and computes again.

    The backtest's loader reads files where the services read what providers answer.
    """
    stack = driver.stack
    load_as_the_backtest(stack.warehouse, archive)
    computed = Computed(StorageReader(PROJECT, stack.address("bigquery-grpc")), stack.warehouse)
    for mode, what in said.items():
        compute(stack.warehouse, [DAY], lambda _: None, mode)
        assert_parity(what, backtested(computed, what.batch))
    assert {book for _, _, book, line in said["tip"].rows if line} == {"prizepicks", "underdog"}


@pytest.fixture(scope="module")
def until_the_day(archive: ReplayArchive, tmp_path_factory: pytest.TempPathFactory) -> ReplayArchive:
    """The archive's games within the lookback of the date."""
    folder = tmp_path_factory.mktemp("archive")
    known = archive.games["game_date"].between(DAY - timedelta(days=LOOKBACK_DAYS), DAY)
    games = set(archive.games.loc[known, "nba_game_id"])
    for path in archive.folder.glob("*.parquet"):
        rows = pd.read_parquet(path)
        rows[rows["game_id"].isin(games)].to_parquet(folder / path.name)
    return ReplayArchive(folder)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["tip", "morning"])
def test_the_backtests_own_warehouse_says_the_same(
    mode: AsOfMode,
    driver: Driver,
    until_the_day: ReplayArchive,
    said: dict[AsOfMode, Any],
    backtested: Callable[..., Any],
    assert_parity: Callable[..., None],
) -> None:
    """Loaded and computed by the backtest from nothing, with all dates of the lookback."""
    what = said[mode]
    requests = driver.stack.warehouse.rows(
        "SELECT * EXCEPT (run_id, written_at) FROM nba_predictions.prediction_requests "
        "WHERE game_date = @day AND batch_id = @batch",
        day=DAY,
        batch=str(what.batch.id),
    )
    with computed_archive(until_the_day, lambda _: None, mode=mode) as computed:
        spec = spec_of("prediction_requests")
        replace_rows(computed.warehouse, spec, requests, "test", (DAY, DAY))
        assert_parity(what, backtested(computed, what.batch))
