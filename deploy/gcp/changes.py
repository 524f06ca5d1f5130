"""What differs between the repository and the cloud, and how each step makes them the same."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from deploy.gcp.gcloud import Command, Gcloud, GcloudError

# An account or a metric that was made a moment ago is not known everywhere yet.
_UNKNOWN_YET = ("does not exist", "Cannot find metric")
_PATIENCE = (2.0, 4.0, 8.0, 16.0, 30.0)


@dataclass(frozen=True)
class Difference:
    """A field that is not as the repository says."""

    name: str
    there: str
    wanted: str


@dataclass(frozen=True)
class Change:
    """One thing to make or to change.

    Args:
        what: e.g. `topic prediction-ready`.
        do: makes it so.
        differs: what of it is otherwise; empty when it is missing as a whole.
    """

    what: str
    do: Callable[[Gcloud], None]
    differs: tuple[Difference, ...] = ()

    def lines(self) -> list[str]:
        """The change as a diff."""
        if not self.differs:
            return [f"+ {self.what}"]
        return [f"~ {self.what}", *(f"    {d.name}: {d.there} -> {d.wanted}" for d in self.differs)]


@dataclass(frozen=True)
class Found:
    """What a step found.

    Args:
        changes: in the order in which they are to be made.
        waiting: what cannot be made yet, with what it waits for.
        strange: what is there and the repository does not know; never touched.
        broken: what is not as it should be and no command can change, with the remedy.
    """

    changes: tuple[Change, ...] = ()
    waiting: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


class Step(Protocol):
    """A part of a deployment. Reading changes nothing."""

    @property
    def name(self) -> str: ...

    def look(self, gcloud: Gcloud) -> Found:
        """Compares what is there with the repository. Raises GcloudError."""


class NotAppliedError(RuntimeError):
    """Changes were made without an error and are not there; the text names them."""


@dataclass
class Summary:
    """What became of the steps; `changes` counts those that are due, or were made."""

    changes: int = 0
    waiting: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def commanded(what: str, command: Command, differs: Iterable[Difference] = (), *more: Command) -> Change:
    """A change that gcloud commands make."""

    def run(gcloud: Gcloud) -> None:
        for each in (command, *more):
            gcloud.run(each)

    return Change(what, run, tuple(differs))


def compared(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[Difference, ...]:
    """The fields of `wanted` that are otherwise in `there`."""
    return tuple(
        Difference(name, _shown(there.get(name)), _shown(value))
        for name, value in wanted.items()
        if there.get(name) != value
    )


def _shown(value: Any) -> str:
    return "nothing" if value is None or value == "" else str(value)


def look_at(steps: Iterable[Step], gcloud: Gcloud, say: Callable[[str], None]) -> Summary:
    """Says what each step would change, and changes nothing."""
    summary = Summary()
    for step in steps:
        found = step.look(gcloud)
        _tell(step, found, say)
        _note(summary, found)
    return summary


def apply(
    steps: Iterable[Step],
    gcloud: Gcloud,
    say: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Summary:
    """Makes each step's changes in turn and looks again whether they are there.

    What was done stays when a later change fails; the next run goes on from there.

    Raises:
        GcloudError: a command failed.
        NotAppliedError: gcloud reported success without the effect.
    """
    summary = Summary()
    for step in steps:
        found = step.look(gcloud)
        _tell(step, found, say)
        for change in found.changes:
            _patiently(change, gcloud, sleep)
        if found.changes and not gcloud.dry_run:
            _verify(step, gcloud)
        _note(summary, found)
    return summary


def _tell(step: Step, found: Found, say: Callable[[str], None]) -> None:
    say(f"{step.name}: {f'{len(found.changes)} to change' if found.changes else 'as the repository says'}")
    for change in found.changes:
        for line in change.lines():
            say(f"  {line}")
    for each in found.waiting:
        say(f"  waits: {each}")
    for each in found.strange:
        say(f"  not in the repository: {each}")
    for each in found.broken:
        say(f"  cannot be changed: {each}")


def _note(summary: Summary, found: Found) -> None:
    summary.changes += len(found.changes)
    summary.waiting += found.waiting
    summary.strange += found.strange
    summary.broken += found.broken


def _patiently(change: Change, gcloud: Gcloud, sleep: Callable[[float], None]) -> None:
    for seconds in _PATIENCE:
        try:
            change.do(gcloud)
            return
        except GcloudError as error:
            if not any(told in str(error) for told in _UNKNOWN_YET):
                raise
            sleep(seconds)
    change.do(gcloud)


def _verify(step: Step, gcloud: Gcloud) -> None:
    left = step.look(gcloud).changes
    if left:
        told = "; ".join(line.strip() for change in left for line in change.lines())
        raise NotAppliedError(f"{step.name}: gcloud reported success, and still to be changed is: {told}")
