"""`nba-props bench predictions` times what it says it times."""

import pytest

from deploy.bench.predictions import Speed, made_up_slate, measure
from predictions.systems.model import unpack_model
from predictions.systems.registry import SYSTEM_IDS
from predictions.systems.rows import prediction_table
from predictions.training.champion import packaged_champion


@pytest.fixture(scope="module")
def speed() -> Speed:
    return measure(players=5, lines=2, repetitions=3)


def test_every_player_is_predicted_by_every_system_at_every_line() -> None:
    table = prediction_table(made_up_slate(10, 5), unpack_model(packaged_champion()[0]).systems())
    assert table.num_rows == 10 * len(SYSTEM_IDS) * 5
    assert set(table["status"].to_pylist()) == {"PREDICTED"}
    assert table["pooled_p_over"].null_count == 0


def test_the_speed_is_of_the_rows_that_were_made(speed: Speed) -> None:
    assert (speed.rows, len(speed.whole)) == (5 * len(SYSTEM_IDS) * 2, 3)
    assert speed.rows_per_second > 0


def test_each_system_is_timed_by_itself(speed: Speed) -> None:
    assert tuple(speed.by_system) == SYSTEM_IDS
    assert {len(seconds) for seconds in speed.by_system.values()} == {3}
    assert speed.table().row_count == len(SYSTEM_IDS) + 1
