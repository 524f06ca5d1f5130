"""What is asked for of games that were played, of whom, and what stands in for it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from data_processors.raw.nba_schedule.slate import Game, Slate
from scrapers.registry import SOURCES
from scrapers.source import NothingToFetchError, NotReadyError, RequestSpec, Task
from shared.messages import AsOf, DateSpan

DAY, NEXT = date(2024, 12, 3), date(2024, 12, 4)
TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)
DALLAS = Game("20241203_MEM_DAL", "0022400056", DAY, TIP, "DAL", "MEM", "FINAL")
LATER = Game("20241203_PHI_LAC", "0022400058", DAY, TIP.replace(hour=3), "LAC", "PHI", "FINAL")
OFF = Game("20241203_BOS_NYK", "0022400059", DAY, TIP, "NYK", "BOS", "POSTPONED")
SEASON = (date(2024, 8, 1), date(2025, 4, 13))
BOTH = ("box_scores", "play_by_play")


def requests(
    source: str, *games: Game, seasons: Any = (SEASON,), day: date = DAY, **known: Any
) -> list[RequestSpec]:
    task = Task(DateSpan(from_date=day, to_date=day), AsOf(**known))
    return list(SOURCES[source].requests(task, lambda _: Slate(games, seasons)))


@pytest.mark.parametrize("source", BOTH)
def test_each_game_that_was_played_is_one_request(source: str) -> None:
    asked = requests(source, DALLAS, LATER, OFF)
    assert [spec.request_key for spec in asked] == [f"{source}/0022400056", f"{source}/0022400058"]
    assert [spec.nba_game_id for spec in asked] == ["0022400056", "0022400058"]


@pytest.mark.parametrize("source", BOTH)
def test_a_game_that_had_not_begun_by_then_is_not_asked_for(source: str) -> None:
    asked = requests(source, DALLAS, LATER, as_of=datetime(2024, 12, 4, 2, tzinfo=UTC))
    assert [spec.nba_game_id for spec in asked] == ["0022400056"]
    with pytest.raises(NotReadyError, match="no game has tipped off yet"):
        requests(source, DALLAS, as_of=datetime(2024, 12, 3, 15, tzinfo=UTC))


@pytest.mark.parametrize("source", BOTH)
def test_without_games_nothing_is_asked_for_and_the_schedule_is_the_proof(source: str) -> None:
    with pytest.raises(NothingToFetchError, match="the schedule has no games"):
        requests(source, OFF)
    with pytest.raises(NotReadyError, match="scrape source schedule first"):
        requests(source, seasons=())


def test_play_by_play_that_is_not_there_is_no_failure() -> None:
    (spec,) = requests("play_by_play", DALLAS)
    assert spec.url == "https://cdn.nba.com/static/json/liveData/playbyplay/playbyplay_0022400056.json"
    assert spec.empty_statuses == {403}


def test_a_box_score_has_the_live_feed_as_its_backup() -> None:
    (spec,) = requests("box_scores", DALLAS)
    assert spec.url == "https://stats.nba.com/stats/boxscoretraditionalv3"
    backup = spec.backup
    assert backup is not None
    assert backup.provider is not None
    assert backup.url == "https://cdn.nba.com/static/json/liveData/boxscore/boxscore_0022400056.json"
    assert (backup.provider.name, backup.kind, backup.nba_game_id) == (
        "nba_cdn",
        "box_score_live",
        "0022400056",
    )


def test_a_schedule_has_the_static_file_as_its_backup() -> None:
    (spec,) = requests("schedule")
    assert spec.params == {"LeagueID": "00", "Season": "2024-25"}
    assert spec.backup is not None
    assert spec.backup.url == "https://cdn.nba.com/static/json/staticData/scheduleLeagueV2.json"
    assert spec.kind == spec.backup.kind == "schedule"


def test_a_span_over_two_seasons_asks_for_both() -> None:
    task = Task(DateSpan(from_date=date(2024, 4, 1), to_date=date(2024, 12, 3)))
    asked = SOURCES["schedule"].requests(task, lambda _: Slate())
    assert [spec.params["Season"] for spec in asked] == ["2023-24", "2024-25"]
