"""Sums by date say all that a paired comparison needs, and only equal rows are compared."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictions.grading.scores import clustered_mean, crps
from predictions.systems.contract import load_contract
from predictions.systems.distribution import normal_points
from predictions.training.evidence import WALKED, on_walked_seasons
from predictions.training.measure import Scored, populations
from predictions.training.walked import fingerprints, read_figures, walked_figures

CONTRACT = load_contract()


def guess(rows: pd.DataFrame, beside: float, seed: int = 3) -> dict[str, Scored]:
    """A learned system whose mean is the usual points, some noise and `beside`."""
    noise = np.random.default_rng(seed).normal(0, 1, len(rows))
    usual = rows["points_ewma_8"].to_numpy(dtype="float64")
    made = normal_points(np.maximum(usual + noise + beside, 0.1), np.sqrt(2 * usual) + 2)
    scored = Scored(np.arange(len(rows)), made.median, made.cumulative.astype("float32"))
    return {"learned": scored, "moving_average": scored}


@pytest.fixture(scope="module")
def later(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.iloc[4000:].reset_index(drop=True)


@pytest.mark.parametrize("population", ["all", "lined", "line 14.5 to 19.5"])
def test_the_difference_from_sums_is_that_of_the_rows(later: pd.DataFrame, population: str) -> None:
    own, other = guess(later, 0), guess(later, 1.5)
    texts = [walked_figures(later, CONTRACT, each) for each in (own, other)]
    evidence = on_walked_seasons(*texts)
    assert evidence.basis == WALKED
    (found,) = [e for e in evidence.differences if (e.system, e.population) == ("learned", population)]
    chosen = populations(later)[population]
    points = later["points"].to_numpy()
    dates = later["game_date"].to_numpy(dtype="datetime64[D]")[chosen]
    errors = [np.abs(each["learned"].median - points)[chosen] for each in (own, other)]
    wanted = clustered_mean(errors[0] - errors[1], dates)
    assert found.by_error == pytest.approx(wanted, abs=1e-6)
    scores = [crps(each["learned"].cumulative.astype("float64"), points)[chosen] for each in (own, other)]
    # Sums are stored with four decimals.
    assert found.by_crps == pytest.approx(clustered_mean(scores[0] - scores[1], dates), abs=1e-4)
    assert (found.rows, found.dates) == (chosen.sum(), len(np.unique(dates)))


def test_the_formulas_which_no_model_changes_are_left_out(later: pd.DataFrame) -> None:
    sums, _ = read_figures(walked_figures(later, CONTRACT, guess(later, 0)))
    assert set(sums["system"]) == {"learned"}


def test_dates_whose_rows_differ_in_any_feature_are_not_compared(later: pd.DataFrame) -> None:
    changed = later.copy()
    changed.loc[10, "is_available_today"] = 0.5
    texts = [walked_figures(each, CONTRACT, guess(each, 0)) for each in (later, changed)]
    (both,) = on_walked_seasons(texts[0], texts[0]).overall()
    (without,) = on_walked_seasons(*texts).overall()
    assert without.dates == both.dates - 1
    assert (without.by_error.value, without.by_error.se) == (0, 0)


def test_a_fingerprint_does_not_depend_on_the_order(later: pd.DataFrame) -> None:
    shuffled: Any = later.sample(frac=1, random_state=1)
    assert fingerprints(later, CONTRACT) == fingerprints(shuffled, CONTRACT)


def test_two_walks_without_a_common_date_are_no_evidence(later: pd.DataFrame) -> None:
    text = walked_figures(later, CONTRACT, guess(later, 0))
    other = json.dumps({**json.loads(text), "fingerprints": {}})
    evidence = on_walked_seasons(text, other)
    assert not evidence.suffices
    assert evidence.overall() == []
