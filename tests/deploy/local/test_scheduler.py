"""Which jobs fire when: by the clocks of New York, whatever daylight saving does to them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from deploy.local.scheduler import Answer, Firing, firings
from orchestration.pipeline import load_pipeline
from orchestration.timetable import Schedule
from shared.clock import EASTERN, eastern_moment

SPRING, AUTUMN = date(2025, 3, 9), date(2024, 11, 3)


def schedule(cron: str, name: str = "job") -> Schedule:
    return Schedule(
        name=name,
        cron=cron,
        time_zone="America/New_York",
        service="coordinator",
        path="/x",
        body={},
        why="a schedule for a test",
    )


def shown(cron: str, day: date, hours: float = 24) -> list[str]:
    """What clocks in New York show when a job fires, from midnight of a date."""
    first = eastern_moment(day, time(0))
    found = firings([schedule(cron)], first, first + timedelta(hours=hours))
    return [f"{each.at.astimezone(EASTERN):%d %H:%M %Z}" for each in found]


def test_a_span_has_its_first_moment_and_not_its_last() -> None:
    first = eastern_moment(date(2024, 12, 3), time(5))
    found = firings([schedule("0 * * * *")], first, first + timedelta(hours=2))
    assert [each.at for each in found] == [first, first + timedelta(hours=1)]


def test_seconds_into_a_minute_that_minute_is_over() -> None:
    first = eastern_moment(date(2024, 12, 3), time(5, 0, 1))
    found = firings([schedule("0 * * * *")], first, first + timedelta(hours=1))
    assert [each.at for each in found] == [eastern_moment(date(2024, 12, 3), time(6))]


def test_jobs_fire_in_order_of_time_and_then_of_name() -> None:
    first = datetime(2024, 12, 3, 10, tzinfo=UTC)
    jobs = [schedule("*/30 * * * *", "b"), schedule("0 * * * *", "a")]
    found = firings(jobs, first, first + timedelta(hours=1))
    assert found == [Firing(first, "a"), Firing(first, "b"), Firing(first + timedelta(minutes=30), "b")]


def test_a_job_keeps_its_hour_in_new_york_when_daylight_saving_begins_or_ends() -> None:
    assert shown("0 7 * * *", SPRING - timedelta(days=1), 48) == ["08 07:00 EST", "09 07:00 EDT"]
    assert shown("0 7 * * *", AUTUMN - timedelta(days=1), 49) == ["02 07:00 EDT", "03 07:00 EST"]


def test_what_falls_into_the_hour_left_out_fires_as_it_ends() -> None:
    assert shown("30 2 * * *", SPRING, 23) == ["09 03:00 EDT"]


def test_a_job_of_the_hour_that_comes_twice_fires_once() -> None:
    assert shown("30 1 * * *", AUTUMN, 25) == ["03 01:30 EDT"]


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2024, 12, 3), 24)])
def test_every_quarter_of_an_hour_is_so_on_any_day(day: date, hours: int) -> None:
    first, last = eastern_moment(day, time(0)), eastern_moment(day + timedelta(days=1), time(0))
    found = [each.at for each in firings([schedule("*/15 * * * *")], first, last)]
    assert found == [first + n * timedelta(minutes=15) for n in range(4 * hours)]


def test_a_day_that_begins_in_the_hour_that_comes_twice_has_no_job_of_the_first() -> None:
    second = datetime(2024, 11, 3, 6, 15, tzinfo=UTC)
    assert f"{second.astimezone(EASTERN):%H:%M %Z}" == "01:15 EST"
    found = firings([schedule("30 1 * * *")], second, second + timedelta(hours=25))
    assert [each.at for each in found] == [eastern_moment(AUTUMN + timedelta(days=1), time(1, 30))]


def test_midnight_and_new_year_are_new_yorks() -> None:
    assert shown("0 0 * * *", date(2024, 12, 31), 25) == ["31 00:00 EST", "01 00:00 EST"]
    first = eastern_moment(date(2024, 12, 31), time(23, 45))
    found = firings([schedule("*/15 * * * *")], first, first + timedelta(minutes=30))
    assert [each.at for each in found] == [
        datetime(2025, 1, 1, 4, 45, tzinfo=UTC),
        datetime(2025, 1, 1, 5, 0, tzinfo=UTC),
    ]
    assert shown("30 9 * * 1", date(2024, 12, 30), 24 * 8) == ["30 09:30 EST", "06 09:30 EST"]


def test_every_schedule_of_the_pipeline_fires_in_a_week() -> None:
    schedules = load_pipeline().schedules
    first = eastern_moment(date(2024, 12, 2), time(5))
    fired = {each.name for each in firings(schedules, first, first + timedelta(days=7))}
    assert fired == {each.name for each in schedules}


def run(status: str, reason: str | None = None) -> dict[str, Any]:
    return {"source": "odds", "status": status, "reason": reason}


@pytest.mark.parametrize(
    ("answer", "ok", "said"),
    [
        (Answer(200, {"outcome": "DONE", "reason": "none open"}), True, "DONE: none open"),
        (Answer(200, {"status": "not_due", "reason": "no games"}), True, "not_due: no games"),
        (Answer(422, {"title": "Invalid", "detail": "name"}), False, "Invalid: name"),
        (Answer(None, "no answer: ConnectionError"), False, "no answer: ConnectionError"),
        (Answer(200, {"runs": [run("failed", "503")]}), False, "odds failed: 503"),
        (Answer(200, {"runs": [run("success"), run("no_data")]}), True, "odds success, odds no_data"),
        (Answer(200, {"runs": [run("success") | {"changed_bodies": 3}]}), True, "odds success (3 new)"),
    ],
)
def test_an_answer_is_told_in_a_line(answer: Answer, ok: bool, said: str) -> None:
    assert (answer.ok, answer.said) == (ok, said)
