"""Asks the raw service to rebuild a source's tables from what is landed."""

import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import requests

from deploy.local.driver import DriveError
from deploy.local.stack import running_services

API_KEY_VARIABLE = "NBA_PROPS_API_KEY"
_DAYS_AT_A_TIME = 30
_REQUEST_SECONDS = 600.0


def raw_service(url: str | None, state: Path) -> tuple[str, str]:
    """Address and key of the raw service: the one at `url`, or that of the platform running in `state`.

    Raises:
        DriveError: there is no key for the address.
        StackError: no platform runs there.
    """
    if url is None:
        return running_services(state)["raw"]
    key = os.environ.get(API_KEY_VARIABLE, "").strip()
    if not key:
        raise DriveError(f"set {API_KEY_VARIABLE} to a key of the raw service at {url}")
    return url.rstrip("/"), key


def reprocess(
    service: tuple[str, str], source: str, first: date, last: date, report: Callable[[str, int, int], None]
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
        outcome = _post(*service, {"source": source, "from_date": str(first), "to_date": str(until)})
        yield {"from": first, "to": until, **outcome}
        first = until + timedelta(days=1)


def _post(url: str, key: str, body: dict[str, str]) -> dict[str, Any]:
    where = f"{url}/process-date-range"
    try:
        response = requests.post(where, json=body, headers={"X-API-Key": key}, timeout=_REQUEST_SECONDS)
    except requests.RequestException as error:
        raise DriveError(f"{url} does not answer ({type(error).__name__}): is the service up?") from None
    if not response.ok:
        raise DriveError(f"{where}: {response.status_code} {response.text[:500]}")
    return dict(response.json())
