"""Prices in two forms: the one that was sent is exact, the other the nearest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from scrapers.odds_api.prices import Price, quoted


@pytest.mark.parametrize(
    ("sent", "american", "decimal"),
    [
        (-110, -110, 1 + 100 / 110),
        (100, 100, 2.0),
        (-100, -100, 2.0),
        (150, 150, 2.5),
        (-10000, -10000, 1.01),
        (1.91, -110, 1.91),
        (1.87, -115, 1.87),
        (1.5, -200, 1.5),
        (2.0, 100, 2.0),
        (3.3, 230, 3.3),
        (2.005, 101, 2.005),
        (1.01, -10000, 1.01),
        (11.0, 1000, 11.0),
    ],
)
def test_a_price_in_both_forms(sent: float, american: int, decimal: float) -> None:
    assert quoted(sent) == (american, pytest.approx(decimal, abs=1e-12))
    assert isinstance(quoted(sent).american, int)


def test_what_was_sent_decimal_stays_as_it_was() -> None:
    assert all(quoted(price / 100).decimal == price / 100 for price in range(101, 5000))


def test_an_american_price_survives_its_decimal_form() -> None:
    prices = [*range(-2000, -100), *range(100, 2000)]
    assert [quoted(quoted(price).decimal).american for price in prices] == prices


@pytest.mark.parametrize("price", [0, 1, 0.5, -1.5, 99.5 - 198, 100.5, -110.5, 2_000_000, "x", None])
def test_what_is_no_price_is_refused(price: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Price).validate_python(price)


@given(
    st.one_of(st.integers(-1_000_000, -100), st.integers(100, 1_000_000), st.floats(1, 100, exclude_min=True))
)
def test_every_price_that_is_taken_is_one_in_both_forms(sent: float) -> None:
    try:
        price = TypeAdapter(Price).validate_python(sent)
    except ValidationError:
        assert sent == 100
        return
    american, decimal = quoted(price)
    assert abs(american) >= 100
    assert decimal > 1
    back = 1 + (american / 100 if american > 0 else -100 / american)
    # Rounded to a whole American price: by at most half a cent of the profit, or half of its share.
    assert back - 1 == pytest.approx(decimal - 1, rel=0.006, abs=1e-12)
