"""Asks the raw service to rebuild a source's tables from what is landed."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from deploy.cli.service import ServiceClient
from deploy.local.driver import DriveError

_DAYS_AT_A_TIME = 30


def did_nothing(outcomes: Iterable[dict[str, Any]]) -> bool:
    """Whether no date of any stretch came to an end, e.g. because nothing was landed."""
    return all(each["outcome"] == "NOT_YET" and not each.get("complete") for each in outcomes)


def reprocess(
    raw: ServiceClient, source: str, first: date, last: date, report: Callable[[str, int, int], None]
) -> Iterator[dict[str, Any]]:
    """The outcome of each stretch of at most thirty days.

    Args:
        report: told of each stretch before it begins, of the days done and of all, for a progress display.

    Raises:
        DriveError: the service refused, or could not be reached.
    """
    if last < first:
        raise DriveError(f"--to {last} is before --from {first}")
    begin = first
    while first <= last:
        until = min(last, first + timedelta(days=_DAYS_AT_A_TIME - 1))
        report(f"{source} {first} to {until}", (first - begin).days, (last - begin).days + 1)
        body = {"source": source, "from_date": str(first), "to_date": str(until)}
        outcome = raw.post("/process-date-range", body)
        yield {"from": first, "to": until, **outcome}
        first = until + timedelta(days=1)
