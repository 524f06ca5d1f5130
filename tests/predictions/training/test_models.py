"""Models are stored whole, and exactly one of them predicts."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from typing import Any

import pytest

from predictions.systems.artifact import MAX_BYTES
from predictions.training.models import (
    CHALLENGER,
    CHAMPION,
    RETIRED,
    champion_of,
    list_models,
    model_id_of,
    promote,
    read_artifact,
    rollback,
    store_model,
)
from shared.outcomes import PermanentError, TransientError
from shared.warehouse.warehouse import Warehouse

FACTS: dict[str, Any] = {
    "feature_version": "v2",
    "contract_sha256": "c",
    "trained_from": date(2020, 12, 22),
    "trained_through": date(2024, 6, 17),
    "training_rows": 100,
    "data_fingerprint": "f",
    "recipe": "{}",
    "metrics": "{}",
    "origin": "trained",
}
FIRST, SECOND = b"\x00first\xff", b"\x00second\xff"


@pytest.fixture(autouse=True)
def empty(warehouse: Warehouse) -> None:
    warehouse.run("DELETE FROM nba_predictions.ml_models WHERE TRUE")


def statuses(warehouse: Warehouse) -> dict[str, str]:
    return {row.model_id: row.status for row in list_models(warehouse)}


def test_a_model_is_read_back_as_it_was_stored(warehouse: Warehouse) -> None:
    row = store_model(warehouse, FIRST, FACTS)
    assert row.model_id == f"20240617-{hashlib.sha256(FIRST).hexdigest()[:8]}"
    assert (row.status, row.training_rows) == (CHALLENGER, 100)
    assert read_artifact(warehouse, row) == FIRST


def test_storing_twice_is_storing_once(warehouse: Warehouse) -> None:
    assert store_model(warehouse, FIRST, FACTS) == store_model(warehouse, FIRST, FACTS)
    assert len(list_models(warehouse)) == 1


def test_an_artifact_that_is_too_large_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(PermanentError, match="more than 8,388,608"):
        store_model(warehouse, bytes(MAX_BYTES + 1), FACTS)


def test_an_artifact_that_is_not_what_was_stored_is_refused(warehouse: Warehouse) -> None:
    row = store_model(warehouse, FIRST, FACTS)
    warehouse.run("UPDATE nba_predictions.ml_models SET artifact = b'other' WHERE TRUE")
    with pytest.raises(PermanentError, match="SHA-256"):
        read_artifact(warehouse, row)


def test_one_champion_at_a_time_and_back_again(warehouse: Warehouse) -> None:
    first, second = store_model(warehouse, FIRST, FACTS), store_model(warehouse, SECOND, FACTS)
    promote(warehouse, first.model_id)
    why = "it's better'; DROP TABLE nba_predictions.ml_models; --"
    assert promote(warehouse, second.model_id, why).promotion_reason == why
    assert statuses(warehouse) == {first.model_id: RETIRED, second.model_id: CHAMPION}
    assert rollback(warehouse).model_id == first.model_id
    assert statuses(warehouse) == {first.model_id: CHAMPION, second.model_id: RETIRED}
    assert promote(warehouse, first.model_id).model_id == first.model_id


def test_promotions_at_once_leave_one_champion(warehouse: Warehouse) -> None:
    ids = [store_model(warehouse, bytes([number]), FACTS).model_id for number in range(4)]

    def attempt(model_id: str) -> None:
        with suppress(TransientError, PermanentError):  # lost to another one
            promote(warehouse, model_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, ids))
    assert sorted(statuses(warehouse).values()).count(CHAMPION) == 1


def test_no_champion_says_how_to_make_one(warehouse: Warehouse) -> None:
    with pytest.raises(PermanentError, match="models promote"):
        champion_of(warehouse)


def test_an_unknown_model_is_not_promoted(warehouse: Warehouse) -> None:
    with pytest.raises(PermanentError, match="models list"):
        promote(warehouse, model_id_of(date(2024, 1, 1), b"x"))


def test_without_an_earlier_champion_there_is_nothing_to_roll_back_to(warehouse: Warehouse) -> None:
    promote(warehouse, store_model(warehouse, FIRST, FACTS).model_id)
    with pytest.raises(PermanentError, match="no earlier champion"):
        rollback(warehouse)
