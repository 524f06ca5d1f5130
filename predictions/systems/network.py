"""A small neural network beside the trees, as plain arrays: what they step over, it passes smoothly."""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
# An input lies at most so many standard deviations from its mean: beyond, there was nothing to learn from.
_FURTHEST = 4.0


@dataclass(frozen=True)
class RootNetwork:
    """The mean of the square root of points: that of the usual points, and what one hidden layer adds.

    Args:
        mean, sd: of each input's signed root, (k,). A missing input counts as the mean.
        hidden: (k + 1, h), weights of h rectified units; the last row is their bias.
        output: (h + 1,), weights of the units; the last one is the bias.
    """

    mean: Matrix
    sd: Matrix
    hidden: Matrix
    output: Matrix

    def predict(self, inputs: Matrix, usual: Matrix) -> Matrix:
        """Points, (n,).

        Args:
            inputs: (n, k).
            usual: points that the player would score by his known rate, (n,).
        """
        # Not by BLAS, whose sums depend on how many rows it gets: a player's points are his own to the last
        # digit, whoever else is asked for.
        near = scaled(inputs, self.mean, self.sd)
        units = np.maximum(np.einsum("nk,kh->nh", near, self.hidden[:-1]) + self.hidden[-1], 0)
        added = np.einsum("nh,h->n", units, self.output[:-1]) + self.output[-1]
        root = np.sqrt(np.maximum(usual, 0)) + added
        points: Matrix = np.maximum(root, 0) ** 2
        return points

    def pack(self) -> bytes:
        """The arrays as bytes, equal for equal networks."""
        body = io.BytesIO()
        for array in (self.mean, self.sd, self.hidden, self.output):
            np.save(body, array, allow_pickle=False)
        return body.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> "RootNetwork":
        """The network that pack made.

        Raises:
            ValueError: the bytes are none, or their arrays do not fit together.
        """
        body = io.BytesIO(packed)
        network = cls(*(np.load(body, allow_pickle=False) for _ in range(4)))
        inputs, units = network.hidden.shape[0] - 1, network.hidden.shape[1]
        if not (len(network.mean) == len(network.sd) == inputs and len(network.output) == units + 1):
            raise ValueError("the network's arrays do not fit together")
        return network


def signed_root(values: Matrix) -> Matrix:
    """The root with the value's sign: it draws the long tails in."""
    root: Matrix = np.sign(values) * np.sqrt(np.abs(values))
    return root


def scaled(inputs: Matrix, mean: Matrix, sd: Matrix) -> Matrix:
    """Inputs as standard deviations from their mean, 0 where missing, (n, k)."""
    apart = np.clip((signed_root(inputs) - mean) / sd, -_FURTHEST, _FURTHEST)
    apart[np.isnan(apart)] = 0
    near: Matrix = apart
    return near
