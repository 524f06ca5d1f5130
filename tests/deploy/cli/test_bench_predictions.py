"""`nba-props bench predictions` times what it says it times."""

from deploy.cli.bench_predictions import made_up_slate, measure
from predictions.systems.registry import without_model
from predictions.systems.rows import prediction_table


def test_every_player_is_predicted_by_every_system_at_every_line() -> None:
    table = prediction_table(made_up_slate(10, 5), without_model())
    assert table.num_rows == 10 * 3 * 5
    assert set(table["status"].to_pylist()) == {"PREDICTED"}
    assert table["pooled_p_over"].null_count == 0


def test_the_speed_is_of_the_rows_that_were_made() -> None:
    speed = measure(players=5, lines=2, repetitions=3)
    assert (speed.rows, len(speed.table_seconds)) == (5 * 3 * 2, 3)
    assert speed.rows_per_second > 0
