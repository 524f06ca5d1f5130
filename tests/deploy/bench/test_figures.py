"""Quantiles, growth, and the file that keeps what was measured."""

import json
from pathlib import Path

import pytest

from deploy.bench.figures import exponent, quantile, ratio, read, save


def test_a_quantile_is_one_of_the_values() -> None:
    values = [5.0, 1.0, 3.0, 2.0, 4.0]
    assert [quantile(values, share) for share in (0.5, 0.95, 1.0)] == [3.0, 5.0, 5.0]
    assert quantile([7.0], 0.95) == 7.0


def test_no_values_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_law_is_found(power: float) -> None:
    sizes = [1.0, 2.0, 5.0, 10.0]
    assert exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_where_nothing_can_be_fitted_there_is_no_exponent() -> None:
    assert exponent([5.0, 5.0], [1.0, 2.0]) is None
    assert exponent([1.0, 2.0], [0.0, 2.0]) is None


def test_a_ratio_is_the_last_over_the_first() -> None:
    assert ratio([2.0, 9.0, 3.0]) == 1.5
    assert ratio([0.0, 3.0]) is None


def test_what_is_saved_is_read_with_its_command(tmp_path: Path) -> None:
    file = tmp_path / "load.json"
    save(file, "nba-props bench load", {"bench": "load", "seconds": 1.5})
    found = read(file)
    assert (found["command"], found["seconds"]) == ("nba-props bench load", 1.5)
    assert found["cores"] > 0
    assert file.read_text() == json.dumps(found, indent=2) + "\n"
