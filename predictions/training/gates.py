"""What a challenger has to show before it may predict: the gates, pure over what is known of both models."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from predictions.grading.scores import Estimate
from predictions.training.evidence import LATER, Difference, Evidence, own_coverage
from predictions.training.models import ModelRow
from predictions.training.walked import JUDGED
from shared.outcomes import PermanentError

# Points. Less is nothing, whatever its standard error: two fits of one recipe on two machines differ by it.
NEGLIGIBLE = 0.002
LOWEST_COVERAGE, HIGHEST_COVERAGE = 0.78, 0.82
WORST_SEGMENT = 0.02
# Below this a segment's error is chance, and the best of models fails in one of eight.
MINIMUM_SEGMENT_ROWS = 300


@dataclass(frozen=True)
class Gate:
    """One condition: whether it holds, the figure that was found and what it may be, as text."""

    name: str
    passed: bool
    figure: str
    limit: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class GatesError(PermanentError):
    """A challenger failed gates; the text names them and says what can be done."""


def gates(
    challenger: ModelRow, champion: ModelRow | None, evidence: Sequence[Evidence], unfit: str | None
) -> list[Gate]:
    """Every gate of a promotion.

    Args:
        champion: whom it is to succeed; None where there is none that this code could serve.
        evidence: what both are compared on; each piece that suffices has to hold.
        unfit: why the challenger could not predict from the feature store; None if it could.
    """
    enough = [each for each in evidence if each.suffices]
    own = [_contract(unfit), *_calibrated(challenger, enough)]
    if champion is None:
        return own
    return [
        *own,
        _comparable(enough),
        *(_not_worse(each.basis, difference) for each in enough for difference in each.overall()),
        _better_or_newer(challenger, champion, enough),
        *(_segments(each) for each in enough),
    ]


def refuse_unless_passed(model_id: str, found: Iterable[Gate]) -> None:
    """Raises GatesError naming the gates that failed."""
    if failed := [gate for gate in found if not gate.passed]:
        listed = "; ".join(f"{gate.name}: {gate.figure}, has to be {gate.limit}" for gate in failed)
        raise GatesError(
            f"{model_id} stays what it is, as it fails {listed}. `nba-props models compare {model_id}` shows "
            "all figures; train again when more games are played, or promote it with --force --reason WHY"
        )


def _contract(unfit: str | None) -> Gate:
    return Gate("contract", unfit is None, unfit or "equal", "the features that this code runs")


def _calibrated(challenger: ModelRow, evidence: Sequence[Evidence]) -> list[Gate]:
    """By the seasons that its recipe was walked through, and by games later than it."""
    metrics = [row for row in json.loads(challenger.metrics) if row["population"] == "all"]
    own = [(row["system"], own_coverage(row)) for row in metrics if row["system"] in JUDGED]
    found = [_covers(f"calibrated: {name}, own seasons", share) for name, share in own]
    found += [
        _covers(f"calibrated: {each.system}, {piece.basis}", each.coverage)
        for piece in evidence
        if piece.basis == LATER
        for each in piece.overall()
    ]
    return found or [Gate("calibrated", False, "no figures", _COVERAGE_LIMIT)]


_COVERAGE_LIMIT = f"{LOWEST_COVERAGE} to {HIGHEST_COVERAGE}, give or take 1 s.e."


def _covers(name: str, share: Estimate) -> Gate:
    slack = share.se if np.isfinite(share.se) else 0.0
    inside = LOWEST_COVERAGE - slack <= share.value <= HIGHEST_COVERAGE + slack
    return Gate(name, bool(inside), _shown(share, 3), _COVERAGE_LIMIT)


def _comparable(evidence: Sequence[Evidence]) -> Gate:
    bases = ", ".join(f"{each.basis} ({_most(each):,} rows)" for each in evidence)
    return Gate("comparable", bool(evidence), bases or "no common rows", "at least one basis")


def _most(evidence: Evidence) -> int:
    return max(each.rows for each in evidence.overall())


def _not_worse(basis: str, each: Difference) -> Gate:
    worse = [estimate for estimate in (each.by_error, each.by_crps) if estimate.value > _tolerance(estimate)]
    return Gate(
        f"not worse: {each.system}, {basis}",
        not worse and bool(np.isfinite(each.by_error.value)),
        f"MAE {_shown(each.by_error)}" + (f", CRPS {_shown(each.by_crps)}" if each.by_crps.n else ""),
        f"at most 1 s.e. above 0, or {NEGLIGIBLE}",
    )


def _better_or_newer(challenger: ModelRow, champion: ModelRow, evidence: Sequence[Evidence]) -> Gate:
    better = [
        f"{each.system}, {piece.basis}"
        for piece in evidence
        for each in piece.overall()
        if min(each.by_error.value + _tolerance(each.by_error), _crps_gain(each)) < 0
    ]
    newer = challenger.trained_through > champion.trained_through
    what = "newer" if newer else "not newer"
    figure = f"trained through {challenger.trained_through}, {what} than {champion.trained_through}"
    return Gate(
        "better or newer",
        newer or bool(better),
        "; ".join([figure, *(f"better: {name}" for name in better)]),
        "better by more than 1 s.e., or newer",
    )


def _crps_gain(each: Difference) -> float:
    return each.by_crps.value + _tolerance(each.by_crps) if each.by_crps.n else 0.0


def _tolerance(estimate: Estimate) -> float:
    """Up to where a difference is none."""
    return max(estimate.se if np.isfinite(estimate.se) else 0.0, NEGLIGIBLE)


def _segments(evidence: Evidence) -> Gate:
    counted = [each for each in evidence.differences if each.rows >= MINIMUM_SEGMENT_ROWS]
    worst = max(counted, key=lambda each: each.relative)
    return Gate(
        f"segments: {evidence.basis}",
        worst.relative <= WORST_SEGMENT,
        f"{worst.relative:+.1%} ({worst.system}, {worst.population}, {worst.rows:,} rows)",
        f"none worse by more than {WORST_SEGMENT:.0%} of those with {MINIMUM_SEGMENT_ROWS} rows",
    )


def _shown(estimate: Estimate, digits: int = 4) -> str:
    return f"{estimate.value:.{digits}f} ± {estimate.se:.{digits}f}"
