"""What a raw table is: how a body becomes its rows, and when a date of it is complete."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import Game, Slate
from orchestration.state import State
from scrapers.bodies import Rejected
from shared.identity.resolver import Resolver

Row = dict[str, Any]


class Known(Protocol):
    """What parsing may look up."""

    @property
    def slate(self) -> Slate: ...

    @property
    def resolver(self) -> Resolver: ...


class Unresolved(NamedTuple):
    """A spelling that no known player fits; without a game when it is not about one."""

    game_date: date
    player_name: str
    game_id: str | None


@dataclass(frozen=True)
class Parsed:
    """The rows of a body; `rejected` ones are not what the provider should send, the others stand.

    `unmatched` says why a part of it belongs to no known game.
    """

    rows: Sequence[Row] = ()
    unresolved: Sequence[Unresolved] = ()
    unmatched: Sequence[str] = ()
    rejected: Sequence[Rejected] = ()


@dataclass(frozen=True)
class Problem:
    """A body that could not be used."""

    request_key: str
    game_date: date
    generation: datetime
    reason: str
    nba_game_id: str | None = None


@dataclass(frozen=True)
class Day:
    """What is known about one date of a table after storing.

    Args:
        covered: the schedule knows this date, so that no games means none.
        stored: what the table counts by (its `unit`, mostly game_id) -> rows that it has now.
        bodies: the usable bodies of the run for this date.
        rejected: why rows of these bodies were left out.
        age_days: how many days ago it was when this was judged.
        degraded_mode: the operator's word to go on without what is missing.
    """

    day: date
    games: Sequence[Game]
    covered: bool
    stored: Mapping[str, int]
    bodies: Sequence[LandedBody] = ()
    problems: Sequence[Problem] = ()
    rejected: Sequence[str] = ()
    age_days: int = 0
    degraded_mode: bool = False


@dataclass(frozen=True)
class Judgement:
    """The state of a date; None as state is NOT_YET, which is no event."""

    state: State | None
    reason: str | None = None


@dataclass(frozen=True)
class RawTable:
    """One folder of this package.

    Args:
        whole_season: a body is about every date of the run.
        unit: the column by which its rows of a date are counted.
    """

    name: str
    parse: Callable[[LandedBody, Known], Parsed]
    judge: Callable[[Day], Judgement]
    whole_season: bool = False
    unit: str = "game_id"


def reasons(problems: Sequence[Problem]) -> str:
    """Problems as one line."""
    return "; ".join(f"{problem.request_key}: {problem.reason}" for problem in problems)


UNKNOWN_DATE = "the schedule does not cover this date: scrape source schedule"
