"""Which injury report is asked for: the newest that should be out, never one that may not be known."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from data_processors.raw.nba_schedule.slate import Game, Slate, read_slate
from scrapers.fetch import Access, fetch_all
from scrapers.http_client import HttpClient
from scrapers.landing import Body
from scrapers.nba_injury.injury_report import SOURCE, report_name
from scrapers.source import NothingToFetchError, NotReadyError, RequestSpec, Task
from shared.clock import EASTERN
from shared.messages import AsOf, DateSpan

DAY = date(2024, 12, 3)
EARLY, LATE = datetime(2024, 12, 4, 0, 30, tzinfo=UTC), datetime(2024, 12, 4, 3, tzinfo=UTC)
GAMES = (
    Game("20241203_MEM_DAL", "0022400056", DAY, EARLY, "DAL", "MEM", "SCHEDULED"),
    Game("20241203_PHI_LAC", "0022400058", DAY, LATE, "LAC", "PHI", "SCHEDULED"),
)
SEASON = ((date(2024, 8, 1), date(2025, 4, 13)),)


def asked(games: tuple[Game, ...] = GAMES, seasons: Any = SEASON, **known: Any) -> RequestSpec:
    task = Task(DateSpan(from_date=DAY, to_date=DAY), AsOf(**known))
    (spec,) = SOURCE.requests(task, lambda _: Slate(games, seasons))
    return spec


@pytest.mark.parametrize(
    ("local", "name"),
    [
        # every hour at half past, under the name of the hour
        ("2024-12-03 17:29", "2024-12-03_04PM"),
        ("2024-12-03 17:30", "2024-12-03_05PM"),
        ("2024-12-03 18:29", "2024-12-03_05PM"),
        ("2024-12-03 00:10", "2024-12-02_11PM"),
        ("2024-12-03 00:30", "2024-12-03_12AM"),
        ("2024-12-03 12:45", "2024-12-03_12PM"),
        ("2025-12-22 23:59", "2025-12-22_11PM"),
        # every quarter of an hour, under its own time
        ("2025-12-23 00:00", "2025-12-23_12_00AM"),
        ("2026-01-10 17:14", "2026-01-10_05_00PM"),
        ("2026-01-10 17:15", "2026-01-10_05_15PM"),
        ("2026-01-10 12:59", "2026-01-10_12_45PM"),
    ],
)
def test_the_name_of_the_newest_report(local: str, name: str) -> None:
    assert report_name(datetime.fromisoformat(local).replace(tzinfo=EASTERN).astimezone(UTC)) == name


def test_a_report_gets_five_minutes_to_appear() -> None:
    assert (
        asked(as_of=datetime(2024, 12, 3, 22, 34, tzinfo=UTC)).request_key == "injury_report/2024-12-03_04PM"
    )
    assert (
        asked(as_of=datetime(2024, 12, 3, 22, 35, tzinfo=UTC)).request_key == "injury_report/2024-12-03_05PM"
    )


def test_a_lead_counts_from_the_first_tip_off_so_that_no_game_knows_too_much() -> None:
    spec = asked(lead_minutes=60)
    assert spec.url == "https://ak-static.cms.nba.com/referee/injury/Injury-Report_2024-12-03_05PM.pdf"


def test_a_report_that_is_not_out_is_no_failure() -> None:
    assert asked(lead_minutes=60).empty_statuses == {403, 404}


def test_a_later_report_that_says_the_same_of_the_date_is_no_news(service: Any) -> None:
    """The league prints one every quarter of an hour: each would make every phase run again."""
    service.load_schedule()
    service.upstream.set_now("2024-10-31T12:00:00Z")
    first, later = (injury_body(service, f"2024-10-24T{hour}:40:00Z") for hour in ("02", "03"))
    assert first.answer.body != later.answer.body
    assert first.content_hash == later.content_hash
    of_the_next_day = injury_body(service, "2024-10-24T03:40:00Z", day=date(2024, 10, 24))
    assert of_the_next_day.answer.body == later.answer.body
    assert of_the_next_day.content_hash != later.content_hash


def injury_body(service: Any, moment: str, day: date = date(2024, 10, 23)) -> Body:
    """The report of a moment as a run on a date has it."""
    at = datetime.fromisoformat(moment)
    task = Task(DateSpan(from_date=day, to_date=day), AsOf(as_of=at))
    specs = SOURCE.requests(task, lambda span: read_slate(service.warehouse, span))
    client = HttpClient(service.upstream.url)
    (body,) = fetch_all(client, SOURCE, task, specs, Access(None, None)).bodies
    assert body.valid
    assert not body.empty
    return body


def test_now_a_report_is_compared_with_the_last_one_of_the_date() -> None:
    assert asked().request_key == "injury_report/2024-12-03"


def test_without_games_there_is_none_and_without_a_schedule_no_lead() -> None:
    with pytest.raises(NothingToFetchError, match="the schedule has no games"):
        asked(games=())
    with pytest.raises(NotReadyError, match="scrape source schedule first"):
        asked(games=(), seasons=(), lead_minutes=60)


def test_a_report_is_landed_and_one_that_is_not_out_is_no_body_of_a_report(service: Any) -> None:
    service.load_schedule()
    run = service.scrape("injury_report", "2024-10-23", lead_minutes=60)
    (row,) = service.landed(run["run_id"])
    assert (run["status"], row["valid"], row["http_status"]) == ("success", True, 200)
    service.upstream.set_now("2024-10-01T12:00:00Z")
    run = service.scrape("injury_report", "2024-10-23", lead_minutes=60)
    (row,) = service.landed(run["run_id"])
    assert (row["valid"], row["http_status"]) == (True, 403)
    assert (run["status"], run["reason"]) == ("no_data", "the provider has nothing of this yet (HTTP 403)")


@pytest.mark.parametrize("kind", ["html", "malformed", "truncated", "empty", "content_type"])
def test_what_is_no_report_is_kept_with_its_reason(service: Any, kind: str) -> None:
    service.load_schedule()
    service.upstream.set_faults({"path_prefix": "/ak-static.cms.nba.com", "kind": kind})
    run = service.scrape("injury_report", "2024-10-23", lead_minutes=60)
    (row,) = service.landed(run["run_id"])
    assert (run["status"], row["valid"]) == (
        ("success", True) if kind == "content_type" else ("failed", False)
    )
