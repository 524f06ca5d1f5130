"""From a warehouse to a model: by the command line, and by the route that the scheduler posts to."""

import logging
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.local.bigquery.process import Emulator
from predictions.coordinator.app import create_app
from predictions.coordinator.retraining import _UNDER_WAY, REFUSED_ALERT
from predictions.systems.inputs import AVAILABILITY_COLUMNS
from predictions.systems.learned import FORM
from predictions.systems.model import unpack_model
from predictions.training.champion import packaged_champion
from predictions.training.models import (
    CHALLENGER,
    champion_of,
    list_models,
    promote,
    read_artifact,
    store_model,
)
from shared.clock import eastern_today
from shared.settings import Settings
from shared.warehouse.warehouse import Warehouse

KEY = {"X-API-Key": "first-test-key"}
# In the third season of the invented games.
EARLIER = date(2024, 2, 1)


@pytest.fixture(scope="module")
def stored(warehouse: Warehouse, invented: Callable[..., pd.DataFrame], store_games: Any) -> Warehouse:
    """A warehouse with three seasons of games, of none of which an injury report is known."""
    rows = invented(3400)
    rows[[name for name in rows if name in AVAILABILITY_COLUMNS or name.endswith("_today")]] = float("nan")
    store_games(warehouse, rows)
    return warehouse


@pytest.fixture(scope="module")
def coordinator(bigquery_emulator: Emulator) -> FlaskClient:
    settings = Settings(
        SERVICE="coordinator",
        PORT=8080,
        GOOGLE_CLOUD_PROJECT=bigquery_emulator.project,
        VALID_API_KEYS=("first-test-key",),
        OIDC_AUDIENCE="nba-props/coordinator",
        OIDC_SERVICE_ACCOUNTS=("push@nba-local.iam.gserviceaccount.com",),
        BIGQUERY_EMULATOR_HOST=bigquery_emulator.rest,
        BIGQUERY_STORAGE_EMULATOR_HOST=bigquery_emulator.grpc,
    )
    return create_app(settings).test_client()


@pytest.fixture
def nba_props(bigquery_emulator: Emulator) -> Callable[..., Any]:
    environment = {
        "ARCHIVE": "",
        "BIGQUERY_EMULATOR_HOST": bigquery_emulator.rest,
        "BIGQUERY_STORAGE_EMULATOR_HOST": bigquery_emulator.grpc,
        "GOOGLE_CLOUD_PROJECT": bigquery_emulator.project,
        "COLUMNS": "220",
    }
    runner = CliRunner(env=environment)
    return lambda *arguments: runner.invoke(app, list(arguments))


def retrain(client: FlaskClient, **body: Any) -> Any:
    response = client.post("/retrain", json=body, headers=KEY)
    assert response.status_code == 200, response.text
    return response.get_json()


def test_the_command_trains_on_a_project_alone(
    stored: Warehouse, nba_props: Any, bigquery_emulator: Emulator
) -> None:
    ended = nba_props("train", "--project", bigquery_emulator.project, "--through", EARLIER.isoformat())
    assert ended.exit_code == 0, ended.output
    (row,) = list_models(stored)
    assert f"stored as {row.model_id}, challenger" in ended.output
    assert row.trained_through <= EARLIER
    assert set(unpack_model(read_artifact(stored, row)).model.heads) == {FORM}


def test_the_route_trains_and_promotes_what_passes_and_does_nothing_twice(
    stored: Warehouse, coordinator: FlaskClient
) -> None:
    (earlier,) = list_models(stored)
    promote(stored, earlier.model_id)
    answer = retrain(coordinator)
    assert (answer["outcome"], answer["trained"]) == ("DONE", True)
    model, gates = answer["model"], answer["gates"]
    assert model["trained_through"] > earlier.trained_through.isoformat()
    assert {"name", "passed", "figure", "limit", "model_id"} == set(gates[0])
    assert any(gate["name"] == "not worse: learned, walked seasons" for gate in gates)
    assert (answer["promoted"] == model["model_id"]) is all(gate["passed"] for gate in gates)
    again = retrain(coordinator)
    assert (again["trained"], again["model"]["model_id"]) == (False, model["model_id"])
    assert "stored already" in again["reason"]
    assert len(list_models(stored)) == 2


def test_what_was_rolled_back_is_not_promoted_again(stored: Warehouse, coordinator: FlaskClient) -> None:
    newest, earlier = sorted(list_models(stored), key=lambda row: row.trained_through, reverse=True)
    promote(stored, newest.model_id)
    promote(stored, earlier.model_id)
    answer = retrain(coordinator)
    assert (answer["model"]["status"], answer["promoted"]) == ("retired", None)
    assert champion_of(stored).model_id == earlier.model_id


def test_without_promotion_the_gates_are_told_and_nobody_is_promoted(
    stored: Warehouse, coordinator: FlaskClient
) -> None:
    stored.run("UPDATE nba_predictions.ml_models SET status = 'challenger' WHERE status = 'retired'")
    before = champion_of(stored)
    answer = retrain(coordinator, promote=False)
    assert answer["gates"]
    assert answer["promoted"] is None
    assert champion_of(stored) == before


