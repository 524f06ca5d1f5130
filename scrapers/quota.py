"""What a provider that counts our requests says is left of them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

_USED, _REMAINING = "x-requests-used", "x-requests-remaining"


class Quota(NamedTuple):
    """Requests of the provider's period: counted so far, and left."""

    used: int
    remaining: int


def newest_quota(answers: Iterable[Mapping[str, str]]) -> Quota | None:
    """The quota after a run's last answer, which has the most used; None when no answer tells one.

    Args:
        answers: the headers of each.
    """
    return max((quota for headers in answers if (quota := _quota(headers))), default=None)


def _quota(headers: Mapping[str, str]) -> Quota | None:
    """The headers are the provider's text: what is no count is not taken for one."""
    used, remaining = headers.get(_USED, ""), headers.get(_REMAINING, "")
    return Quota(int(used), int(remaining)) if used.isdecimal() and remaining.isdecimal() else None
