"""What of BigQuery's failures may pass: the same for its jobs, its tables, and its Storage API."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from google.api_core import exceptions

from shared.outcomes import TransientError

# What ends the wait for a job and not the job. The last is what its result() raises when the time is up.
GIVEN_UP = (exceptions.RetryError, requests.ConnectionError, requests.Timeout, TimeoutError)
TRANSIENT = (
    exceptions.ServerError,
    exceptions.TooManyRequests,
    exceptions.Conflict,
    exceptions.Aborted,
    *GIVEN_UP,
)
# With a 403 BigQuery says that something is forbidden, and also that there were too many requests.
_TOO_MANY = frozenset({"rateLimitExceeded", "jobRateLimitExceeded"})
# BigQuery reports the loser of two transactions on one guard as a bad request with this text.
_CONCURRENT = "concurrent update"
_UNKNOWN_JOB = "not found: job"


@contextmanager
def transient_told_apart() -> Iterator[None]:
    """Turns what may pass into TransientError and leaves every other error as it is."""
    try:
        yield
    except TRANSIENT as error:
        raise TransientError(f"warehouse: {error}") from error
    except exceptions.ClientError as error:
        if is_rate_limited(error) or _lost_a_race(error) or _is_lost(error):
            raise TransientError(f"warehouse: {error}") from error
        raise


def is_rate_limited(error: BaseException) -> bool:
    """Whether BigQuery was asked too often, which may be repeated after a pause."""
    return isinstance(error, exceptions.Forbidden) and any(
        isinstance(each, dict) and each.get("reason") in _TOO_MANY for each in error.errors
    )


def _is_lost(error: exceptions.ClientError) -> bool:
    """A job that was begun is not known any more: nobody can say what became of it."""
    return isinstance(error, exceptions.NotFound) and _UNKNOWN_JOB in str(error).lower()


def _lost_a_race(error: exceptions.ClientError) -> bool:
    return isinstance(error, exceptions.BadRequest) and _CONCURRENT in str(error).lower()
