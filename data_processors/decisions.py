"""What a phase does about one output of one date: pure, from the state and the schedule."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from orchestration.pipeline import OutputRule
from orchestration.rules import newest_input, verdict
from orchestration.state import States

# Of a game that never arrives: after so many days a date goes on with so many of its games.
PATIENCE_DAYS, LATE_SHARE = 2, 0.8


class Step(StrEnum):
    """What to do about one output of one date."""

    DUE = "DUE"  # make it with its query
    EMPTY = "EMPTY"  # the schedule proves that there is nothing to make
    CURRENT = "CURRENT"  # terminal on its newest inputs
    WAITING = "WAITING"  # inputs are missing
    FROZEN = "FROZEN"  # its games have tipped off: it stays as it is, or absent


@dataclass(frozen=True)
class Decision:
    """A step, with the generation to make it on or the inputs that are missing.

    Args:
        generation: of a waiting output, the newer one on which it will be made; None when it was on none.
    """

    step: Step
    generation: datetime | None = None
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slate:
    """The games of a date that are not postponed; `open_games` have not tipped off at the run's moment."""

    games: int
    last_tip_at: datetime
    open_games: int = 0


@dataclass(frozen=True)
class Completeness:
    """How much an output has of the games in the schedule, and of the rows that its inputs call for.

    Args:
        rows_expected: None where no input says how many (a player context without rosters).
    """

    games: int
    games_expected: int
    rows: int = 0
    rows_expected: int | None = None

    @property
    def share(self) -> float:
        """The lesser of the two shares."""
        of_games = self.games / self.games_expected if self.games_expected else 1.0
        return min(of_games, self.rows / self.rows_expected) if self.rows_expected else of_games

    @property
    def told(self) -> str:
        rows = f", {self.rows} of {self.rows_expected} rows" if self.rows_expected is not None else ""
        return f"{self.games} of {self.games_expected} games{rows}"

    @property
    def figures(self) -> dict[str, int | None]:
        """What an event tells of it beside the rows stored."""
        return {
            "games": self.games,
            "games_expected": self.games_expected,
            "rows_expected": self.rows_expected,
        }

    def suffices(self, threshold: float, age_days: int, degraded: bool) -> bool:
        """Whether to go on with it: with enough games, on the operator's word, or when it has waited long
        enough for a game that may never arrive."""
        late = age_days >= PATIENCE_DAYS and self.share >= LATE_SHARE
        return self.share >= threshold or degraded or late


def decide(
    states: States,
    day: date,
    output: str,
    rule: OutputRule,
    slate: Slate | None,
    *,
    frozen: bool = False,
    degraded: bool = False,
    again: bool = False,
) -> Decision:
    """Judges one output of one date.

    Args:
        slate: the date's games, None without any.
        frozen: all its games have tipped off, and the output may only be made before that.
        again: make it though it is current (an operator's recomputation).
    """
    schedule, own = states.get((day, "nba_schedule")), states.get((day, output))
    if slate is None and schedule and schedule.usable:
        if own and own.terminal and own.generation >= schedule.generation and not again:
            return Decision(Step.CURRENT)
        # Rows from before the schedule changed have to go; that is the query's work.
        step = Step.DUE if own and own.rows_stored else Step.EMPTY
        return Decision(step, schedule.generation)
    if frozen:
        return Decision(Step.FROZEN)
    judged = verdict(states, day, output, rule, degraded)
    newest = newest_input(states, day, rule)
    if judged.waits_for:
        outdated = own and newest and own.generation < newest
        return Decision(Step.WAITING, newest if outdated else None, judged.waits_for)
    if judged.current and not again:
        return Decision(Step.CURRENT)
    return Decision(Step.DUE, newest)
