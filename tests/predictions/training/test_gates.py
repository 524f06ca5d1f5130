"""What lets a challenger through, and what each gate stops."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from predictions.grading.scores import Estimate
from predictions.training.evidence import LATER, STORED, WALKED, Difference, Evidence, on_stored_means
from predictions.training.gates import GatesError, gates, refuse_unless_passed
from predictions.training.models import ModelRow

OLDER, NEWER = date(2024, 6, 17), date(2024, 6, 24)


def metrics(system: str = "learned", coverage: float = 0.8, minus_ewma: float = -0.14) -> str:
    figures = {"mae": 4.5, "minus_ewma": minus_ewma, "minus_ewma_se": 0.01}
    covers = {"coverage_80": coverage, "coverage_80_se": 0.002}
    return json.dumps([{"population": "all", "system": system, "n": 9000, **figures, **covers}])


def model(trained_through: date = OLDER, **changes: Any) -> ModelRow:
    own = {"model_id": f"{trained_through:%Y%m%d}-1a2b3c4d", "status": "challenger", "metrics": metrics()}
    texts = dict.fromkeys(
        ("feature_version", "contract_sha256", "data_fingerprint", "artifact_sha256", "origin"), "x"
    )
    dates = {"trained_from": date(2020, 12, 22), "trained_through": trained_through}
    made = datetime(2024, 6, 25, tzinfo=UTC)
    return ModelRow(
        **{**texts, **dates, "recipe": "{}", "training_rows": 1, "created_at": made, **own, **changes}
    )


def difference(error: float, se: float = 0.01, **changes: Any) -> Difference:
    figures = {"system": "learned", "population": "all", "rows": 5000, "dates": 40}
    estimates = {
        "by_error": Estimate(error, se, 5000),
        "by_crps": Estimate(error / 2, se, 5000),
        "coverage": Estimate(0.8, 0.004, 5000),
    }
    return Difference(**{**figures, "error": 4.5 + error, "champion_error": 4.5, **estimates, **changes})


def failed(
    *differences: Difference, newer: bool = True, basis: str = WALKED, unfit: str | None = None, **own: Any
) -> list[str]:
    """The gates that a challenger with these differences fails."""
    challenger = model(NEWER if newer else OLDER, **own)
    evidence = [Evidence(basis, differences)] if differences else []
    return [gate.name for gate in gates(challenger, model(), evidence, unfit) if not gate.passed]


def test_a_better_challenger_passes_although_it_is_not_newer() -> None:
    assert failed(difference(-0.02), newer=False) == []


def test_an_equal_one_passes_when_it_is_newer_and_only_then() -> None:
    assert failed(difference(0.009)) == []
    assert failed(difference(0.009), newer=False) == ["better or newer"]
    # The same recipe on the same walked games: no difference and no error of it.
    assert failed(difference(0.0, se=0.0)) == []


def test_a_worse_one_is_stopped_however_new_it_is() -> None:
    assert failed(difference(0.011)) == ["not worse: learned, walked seasons"]


def test_a_worse_distribution_around_the_same_median_is_worse() -> None:
    assert failed(difference(0, by_crps=Estimate(0.02, 0.01, 5000))) == ["not worse: learned, walked seasons"]
    better = difference(0, by_crps=Estimate(-0.02, 0.01, 5000))
    assert failed(better, newer=False) == []


def test_every_system_of_the_model_counts() -> None:
    anchored = difference(0.05, system="learned_with_line")
    assert failed(difference(-0.1), anchored) == ["not worse: learned_with_line, walked seasons"]


def test_every_basis_counts() -> None:
    """Waiting for a few games on which all are alike does not help a recipe that is known to be worse."""
    evidence = [Evidence(LATER, (difference(0.0),)), Evidence(WALKED, (difference(0.1, se=0.02),))]
    found = gates(model(NEWER), model(), evidence, None)
    assert [gate.name for gate in found if not gate.passed] == [
        "not worse: learned, walked seasons",
        "segments: walked seasons",
    ]


@pytest.mark.parametrize(("coverage", "passes"), [(0.77, False), (0.779, True), (0.82, True), (0.83, False)])
def test_intervals_have_to_hold_what_they_promise(coverage: float, passes: bool) -> None:
    assert (failed(difference(0), metrics=metrics(coverage=coverage)) == []) is passes
    on_games = difference(0, coverage=Estimate(coverage, 0.002, 5000))
    assert (failed(on_games, basis=LATER) == []) is passes


def test_a_model_without_figures_is_not_calibrated() -> None:
    assert failed(metrics="{}") == ["calibrated", "comparable"]


def test_a_segment_that_gets_worse_by_more_than_2_percent_stops_it() -> None:
    band = {"population": "line to 7.5", "champion_error": 4.0}
    assert failed(difference(-0.05), difference(0.079, **band)) == []
    assert failed(difference(-0.05), difference(0.081, **band)) == ["segments: walked seasons"]
    few = difference(0.5, **{**band, "rows": 299})
    assert failed(difference(-0.05), few) == []


def test_other_features_than_the_codes_stop_it() -> None:
    assert failed(difference(-0.05), unfit="trained on features v2") == ["contract"]


@pytest.mark.parametrize("few", [{"rows": 999}, {"dates": 4}])
def test_a_handful_of_games_is_nothing_to_judge_by(few: dict[str, int]) -> None:
    assert failed(difference(-0.05, **few)) == ["comparable"]


def test_nothing_in_common_is_told_and_not_passed() -> None:
    assert failed() == ["comparable"]


def test_without_a_champion_only_its_own_gates_count() -> None:
    assert [gate.name for gate in gates(model(), None, (), None)] == [
        "contract",
        "calibrated: learned, own seasons",
    ]


def test_unpaired_means_are_compared_by_what_they_gain_on_their_own_rows() -> None:
    """0.03 worse against a common error of 0.014, although its own mean error is smaller."""
    evidence = on_stored_means(metrics(minus_ewma=-0.11), metrics(minus_ewma=-0.14))
    (found,) = evidence.differences
    assert evidence.basis == STORED
    assert found.by_error.value == pytest.approx(0.03)
    assert found.by_error.se == pytest.approx(0.01 * 2**0.5)
    names = [gate.name for gate in gates(model(NEWER), model(), [evidence], None) if not gate.passed]
    assert names == ["not worse: learned, stored means, unpaired"]


def test_a_refusal_names_the_gates_the_figures_and_what_to_do() -> None:
    found = gates(model(NEWER), model(), [Evidence(WALKED, (difference(0.05),))], None)
    with pytest.raises(GatesError, match=r"not worse.*0\.0500 ± 0\.0100.*models compare.*--force --reason"):
        refuse_unless_passed("20240624-1a2b3c4d", found)
    refuse_unless_passed("20240624-1a2b3c4d", [gate for gate in found if gate.passed])
