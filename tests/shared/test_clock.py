"""game_date is the Eastern date, whatever UTC says."""

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from shared.clock import (
    CLOCK_VARIABLE,
    ClockError,
    ClockFile,
    dates_between,
    eastern_date,
    eastern_moment,
    eastern_today,
    utc_now,
    wall_clock,
)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2024, 12, 4, 0, 10, tzinfo=UTC), date(2024, 12, 3)),
        (datetime(2024, 12, 4, 4, 59, tzinfo=UTC), date(2024, 12, 3)),
        (datetime(2024, 12, 4, 5, 0, tzinfo=UTC), date(2024, 12, 4)),
        (datetime(2025, 4, 10, 3, 59, tzinfo=UTC), date(2025, 4, 9)),
    ],
)
def test_a_game_after_midnight_utc_belongs_to_the_eastern_day(moment: datetime, day: date) -> None:
    assert eastern_date(moment) == day


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        eastern_date(datetime(2024, 12, 4))  # noqa: DTZ001  the point of the test


def test_eastern_moments_follow_daylight_saving() -> None:
    assert eastern_moment(date(2024, 12, 3), time(19)) == datetime(2024, 12, 4, 0, tzinfo=UTC)
    assert eastern_moment(date(2025, 4, 9), time(19)) == datetime(2025, 4, 9, 23, tzinfo=UTC)


def test_a_span_includes_both_ends() -> None:
    assert dates_between(date(2024, 2, 28), date(2024, 3, 1))[1] == date(2024, 2, 29)
    assert dates_between(date(2024, 3, 1), date(2024, 3, 1)) == [date(2024, 3, 1)]


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClockFile:
    """A simulated clock by which this process lives."""
    clock = ClockFile(tmp_path / "clock.json")
    monkeypatch.setenv(CLOCK_VARIABLE, str(clock.path))
    return clock


def test_a_simulated_clock_is_what_everybody_sees_and_runs_on(clock: ClockFile) -> None:
    moment = datetime(2024, 12, 4, 4, 59, 59, tzinfo=UTC)
    clock.set(moment)
    first, second = utc_now(), utc_now()
    assert moment <= first < second < moment + timedelta(seconds=1)
    assert eastern_today() == date(2024, 12, 3)
    clock.set(eastern_moment(date(2024, 12, 4), time(0)))
    assert eastern_today() == date(2024, 12, 4)


def test_another_process_sees_the_same_time(clock: ClockFile) -> None:
    clock.set(datetime(2024, 11, 3, 5, 30, tzinfo=UTC))
    shown = subprocess.run(
        [sys.executable, "-c", "from shared.clock import utc_now; print(utc_now().isoformat())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert timedelta(0) < utc_now() - datetime.fromisoformat(shown.strip()) < timedelta(seconds=30)


def test_the_real_time_stays_what_it_is(clock: ClockFile) -> None:
    clock.set(datetime(2024, 12, 3, 10, tzinfo=UTC))
    assert wall_clock() - utc_now() > timedelta(days=300)


def test_without_a_file_or_with_a_blank_one_it_is_the_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", "  "):
        monkeypatch.setenv(CLOCK_VARIABLE, value)
        assert abs(utc_now() - wall_clock()) < timedelta(seconds=1)


def test_a_simulated_clock_does_not_go_back(clock: ClockFile) -> None:
    noon, one = datetime(2024, 12, 3, 12, tzinfo=UTC), datetime(2024, 12, 3, 13, tzinfo=UTC)
    clock.set(noon)
    assert clock.advance(one) == one
    assert clock.advance(noon) >= one
    assert clock.now() > one


@pytest.mark.parametrize("text", ["", "noon", "{}", '{"shows": "2024-12-03T10:00:00", "since": "2024"}'])
def test_a_file_that_is_no_clock_is_named(clock: ClockFile, text: str) -> None:
    clock.path.write_text(text)
    with pytest.raises(ClockError, match=f"{CLOCK_VARIABLE} names {clock.path}"):
        utc_now()


def test_a_clock_that_is_named_has_to_be_there(clock: ClockFile) -> None:
    with pytest.raises(ClockError, match="unset it for the real time"):
        utc_now()
