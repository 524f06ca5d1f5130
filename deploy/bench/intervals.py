"""Intervals of time: which kinds of work ran when, and what share of a span each had."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

IDLE = "idle"


class Interval(NamedTuple):
    """Something that ran from one moment to another, in seconds of one clock."""

    kind: str
    began: float
    ended: float


def shares(intervals: Iterable[Interval], began: float, ended: float) -> dict[str, float]:
    """Seconds of each kind between two moments, which add up to all of them; `idle` is what is left.

    Of a moment in which several kinds ran each has an equal part; how many of one kind ran does not matter.
    """
    found: dict[str, float] = defaultdict(float)
    running: Counter[str] = Counter()
    before = began
    for moment, kind, change in _edges(intervals, began, ended):
        kinds = [name for name, count in running.items() if count]
        for name in kinds or [IDLE]:
            found[name] += (moment - before) / max(len(kinds), 1)
        running[kind] += change
        before = moment
    found[IDLE] += ended - before
    return dict(found)


def _edges(intervals: Iterable[Interval], began: float, ended: float) -> list[tuple[float, str, int]]:
    """When what begins or ends within the span, in order."""
    clipped = [(kind, max(first, began), min(last, ended)) for kind, first, last in intervals]
    inside = [each for each in clipped if each[2] > each[1]]
    edges = [(first, kind, 1) for kind, first, _ in inside] + [(last, kind, -1) for kind, _, last in inside]
    return sorted(edges)


def covered(intervals: Iterable[Interval]) -> float:
    """Seconds in which at least one of them ran."""
    total, until = 0.0, float("-inf")
    for _, began, ended in sorted(intervals, key=lambda each: each.began):
        total += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return total


def without(whole: Sequence[Interval], parts: Sequence[Interval], kind: str) -> list[Interval]:
    """What is left, under one kind, of some intervals when others are cut out of them."""
    edges = sorted({moment for each in [*whole, *parts] for moment in (each.began, each.ended)})
    pieces = [Interval(kind, first, last) for first, last in pairwise(edges)]
    return [piece for piece in pieces if _within(piece, whole) and not _within(piece, parts)]


def _within(piece: Interval, intervals: Iterable[Interval]) -> bool:
    return any(each.began <= piece.began and piece.ended <= each.ended for each in intervals)


def in_order(found: Mapping[str, float], order: Sequence[str]) -> dict[str, float]:
    """The same shares in a certain order, those that are not named at the end."""
    known = [name for name in order if name in found]
    return {name: found[name] for name in [*known, *(name for name in found if name not in order)]}
