"""What systems are worth beside each other, by predictions of games that they had not seen."""

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize_scalar, nnls

from predictions.grading.scores import Floats, log_loss
from predictions.systems.distribution import PointsDistribution, at_lines
from predictions.systems.evaluation import anchored
from predictions.systems.markets import no_push_over

# Until so many lined games are past, the weight of the model against the line is a prior: what a plain model
# had on one season (accuracy.md: 0.2 to 0.28).
MINIMUM_LINED_ROWS = 1000
PRIOR_LINE_WEIGHT = 0.25
_GRID = np.linspace(0, 1, 101)
# Makes the solution add up to 1.
_SUM_PENALTY = 1e3
_LEAST_WEIGHT = 0.02


def line_weight(median: Floats, line: Floats, points: Floats) -> float:
    """The weight of the model against the line with the smallest mean absolute error, or the prior.

    Args:
        median, line, points: of lined games that the model had not seen, (n,).
    """
    if len(points) < MINIMUM_LINED_ROWS:
        return PRIOR_LINE_WEIGHT
    blends = line + _GRID[:, None] * (median - line)
    errors = np.abs(points - blends).mean(axis=1)
    return float(_GRID[int(errors.argmin())])


def weight_against_line(own: PointsDistribution, line: Floats, points: Floats) -> float:
    """What remains of a system's distance from the line when bets are judged: by the log loss of over.

    Args:
        own: of lined games that the system had not seen. line, points: of the same, no pushes, (n,).
    """
    went_over = points > line

    def loss(weight: float) -> float:
        chances = at_lines(anchored(own, line, weight), line)
        return float(log_loss(no_push_over(chances), went_over).mean())

    return round(float(minimize_scalar(loss, bounds=(0.0, 1.0), method="bounded").x), 3)


def pool_weights(cumulative: Mapping[str, Floats], points: Floats) -> dict[str, float]:
    """The weights of a linear pool with the smallest CRPS, each at least 0, adding up to 1.

    The CRPS of a pool is quadratic in its weights, so this is a least-squares problem: the pooled cumulative
    chances against the step at what was scored. The two best keep a little weight, as a pool has two members.

    Args:
        cumulative: system_id -> (n, K + 1), of the same games that none had seen.
        points: what was scored, (n,).
    """
    names = list(cumulative)
    step = (np.arange(next(iter(cumulative.values())).shape[1])[None, :] >= points[:, None]).astype(float)
    stacked = np.array([table.ravel() for table in cumulative.values()])
    scale = np.sqrt(stacked.shape[1])
    gram = stacked @ stacked.T / scale**2
    target = stacked @ step.ravel() / scale**2
    root = np.linalg.cholesky(gram + 1e-10 * np.eye(len(names)))
    left = np.vstack([root.T, _SUM_PENALTY * np.ones(len(names))])
    right = np.append(np.linalg.solve(root, target), _SUM_PENALTY)
    weights, _ = nnls(left, right)
    order = np.argsort([((table - step) ** 2).sum() for table in cumulative.values()])
    for best in order[:2]:
        weights[best] = max(weights[best], _LEAST_WEIGHT)
    shares = weights / weights.sum()
    return {name: round(float(share), 4) for name, share in zip(names, shares, strict=True)}