def test_a_refused_promotion_is_given_as_an_alert_once(
    stored: Warehouse, coordinator: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Without figures of its own a challenger cannot pass."""
    (challenger,) = [row for row in list_models(stored) if row.status == CHALLENGER]
    metrics = "UPDATE nba_predictions.ml_models SET metrics = @metrics WHERE model_id = @model_id"
    stored.run("DELETE FROM nba_orchestration.alerts_given WHERE TRUE")
    stored.run(metrics, metrics="[]", model_id=challenger.model_id)
    try:
        with caplog.at_level(logging.WARNING):
            answers = [retrain(coordinator) for _ in range(2)]
    finally:
        stored.run(metrics, metrics=challenger.metrics, model_id=challenger.model_id)
    assert {answer["promoted"] for answer in answers} == {None}
    (line,) = [record for record in caplog.records if hasattr(record, "alert")]
    assert (line.alert, line.subject) == (REFUSED_ALERT, challenger.model_id)
    (row,) = stored.read("alerts_given", ["subject", "severity", "reason"], alert=REFUSED_ALERT).to_pylist()
    assert (row["subject"], row["severity"]) == (challenger.model_id, "WARNING")
    assert "no challenger passes the gates: calibrated" in row["reason"]


def test_too_little_to_learn_from_is_no_error(stored: Warehouse, coordinator: FlaskClient) -> None:
    answer = retrain(coordinator, through="2022-06-01")
    assert answer["outcome"] == "NOT_YET"
    assert "seasons" in answer["reason"]
    assert "process-date-range" in retrain(coordinator, through="2001-01-01")["reason"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"through": "tomorrow"}, "through"),
        ({"through": 0}, "through"),
        ({"through": eastern_today().isoformat()}, "through"),
        ({"promote": "perhaps"}, "promote"),
        ({"model": "x"}, "model"),
    ],
)
def test_a_bad_order_names_the_field(coordinator: FlaskClient, body: dict[str, Any], field: str) -> None:
    response = coordinator.post("/retrain", json=body, headers=KEY)
    assert response.status_code == 422
    assert field in response.get_json()["detail"]


def test_one_retraining_at_a_time(coordinator: FlaskClient) -> None:
    with _UNDER_WAY, ThreadPoolExecutor(1) as pool:
        response = pool.submit(coordinator.post, "/retrain", json={}, headers=KEY).result()
    assert response.status_code == 409
    assert "under way" in response.get_json()["detail"]


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}])
def test_nobody_without_a_key_is_listened_to(coordinator: FlaskClient, headers: dict[str, str]) -> None:
    assert coordinator.post("/retrain", json={}, headers=headers).status_code == 401


def test_the_route_is_described(coordinator: FlaskClient) -> None:
    described = coordinator.get("/openapi.json", headers=KEY).get_json()
    assert "post" in described["paths"]["/retrain"]


def test_compare_prints_figures_and_gates(stored: Warehouse, nba_props: Any) -> None:
    newest, earlier = sorted(list_models(stored), key=lambda row: row.trained_through, reverse=True)
    ended = nba_props("models", "compare", newest.model_id, earlier.model_id)
    assert ended.exit_code == 0, ended.output
    for words in ("walked seasons", "averaging 8", "minus CRPS", "better or newer", f"{newest.model_id} may"):
        assert words in ended.output
    assert "nba-props models compare" in nba_props("models", "compare", "--help").output


def test_promote_refuses_what_fails_and_force_asks_for_a_reason(stored: Warehouse, nba_props: Any) -> None:
    artifact, facts = packaged_champion()
    before = champion_of(stored)
    unlike = store_model(stored, artifact, {**facts, "trained_through": date(2020, 1, 1), "metrics": "[]"})
    refused = nba_props("models", "promote", unlike.model_id)
    assert refused.exit_code == 1
    assert "better or newer" in refused.output
    assert "--force --reason" in refused.output
    assert champion_of(stored) == before
    without = nba_props("models", "promote", unlike.model_id, "--force")
    assert without.exit_code == 2
    assert "--reason" in without.output
    assert nba_props("models", "promote", unlike.model_id, "--reason", "x").exit_code == 2
    why = "the others know no play-in"
    forced = nba_props("models", "promote", unlike.model_id, "--force", "--reason", why)
    assert forced.exit_code == 0, forced.output
    assert str(champion_of(stored).promotion_reason).startswith(f"forced: {why}")
    assert "is champion already" in nba_props("models", "promote", unlike.model_id).output
    assert nba_props("models", "rollback").exit_code == 0
    assert champion_of(stored).model_id == before.model_id


def test_nothing_to_learn_from_names_the_options(nba_props: Any) -> None:
    for arguments, word in (
        (("train",), "--project"),
        (("train", "--package", "--project", "p"), "--archive"),
    ):
        ended = nba_props(*arguments)
        assert ended.exit_code == 2
        assert word in ended.output


def test_the_coordinator_starts_without_the_learning_library() -> None:
    code = "import sys, predictions.coordinator.app; sys.exit('xgboost' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
