"""The distribution where the best of those learned from end."""

import numpy as np

from predictions.systems.score_table import fit_score_table


def test_who_is_better_than_nearly_all_is_not_given_their_distribution() -> None:
    rng = np.random.default_rng(5)
    expected = np.append(rng.uniform(1, 24, 20_000), [33.0, 34.0, 35.0])
    table = fit_score_table(expected, rng.poisson(expected))
    medians = table.at(np.array([24.0, 30.0, 35.0, 37.0])).quantile(0.5)
    assert (np.diff(medians) > 1).all()
    assert abs(medians[2] - 35) < 3
