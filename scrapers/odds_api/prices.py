"""Prices in the two forms that books quote them in: American and decimal (European)."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

_EVEN = 100
_HIGHEST = 1_000_000


def _is_a_price(price: float) -> float:
    if abs(price) >= _EVEN and price == int(price):
        return price
    if 1 < price < _EVEN:
        return price
    raise ValueError("an American price is 100 or more, or -100 or less; a decimal one lies above 1")


# Below 100 a price can only be decimal. A decimal one of 100 or more would be taken for American; we ask for
# American prices, and only old bodies have others.
Price = Annotated[float, Field(ge=-_HIGHEST, le=_HIGHEST, allow_inf_nan=False), AfterValidator(_is_a_price)]


class Quoted(NamedTuple):
    """A price in both forms; the one in which it was sent is exact, the other converted."""

    american: int
    decimal: float


def quoted(price: float) -> Quoted:
    """150 -> (150, 2.5), 1.91 -> (-110, 1.91): an American price is rounded to the nearest whole number."""
    if abs(price) >= _EVEN:
        return Quoted(int(price), 1 + (price / _EVEN if price > 0 else -_EVEN / price))
    profit = Decimal(str(price)) - 1
    exact = profit * _EVEN if profit >= 1 else -_EVEN / profit
    return Quoted(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), price)
