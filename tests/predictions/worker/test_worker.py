"""The worker: one chunk in, one staged attempt and one ready message out, however often it is asked."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from google.cloud import pubsub_v1

from orchestration.platform import Platform
from orchestration.state import State
from predictions.systems.contract import load_contract
from predictions.systems.model import TrainedModel, unpack_model
from predictions.systems.registry import without_model
from predictions.systems.system_set import SystemSet
from predictions.training.champion import packaged_champion, seed_champion
from predictions.training.models import promote, store_model
from predictions.worker.app import Worker, create_app
from predictions.worker.champion import ChampionSystems, FixedSystems
from predictions.worker.chunk import Staged, predict_and_stage
from predictions.worker.look_up import look_up
from shared.messages import PredictionReady, PredictionRequest
from shared.outcomes import PermanentError
from shared.warehouse.warehouse import Warehouse


def only_request(night: Any) -> dict[str, Any]:
    night.store()
    night.start()
    (request,) = night.requests()
    return request


def test_a_chunk_is_one_game_and_nobody_else(night: Any) -> None:
    night.add("lukadoncic", lines=[night.line(20.5), night.line(22.5, is_main=False)])
    night.add("jamorant", "BOS_LAL")
    night.store()
    night.start()
    request = next(r for r in night.requests() if r["game_id"] == night.game())
    (ready,) = night.predict(request, attempt=2)
    staged = night.rows("prediction_staging")
    assert {row["player_lookup"] for row in staged} == {"lukadoncic"}
    assert [row["line"] for row in staged] == [20.5, 22.5]
    assert {row["attempt_id"] for row in staged} == {ready["attempt_id"]}
    assert (ready["status"], ready["rows"]) == ("success", 2)


def test_whoever_is_skipped_is_not_predicted(night: Any) -> None:
    night.add("lukadoncic")
    night.add("kyrieirving", injury_status="Out")
    night.predict(only_request(night))
    assert [row["player_lookup"] for row in night.rows("prediction_staging")] == ["lukadoncic"]


def test_a_batch_of_many_chunks_is_answered_like_a_small_one() -> None:
    """A message names only so many of the chunks that are open: it once named too many, and was none."""
    published: list[PredictionReady] = []
    bus = SimpleNamespace(publish=lambda _, *messages: published.extend(messages))
    worker = Worker(cast(Platform, SimpleNamespace(bus=bus)), ChampionSystems())
    request = PredictionRequest(
        correlation_id="c",
        batch_id="20241203-1733200000000000",
        game_date=date(2024, 12, 3),
        game_id="20241203_MIN_LAL",
        generation=datetime(2024, 12, 3, tzinfo=UTC),
    )
    waiting = tuple(f"20241203_A{a}{b}_LAL" for a in "ABCDEFGHIJ" for b in "ABCDEFGHIJKLMNO")
    for found in (waiting, waiting[:1], (), None):
        worker._announce(request, Staged("attempt", 5, found))
    assert [ready.open_chunks for ready in published] == [waiting[:100], waiting[:1], (), None]


def test_a_request_delivered_again_repeats_the_answer_and_not_the_work(night: Any) -> None:
    night.add("lukadoncic")
    request = only_request(night)
    (first,) = night.predict(request)
    (second,) = night.predict(request, attempt=2)
    assert second["attempt_id"] == first["attempt_id"]
    assert night.predict(request) == [], "a mere duplicate is not answered again"
    assert len(night.rows("prediction_staging")) == 1


def test_a_player_with_a_missing_feature_gets_a_row_that_names_it(night: Any) -> None:
    night.add("lukadoncic")
    night.add("rookie", points_avg_season=None, quality_score=90.0, missing_features=["points_avg_season"])
    night.complete(*night.predict(only_request(night)))
    rows = {row["player_lookup"]: row for row in night.rows() if row["system_id"] == "moving_average"}
    assert rows["lukadoncic"]["status"] == "PREDICTED"
    assert rows["rookie"]["status"] == "UNPREDICTABLE"
    assert rows["rookie"]["reason"] == "moving_average needs points_avg_season"
    assert rows["rookie"]["predicted_points"] is None
    assert rows["rookie"]["recommendation"] is None


def test_a_player_whom_the_store_has_dropped_since_is_not_predicted_from_anything_else(night: Any) -> None:
    night.add("lukadoncic")
    night.add("traded", quality_score=88.0)
    request = only_request(night)
    kept = [p for p in night.players if p["player_lookup"] == "lukadoncic"]
    night.load("ml_feature_store", [{k: v for k, v in p.items() if k != "lines"} for p in kept])
    night.complete(*night.predict(request))
    rows = {row["player_lookup"]: row for row in night.rows()}
    assert (rows["traded"]["status"], rows["traded"]["quality_score"]) == ("UNPREDICTABLE", 88.0)
    assert rows["traded"]["cutoff"] == night.morning.as_of
    assert rows["lukadoncic"]["status"] == "PREDICTED"


def test_a_request_that_nobody_stored_is_a_dead_letter(night: Any) -> None:
    night.add("lukadoncic")
    request = only_request(night)
    response = night.post("/predict", {**request, "batch_id": f"{night.day:%Y%m%d}-1"})
    assert response.get_json()["outcome"] == "PERMANENT"
    assert "asks for nobody" in response.get_json()["reason"]
    assert night.rows("prediction_staging") == []


def test_a_payload_that_is_no_request_is_a_dead_letter_and_stores_nothing(night: Any) -> None:
    response = night.post("/predict", {"player_lookup": f"drifted {night.day}"})
    assert (response.status_code, response.get_json()["outcome"]) == (200, "PERMANENT")
    sql = "SELECT service, reason FROM nba_orchestration.dead_letters WHERE CONTAINS_SUBSTR(payload, @text)"
    (letter,) = night.platform.warehouse.rows(sql, text=f"drifted {night.day}")
    assert letter["service"] == "worker"
    assert "batch_id" in letter["reason"]


def test_a_chunk_whose_answer_could_not_be_published_is_answered_on_the_next_delivery(night: Any) -> None:
    night.add("lukadoncic")
    request = only_request(night)
    publisher = pubsub_v1.PublisherClient()
    topic = publisher.topic_path("nba-local", "prediction-ready")
    publisher.delete_topic(topic=topic)
    response = night.post("/predict", request)
    assert response.status_code == 503
    publisher.create_topic(name=topic)
    subscriber = night.services.bus.subscriber
    tap = subscriber.subscription_path("nba-local", "tap-prediction-ready")
    subscriber.delete_subscription(subscription=tap)
    subscriber.create_subscription(name=tap, topic=topic)
    publisher.stop()

    (ready,) = night.predict(request, attempt=2)
    staged = night.rows("prediction_staging")
    assert [row["attempt_id"] for row in staged] == [ready["attempt_id"]]


def test_giving_up_does_not_undo_a_chunk_that_another_worker_predicted(night: Any) -> None:
    night.add("lukadoncic")
    request = only_request(night)
    night.predict(request)
    Worker(night.platform, FixedSystems(without_model())).give_up(
        PredictionRequest.model_validate(request), "came too late"
    )
    assert set(night.states(f"chunk/{request['batch_id']}/").values()) == {State.COMPLETE}
    assert night.readies() == []


def test_a_failure_is_announced_again_when_the_first_announcement_may_have_been_lost(night: Any) -> None:
    night.add("lukadoncic")
    request = PredictionRequest.model_validate(only_request(night))
    worker = Worker(night.platform, FixedSystems(without_model()))
    for _ in range(2):
        worker.give_up(request, "hopeless")
    assert [(ready["status"], ready["reason"]) for ready in night.readies()] == [("failed", "hopeless")] * 2


def test_a_line_that_came_after_the_features_is_left_to_the_next_batch(night: Any) -> None:
    later = night.morning.as_of + timedelta(minutes=1)
    night.add("lukadoncic", lines=[night.line(20.5), night.line(30.5, "fanduel", snapshot_at=later)])
    night.predict(only_request(night))
    assert [row["line"] for row in night.rows("prediction_staging")] == [20.5]


def test_the_formula_systems_predict_from_a_stored_chunk(night: Any) -> None:
    alike = {"similar_games": 8, "similarity_baseline": 21.0, "similarity_points_std": 5.0}
    zones = {"pct_paint": 0.4, "pct_mid_range": 0.2, "pct_three": 0.4, "pct_free_throw": 0.2}
    priced = night.line(20.5, over_price=-120, under_price=100)
    night.add("lukadoncic", lines=[priced], opponent_def_rating=113.0, **alike, **zones)
    night.add("jamorant", injury_status="Questionable", lines=[night.line(22.5)], similar_games=None, **zones)
    request = PredictionRequest.model_validate(only_request(night))
    systems, contract = without_model(), load_contract()
    players = look_up(night.platform.warehouse, request, contract).players
    predict_and_stage(night.platform.warehouse, request, players, systems)
    staged = {(r["player_lookup"], r["system_id"]): r for r in night.rows("prediction_staging")}
    assert staged.keys() == {(p, s) for p in ("lukadoncic", "jamorant") for s in systems.system_ids}
    (failed,) = [row for row in staged.values() if row["status"] != "PREDICTED"]
    assert failed["reason"] == "similarity needs similar_games"
    row = staged["lukadoncic", "similarity"]
    assert row["reasons"] == [
        {"feature": "home_away", "contribution": 0.8},
        {"feature": "fatigue_score", "contribution": -0.15},
    ]
    assert row["pooled_p_over"] is not None
    assert staged["jamorant", "moving_average"]["minutes_discounted"] is True


def test_a_book_is_judged_by_all_lines_of_the_date(night: Any) -> None:
    """In its own game it has one line, which alone would say that it has one pair of prices."""
    night.add("lukadoncic", lines=[night.line(20.5), night.line(21.5, "fanduel")])
    night.add("jamorant", "BOS_LAL", lines=[night.line(22.5, over_price=105, under_price=-125)])
    night.store()
    night.start()
    night.predict(*night.requests())
    notes = {
        (row["player_lookup"], row["bookmaker"]): row["price_note"]
        for row in night.rows("prediction_staging")
    }
    assert notes == {
        ("lukadoncic", "draftkings"): None,
        ("lukadoncic", "fanduel"): "price constant",
        ("jamorant", "draftkings"): None,
    }


@pytest.fixture
def models(night: Any) -> Iterator[Warehouse]:
    """The warehouse without a model, before and after."""
    warehouse = night.platform.warehouse
    warehouse.run("DELETE FROM nba_predictions.ml_models WHERE TRUE")
    yield warehouse
    warehouse.run("DELETE FROM nba_predictions.ml_models WHERE TRUE")


@pytest.fixture
def readiness(night: Any) -> Callable[[], tuple[int, str]]:
    """What a worker that reads the champion answers: the status, and that of its check of the model."""
    settings = night.platform.settings.model_copy(update={"SERVICE": "worker"})
    client = create_app(settings).test_client()

    def ask() -> tuple[int, str]:
        answer = client.get("/ready", headers={"X-API-Key": "first-test-key"})
        return answer.status_code, answer.get_json()["checks"]["model"]["status"]

    return ask


def test_a_worker_is_ready_with_a_champion_and_not_without(models: Warehouse, readiness: Any) -> None:
    assert readiness() == (503, "fail")
    seed_champion(models)
    assert readiness() == (200, "pass")
    models.run("UPDATE nba_predictions.ml_models SET status = 'retired' WHERE TRUE")
    assert readiness() == (503, "fail"), "what it has read before is no champion any more"


def test_a_worker_whose_champion_was_trained_on_other_features_is_not_ready(
    night: Any, models: Warehouse, readiness: Any
) -> None:
    artifact, facts = packaged_champion()
    older = replace(unpack_model(artifact), feature_version="v2", contract_sha256="0" * 64)
    promote(models, store_model(models, older.pack(), facts).model_id)
    assert readiness() == (503, "fail")
    with pytest.raises(PermanentError, match=f"v2, the store has {load_contract().feature_version}"):
        Worker(night.platform, ChampionSystems()).check_model()


class Greedy:
    """A system whose feature the store does not have."""

    system_id = "greedy"
    requires = ("shot_zone_score",)

    def predict(self, features: Any) -> Any:
        raise AssertionError("asked without its feature")


def test_a_worker_whose_systems_outgrew_the_store_is_not_ready(
    night: Any, models: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_champion(models)
    systems = without_model()
    greedy = SystemSet((*systems.systems, Greedy()), None, systems.market_weight)
    monkeypatch.setattr(TrainedModel, "systems", lambda _: greedy)
    with pytest.raises(PermanentError, match=r"greedy.*shot_zone_score"):
        Worker(night.platform, ChampionSystems()).check_model()
