"""Whether a canary may go on: its requests against those of the revision that serves beside it."""

from dataclasses import dataclass
from enum import StrEnum

from deploy.gcp.request_log import Sample


class Verdict(StrEnum):
    """What a gate says."""

    PASS = "pass"
    TOO_FEW = "too few requests"
    FAIL = "fail"


@dataclass(frozen=True)
class Limits:
    """How much worse than the serving revision a canary may be.

    Args:
        minimum: requests without which nothing is said.
        more_errors: share of failed requests above the serving revision's; what failed, `Request` says.
        slower: p95 as a multiple of the serving revision's, beyond `slack_seconds`, below which the
            difference of two small numbers says nothing.
    """

    minimum: int = 20
    more_errors: float = 0.02
    slower: float = 1.5
    slack_seconds: float = 0.25


def judge(canary: Sample, serving: Sample, limits: Limits) -> tuple[Verdict, str]:
    """The verdict, and the figures that it rests on.

    Real requests and our own are not mixed: ours are quick reads, and would hide slow or failing work.
    """
    said = []
    for name, probe in (("real", False), ("probes", True)):
        own, other = canary.kind(probe=probe), serving.kind(probe=probe)
        said.append(_figures(name, own, other))
        if problem := _problem(own, other, limits):
            return Verdict.FAIL, f"{name}: {problem} ({said[-1]})"
    enough = any(len(canary.kind(probe=probe)) >= limits.minimum for probe in (False, True))
    return (Verdict.PASS if enough else Verdict.TOO_FEW), "; ".join(said)


def _problem(own: Sample, other: Sample, limits: Limits) -> str | None:
    """A few failures are enough to fail; speed is compared where both have enough."""
    if own.error_rate > other.error_rate + limits.more_errors:
        return f"error rate {own.error_rate:.1%} against {other.error_rate:.1%}"
    if min(len(own), len(other)) < limits.minimum:
        return None
    if own.p95 > limits.slower * other.p95 + limits.slack_seconds:
        return f"p95 {own.p95:.2f} s against {other.p95:.2f} s"
    return None


def _figures(name: str, own: Sample, other: Sample) -> str:
    return (
        f"{len(own)} {name}, {own.error_rate:.1%} failed, p95 {own.p95:.2f} s; "
        f"serving: {len(other)}, {other.error_rate:.1%}, {other.p95:.2f} s"
    )
