"""How a span of time is divided among what ran in it."""

import pytest

from deploy.bench.intervals import Interval, covered, in_order, shares, without


def test_a_moment_in_which_two_kinds_ran_is_shared_and_the_rest_is_idle() -> None:
    found = shares([Interval("a", 0, 4), Interval("b", 2, 6)], 0, 10)
    assert found == {"a": 3.0, "b": 3.0, "idle": 4.0}


def test_two_of_one_kind_at_a_time_count_once() -> None:
    assert shares([Interval("a", 0, 4), Interval("a", 1, 3), Interval("b", 0, 4)], 0, 4) == {
        "a": 2.0,
        "b": 2.0,
        "idle": 0.0,
    }


def test_what_ran_before_or_after_the_span_is_no_part_of_it() -> None:
    found = shares([Interval("a", -5, 1), Interval("b", 9, 20), Interval("c", 30, 40)], 0, 10)
    assert found == {"a": 1.0, "idle": 8.0, "b": 1.0}


@pytest.mark.parametrize("intervals", [[], [Interval("a", 3, 3)], [Interval("a", 0, 9), Interval("b", 1, 2)]])
def test_the_parts_are_the_whole(intervals: list[Interval]) -> None:
    assert sum(shares(intervals, 0, 10).values()) == pytest.approx(10)


def test_covered_counts_each_moment_once() -> None:
    assert (
        covered([Interval("a", 0, 3), Interval("a", 2, 4), Interval("a", 6, 7), Interval("a", 6, 6.5)]) == 5
    )
    assert covered([]) == 0


def test_parts_are_cut_out_of_the_whole() -> None:
    whole, parts = [Interval("request", 0, 10), Interval("request", 12, 14)], [Interval("load", 2, 3)]
    left = without(whole, parts, "scrape")
    assert covered(left) == 11
    assert {each.kind for each in left} == {"scrape"}
    assert not [each for each in left if each.began < 3 and each.ended > 2]


def test_shares_are_put_in_order_and_none_is_lost() -> None:
    assert list(in_order({"z": 1, "b": 2, "a": 3}, ("a", "b", "c"))) == ["a", "b", "z"]
