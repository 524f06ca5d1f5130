"""Fitting the learned system's network: several small ones, whose hidden layers together are one."""

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from predictions.systems.distribution import Floats
from predictions.systems.network import Matrix, RootNetwork, scaled, signed_root

# Rounds are fixed, as they are for the trees (decision 50).
SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (64,),
    "alpha": 3,
    "batch_size": 4096,
    "learning_rate_init": 0.003,
    "max_iter": 25,
}
_LEAST_SD = 1e-6


def fit_network(inputs: Matrix, usual: Matrix, points: Floats, members: int, seed: int) -> RootNetwork:
    """The mean of some networks that begin at different weights.

    Args:
        inputs: (n, k). usual: points by the player's known rate, (n,). points: what he scored, (n,).
    """
    roots = signed_root(inputs)
    mean, sd = np.nanmean(roots, axis=0), np.nanstd(roots, axis=0) + _LEAST_SD
    near = scaled(inputs, mean, sd)
    target = (np.sqrt(points) - np.sqrt(np.maximum(usual, 0))).astype("float32")
    fitted = [_fit(near, target, 100 * seed + member) for member in range(members)]
    return RootNetwork(
        mean,
        sd,
        np.hstack([np.vstack([each.coefs_[0], each.intercepts_[0]]) for each in fitted]).astype("float32"),
        np.append(
            np.concatenate([each.coefs_[1][:, 0] for each in fitted]) / members,
            np.mean([each.intercepts_[1][0] for each in fitted]),
        ).astype("float32"),
    )


def _fit(near: Matrix, target: Matrix, seed: int) -> MLPRegressor:
    settings = {**SETTINGS, "batch_size": min(SETTINGS["batch_size"], len(target))}
    network = MLPRegressor(random_state=seed, n_iter_no_change=settings["max_iter"], **settings)
    with warnings.catch_warnings():
        # That all rounds were needed is meant.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(near, target)
