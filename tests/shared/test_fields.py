"""How a request says a date."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.clock import eastern_today
from shared.fields import IsoDate, NamedDay


def test_today_and_yesterday_are_dates_in_new_york() -> None:
    before, named = eastern_today(), TypeAdapter(NamedDay)
    found = named.validate_python("yesterday"), named.validate_python("today")
    assert found[0] + timedelta(days=1) == found[1]
    assert found[1] in (before, eastern_today())
    assert str(named.validate_python("2024-12-03")) == "2024-12-03"


@pytest.mark.parametrize("value", ["tomorrow", "Today", "", 0, None, ["today"]])
def test_other_names_are_refused_with_the_form_that_is_right(value: object) -> None:
    with pytest.raises(ValidationError, match="use YYYY-MM-DD"):
        TypeAdapter(NamedDay).validate_python(value)


def test_a_plain_date_takes_no_name() -> None:
    with pytest.raises(ValidationError, match="use YYYY-MM-DD"):
        TypeAdapter(IsoDate).validate_python("today")
