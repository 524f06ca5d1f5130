"""Prices, chances and recommendations."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from predictions.systems.distribution import LineProbabilities
from predictions.systems.markets import (
    MINIMUM_EV,
    believing,
    decimal_odds,
    expected_value,
    fair_odds,
    judge,
    no_push_over,
    no_vig_over,
    pooled_over,
)
from scrapers.odds_api.prices import quoted

PRICES = st.one_of(st.integers(-2000, -100), st.integers(100, 2000))
SHARES = st.tuples(st.floats(0.001, 1), st.floats(0, 0.3), st.floats(0.001, 1))
NONE = np.array([np.nan])


def judged(
    over: float, push: float = 0.0, prices: tuple[Any, Any] = (-110, -110), line: float = 20.0
) -> dict[str, Any]:
    chances = LineProbabilities(np.array([over]), np.array([push]), np.array([1 - over - push]))
    offered = [np.array([np.nan if price is None else float(price)]) for price in prices]
    wager = judge(chances, *offered, np.array([line]))
    return {name: column[0] for name, column in wager._asdict().items()}


@pytest.mark.parametrize(
    ("american", "odds"), [(-110, 1.9091), (100, 2.0), (-100, 2.0), (150, 2.5), (-200, 1.5), (-10000, 1.01)]
)
def test_american_prices_become_decimal_odds(american: int, odds: float) -> None:
    assert decimal_odds(np.array([float(american)]))[0] == pytest.approx(odds, abs=5e-5)


@pytest.mark.parametrize("american", [0, 50, -99, np.nan])
def test_what_is_no_american_price_has_no_odds(american: float) -> None:
    assert np.isnan(decimal_odds(np.array([american]))[0])


@given(PRICES, PRICES)
def test_without_the_margin_both_sides_add_up_to_one(over: int, under: int) -> None:
    odds = decimal_odds(np.array([float(over)])), decimal_odds(np.array([float(under)]))
    assert no_vig_over(*odds)[0] + no_vig_over(*odds[::-1])[0] == pytest.approx(1)


def test_equal_prices_imply_an_even_chance() -> None:
    assert judged(0.5)["no_vig_over"] == pytest.approx(0.5)


@pytest.mark.parametrize("prices", [(-110, None), (None, -110), (None, None)])
def test_a_missing_side_implies_no_chance(prices: tuple[Any, Any]) -> None:
    assert np.isnan(judged(0.5, prices=prices)["no_vig_over"])


@given(SHARES)
def test_at_fair_odds_a_bet_earns_nothing(shares: tuple[float, float, float]) -> None:
    over, push, under = (share / sum(shares) for share in shares)
    wager = judged(over, push)
    assert expected_value(over, under, wager["fair_over"]) == pytest.approx(0, abs=1e-9)
    assert expected_value(under, over, wager["fair_under"]) == pytest.approx(0, abs=1e-9)


@given(SHARES, PRICES)
def test_a_push_returns_the_stake(shares: tuple[float, float, float], price: int) -> None:
    over, push, under = (share / sum(shares) for share in shares)
    odds = decimal_odds(np.array([float(price)]))[0]
    paid_back = over * odds + push
    assert expected_value(over, under, odds) == pytest.approx(paid_back - 1)


@given(st.floats(0, 1), PRICES, PRICES)
def test_both_sides_of_an_honest_book_are_never_worth_a_bet(share: float, over: int, under: int) -> None:
    odds = [decimal_odds(np.array([float(price)]))[0] for price in (over, under)]
    assume(sum(1 / each for each in odds) >= 1)
    wager = judged(share, prices=(over, under))
    assert min(wager["ev_over"], wager["ev_under"]) <= 1e-12


@pytest.mark.parametrize(
    ("over", "push", "prices", "recommendation"),
    [
        (0.60, 0.0, (-110, -110), "OVER"),
        (0.40, 0.0, (-110, -110), "UNDER"),
        (0.52, 0.0, (-110, -110), "PASS"),
        (0.53, 0.0, (-110, -110), "PASS"),  # EV 0.012: positive, and within the error of the chances
        (0.54, 0.0, (-110, -110), "OVER"),
        (0.45, 0.0, (150, -180), "OVER"),
        (0.50, 0.1, (-110, -110), "OVER"),
        (0.60, 0.0, (None, -110), "PASS"),
        (0.60, 0.0, (None, None), "PASS"),
        (0.60, 0.0, (-110, None), "OVER"),
    ],
)
def test_the_recommendation_is_the_side_whose_ev_exceeds_the_threshold(
    over: float, push: float, prices: tuple[Any, Any], recommendation: str
) -> None:
    assert judged(over, push, prices)["recommendation"] == recommendation


@given(SHARES, PRICES, PRICES)
def test_only_a_bet_with_an_edge_is_recommended(
    shares: tuple[float, float, float], over_price: int, under_price: int
) -> None:
    over, push, _ = (share / sum(shares) for share in shares)
    wager = judged(over, push, (over_price, under_price))
    best = max(wager["ev_over"], wager["ev_under"])
    assert (wager["recommendation"] == "PASS") == (best <= MINIMUM_EV)
    if wager["recommendation"] != "PASS":
        assert wager[f"ev_{wager['recommendation'].lower()}"] == best


@given(SHARES, PRICES, PRICES)
def test_confidence_is_the_chance_of_the_better_side_when_it_is_no_push(
    shares: tuple[float, float, float], over_price: int, under_price: int
) -> None:
    over, push, under = (share / sum(shares) for share in shares)
    wager = judged(over, push, (over_price, under_price))
    side = over if wager["ev_over"] >= wager["ev_under"] else under
    assert wager["confidence"] == pytest.approx(side / (over + under))


def test_without_prices_the_likelier_side_is_the_better() -> None:
    assert judged(0.3, prices=(None, None))["confidence"] == pytest.approx(0.7)


def test_without_a_line_there_is_nothing_to_recommend() -> None:
    chances = LineProbabilities(NONE, NONE, NONE)
    wager = judge(chances, NONE, NONE, NONE)
    assert wager.recommendation[0] == "NO_LINE"
    assert np.isnan([column[0] for name, column in wager._asdict().items() if name != "recommendation"]).all()


def test_a_side_that_cannot_win_has_no_fair_odds() -> None:
    wager = judged(1.0)
    assert wager["fair_over"] == 1.0
    assert np.isnan(wager["fair_under"])


CHANCES = st.floats(0.01, 0.99)


@given(CHANCES, CHANCES, st.floats(0, 1))
def test_a_pool_lies_between_what_it_pools(model: float, market: float, weight: float) -> None:
    pooled = pooled_over(np.array([model]), np.array([market]), weight)[0]
    assert min(model, market) - 1e-9 <= pooled <= max(model, market) + 1e-9


def test_the_pool_s_logit_is_the_weighted_mean_of_the_logits() -> None:
    pooled = pooled_over(np.array([0.8]), np.array([0.5]), 0.75)[0]
    assert np.log(pooled / (1 - pooled)) == pytest.approx(0.25 * np.log(4))


def test_a_certain_system_does_not_overrule_the_market() -> None:
    assert pooled_over(np.array([1.0]), np.array([0.5]), 0.75)[0] == pytest.approx(0.969, abs=0.001)


@given(SHARES, CHANCES)
def test_what_is_believed_leaves_the_push_as_it_is(shares: tuple[float, float, float], share: float) -> None:
    own = LineProbabilities(*(np.array([each / sum(shares)]) for each in shares))
    believed = believing(own, np.array([share]))
    assert believed.push == own.push
    assert sum(believed)[0] == pytest.approx(1)
    assert no_push_over(believed)[0] == pytest.approx(share)
    assert believing(own, NONE).over == own.over


@given(SHARES, PRICES, PRICES)
def test_a_stake_is_a_quarter_of_kelly_s_and_small(
    shares: tuple[float, float, float], over_price: int, under_price: int
) -> None:
    over, push, _ = (share / sum(shares) for share in shares)
    wager = judged(over, push, (over_price, under_price))
    assert 0 <= wager["kelly_fraction"] <= 0.05
    assert (wager["kelly_fraction"] > 0) == (wager["recommendation"] != "PASS")


def test_the_stake_is_the_one_that_grows_the_bankroll_most() -> None:
    """Of the quarter: at +100 and 0.52 : 0.40 : 0.08 (a push), full Kelly is 0.12 / 0.92."""
    growth = np.linspace(0.001, 0.5, 4991)
    best = growth[np.argmax(0.52 * np.log1p(growth) + 0.40 * np.log1p(-growth))]
    wager = judged(0.52, 0.08, (100, -130))
    assert wager["kelly_fraction"] == pytest.approx(best / 4, abs=1e-4)


def test_there_is_no_stake_without_a_price() -> None:
    assert np.isnan(judged(0.9, prices=(None, None))["kelly_fraction"])
    assert judged(0.5)["kelly_fraction"] == 0


@given(PRICES, PRICES)
def test_without_the_margin_the_shorter_price_is_the_likelier_side(over: int, under: int) -> None:
    odds = decimal_odds(np.array([float(over)])), decimal_odds(np.array([float(under)]))
    fair = no_vig_over(*odds)[0]
    assert 0 < fair < 1
    assert np.sign(odds[1][0] - odds[0][0]) == np.sign(round(fair - 0.5, 12))
    # With a margin each side's price asks for more than its fair chance, and without one for no more.
    margin = 1 / odds[0][0] + 1 / odds[1][0]
    assert np.sign(round(1 / odds[0][0] - fair, 12)) == np.sign(round(margin - 1, 12))


@given(PRICES, PRICES)
def test_a_better_american_price_pays_more(one: int, other: int) -> None:
    """-110 before +100 before +150; -100 and +100 are both even money."""
    first, second = decimal_odds(np.array([float(one), float(other)]))
    order = one - other if (one > 0) == (other > 0) else one
    if {one, other} == {-100, 100}:
        order = 0
    assert np.sign(first - second) == np.sign(order)


@given(PRICES)
def test_what_is_scraped_and_what_is_judged_agree_on_a_price(price: int) -> None:
    odds = decimal_odds(np.array([float(price)]))[0]
    assert quoted(price).decimal == pytest.approx(odds, abs=1e-12)
    assert quoted(float(odds)).american in (price, -price if abs(price) == 100 else price)


@given(SHARES, PRICES)
def test_a_bet_is_worth_something_only_above_its_fair_odds(
    shares: tuple[float, float, float], price: int
) -> None:
    over, push, under = (np.array([share / sum(shares)]) for share in shares)
    odds = decimal_odds(np.array([float(price)]))
    fair, _ = fair_odds(LineProbabilities(over, push, under))
    assert np.sign(np.round(expected_value(over, under, odds), 9)) == np.sign(
        np.round((odds - fair) * over, 9)
    )


@given(SHARES, SHARES, PRICES)
def test_a_likelier_win_is_never_worth_less(
    one: tuple[float, float, float], other: tuple[float, float, float], price: int
) -> None:
    """At one price, with equal chances of a push."""
    odds, push = decimal_odds(np.array([float(price)])), 0.1
    worth = []
    for over, _, under in sorted((one, other), key=lambda shares: shares[0] / (shares[0] + shares[2])):
        win = np.array([0.9 * over / (over + under)])
        worth.append(expected_value(win, 1 - push - win, odds)[0])
    assert worth[0] <= worth[1] + 1e-12
