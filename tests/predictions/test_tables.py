"""The prediction tables fit together."""

import re

import pytest

from predictions.systems.players import PLAYER_COLUMNS
from shared.warehouse.specs import spec_of

PREDICTIONS = ("player_prop_predictions", "prediction_history", "prediction_staging")
BOOKKEEPING = {"generation", "run_id", "written_at", "attempt_id", "staged_at"}


@pytest.mark.parametrize("table", PREDICTIONS)
def test_a_prediction_has_the_same_columns_wherever_it_is_kept(table: str) -> None:
    first = [c for c in spec_of(PREDICTIONS[0]).columns if c.name not in BOOKKEEPING]
    assert [c for c in spec_of(table).columns if c.name not in BOOKKEEPING] == first


def test_the_parts_of_the_closing_query_name_the_columns_in_the_order_of_the_table() -> None:
    """BigQuery matches the parts of a UNION ALL by position."""
    spec = spec_of("player_prop_predictions")
    wanted = [name for name in spec.column_names() if name not in BOOKKEEPING]
    parts = re.findall(
        r"(?:predicted|standing) AS \(\n  SELECT\n(.*?)\n  FROM nba_predictions", spec.sql(), re.S
    )
    assert len(parts) == 3
    for part in parts:
        names = [re.split(r"\s+AS\s+|\.", line.strip(" ,"))[-1] for line in part.splitlines()]
        assert names == wanted


def test_every_request_says_who_is_asked_for() -> None:
    kept_by_the_store = {"feature_version"}
    assert set(PLAYER_COLUMNS) - kept_by_the_store <= set(spec_of("prediction_requests").column_names())


def test_staged_rows_expire_by_the_day_on_which_they_were_staged() -> None:
    spec = spec_of("prediction_staging")
    assert (spec.partition, spec.expires_days) == ("staged_at", 7)
