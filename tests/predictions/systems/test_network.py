"""The learned system's network: arrays that predict what scikit-learn's own networks do."""

import numpy as np
import pytest

from predictions.systems.network import RootNetwork
from predictions.training.network import fit_network

ROWS, INPUTS = 3000, 5


@pytest.fixture(scope="module")
def games() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs of which the first says by how much a player beats his usual points, those, and his points."""
    rng = np.random.default_rng(3)
    inputs = rng.normal(0, 3, (ROWS, INPUTS)).astype("float32")
    usual = rng.uniform(4, 25, ROWS).astype("float32")
    points = np.maximum(np.sqrt(usual) + 0.2 * inputs[:, 0] + rng.normal(0, 0.3, ROWS), 0) ** 2
    return inputs, usual, np.round(points)


@pytest.fixture(scope="module")
def network(games: tuple[np.ndarray, np.ndarray, np.ndarray]) -> RootNetwork:
    return fit_network(*games, members=2, seed=1)


def test_it_learns_what_the_usual_points_do_not_say(network, games) -> None:
    inputs, usual, points = games
    own, alone = np.abs(network.predict(inputs, usual) - points), np.abs(usual - points)
    assert own.mean() < 0.6 * alone.mean()


def test_hidden_layers_beside_each_other_are_the_mean_of_the_networks(games) -> None:
    inputs, usual, _ = games
    both = fit_network(*games, members=2, seed=1)
    one = fit_network(*games, members=1, seed=1)
    units = one.hidden.shape[1]
    assert both.hidden.shape == (INPUTS + 1, 2 * units)
    np.testing.assert_array_equal(both.hidden[:, :units], one.hidden)
    other = RootNetwork(both.mean, both.sd, both.hidden[:, units:], np.append(2 * both.output[units:-1], 0))
    roots = [np.sqrt(each.predict(inputs, usual)) for each in (one, other)]
    shift = both.output[-1] - one.output[-1] / 2
    expected = np.maximum(np.mean(roots, axis=0) + shift, 0) ** 2
    positive = np.minimum(*roots) > 0.5
    np.testing.assert_allclose(both.predict(inputs, usual)[positive], expected[positive], rtol=1e-4)


def test_the_same_games_give_the_same_network(network, games) -> None:
    np.testing.assert_allclose(fit_network(*games, members=2, seed=1).hidden, network.hidden, rtol=1e-4)


def test_a_missing_input_counts_as_the_mean(network, games) -> None:
    _, usual, _ = games
    at_mean = (np.sign(network.mean) * network.mean**2)[None, :]
    missing = np.full((1, INPUTS), np.nan, dtype="float32")
    expected = network.predict(at_mean.astype("float32"), usual[:1])
    np.testing.assert_allclose(network.predict(missing, usual[:1]), expected, rtol=1e-4)


def test_an_input_far_beyond_all_that_was_seen_stays_finite(network, games) -> None:
    _, usual, _ = games
    absurd = np.full((1, INPUTS), 1e6, dtype="float32")
    assert 0 <= network.predict(absurd, usual[:1])[0] < 200


def test_packed_and_unpacked_it_predicts_the_same(network, games) -> None:
    inputs, usual, _ = games
    again = RootNetwork.unpack(network.pack())
    np.testing.assert_array_equal(again.predict(inputs, usual), network.predict(inputs, usual))
    assert again.pack() == network.pack()


def test_arrays_that_do_not_fit_together_are_refused(network) -> None:
    spoiled = RootNetwork(network.mean[:-1], network.sd, network.hidden, network.output)
    with pytest.raises(ValueError, match="fit together"):
        RootNetwork.unpack(spoiled.pack())


@pytest.mark.parametrize("packed", [b"", b"no arrays at all", b"\x93NUMPY\x01\x00"])
def test_bytes_that_are_no_network_are_refused(packed: bytes) -> None:
    with pytest.raises((ValueError, EOFError)):
        RootNetwork.unpack(packed)
