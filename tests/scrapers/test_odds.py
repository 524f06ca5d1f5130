"""Which moments of the market are asked for: never one that may not be known, never one after the tip."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from data_processors.raw.nba_schedule.slate import Game, Slate
from scrapers.odds_api.bodies import EventList, OddsEvent
from scrapers.odds_api.odds import SOURCE
from scrapers.source import NothingToFetchError, RequestSpec, Task
from shared.messages import AsOf, DateSpan

DAY, NEXT = date(2024, 12, 3), date(2024, 12, 4)
TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)
MORNING = datetime(2024, 12, 3, 15, tzinfo=UTC)
EVENT = "0" * 31 + "1"
GAME = Game("20241203_MEM_DAL", "0022400056", DAY, TIP, "DAL", "MEM", "SCHEDULED")
SEASON = (date(2024, 8, 1), date(2025, 4, 13))


def task(first: date = DAY, last: date = DAY, **knowledge: Any) -> Task:
    return Task(DateSpan(from_date=first, to_date=last), AsOf(**knowledge))


def first_requests(task: Task, slate: Slate | None = None) -> list[RequestSpec]:
    return list(SOURCE.requests(task, lambda _: slate or Slate((GAME,), (SEASON,))))


def board_request(task: Task) -> RequestSpec:
    (listing,) = first_requests(task)
    event = OddsEvent(
        id=EVENT, commence_time=TIP, home_team="Dallas Mavericks", away_team="Memphis Grizzlies"
    )
    (request,) = SOURCE.follow_ups(task, listing, EventList(data=[event]))
    return request


def test_now_is_asked_of_the_live_endpoints() -> None:
    (listing,) = first_requests(task())
    assert listing.url == "https://api.the-odds-api.com/v4/sports/basketball_nba/events"
    assert "date" not in listing.params
    board = board_request(task())
    assert board.url == f"https://api.the-odds-api.com/v4/sports/basketball_nba/events/{EVENT}/odds"
    assert board.params == {
        "markets": "player_points,player_points_alternate,spreads,totals",
        "oddsFormat": "american",
        "regions": "us,us_dfs",
    }


def test_events_are_asked_for_one_eastern_date() -> None:
    (listing,) = first_requests(task())
    assert listing.params["commenceTimeFrom"] == "2024-12-03T05:00:00Z"
    assert listing.params["commenceTimeTo"] == "2024-12-04T04:59:59Z"


@pytest.mark.parametrize(
    ("knowledge", "listed", "board"),
    [
        ({"lead_minutes": 60}, "2024-12-03T05:00:00Z", "2024-12-03T23:30:00Z"),
        ({"lead_minutes": 0}, "2024-12-03T05:00:00Z", "2024-12-04T00:29:00Z"),
        ({"as_of": MORNING}, "2024-12-03T05:00:00Z", "2024-12-03T15:00:00Z"),
        ({"as_of": datetime(2024, 12, 1, tzinfo=UTC)}, "2024-12-01T00:00:00Z", "2024-12-01T00:00:00Z"),
        ({"as_of": datetime(2024, 12, 9, tzinfo=UTC)}, "2024-12-03T05:00:00Z", "2024-12-04T00:29:00Z"),
    ],
)
def test_the_past_is_asked_at_its_own_moment(knowledge: dict[str, Any], listed: str, board: str) -> None:
    asked = task(**knowledge)
    (listing,) = first_requests(asked)
    assert listing.url == "https://api.the-odds-api.com/v4/historical/sports/basketball_nba/events"
    assert listing.params["date"] == listed
    assert board_request(asked).params["date"] == board


def test_a_request_key_tells_moments_apart() -> None:
    keys = {board_request(task(**k)).request_key for k in ({}, {"lead_minutes": 60}, {"as_of": MORNING})}
    assert len(keys) == 3


def test_a_listed_event_of_another_date_is_left_out() -> None:
    (listing,) = first_requests(task())
    late = OddsEvent(id=EVENT, commence_time=MORNING.replace(day=5), home_team="a", away_team="b")
    assert SOURCE.follow_ups(task(), listing, EventList(data=[late])) == []


def test_only_dates_that_may_have_games_are_asked_for() -> None:
    assert [spec.game_date for spec in first_requests(task(DAY, NEXT))] == [DAY]
    unknown = first_requests(task(DAY, NEXT), Slate())
    assert [spec.game_date for spec in unknown] == [DAY, NEXT]


def test_a_date_without_games_is_proven_by_the_schedule() -> None:
    with pytest.raises(NothingToFetchError, match="the schedule has no games"):
        first_requests(task(NEXT, NEXT))
