"""game_date is the Eastern date, whatever UTC says."""

from datetime import UTC, date, datetime, time

import pytest

from shared.clock import dates_between, eastern_date, eastern_moment


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
