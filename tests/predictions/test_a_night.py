"""One night through phase 5, by the messages that Pub/Sub would deliver."""

from typing import Any

from shared.messages import PhaseMessage, PredictionReady, PredictionRequest


def test_a_night_goes_from_features_to_grades(night: Any) -> None:
    night.add("lukadoncic", lines=[night.line(21.5), night.line(20.0, "fanduel", over_price=105)])
    night.add("kyrieirving", injury_status="Out", availability_assumed=True)
    night.add("jamorant", "BOS_LAL")
    night.store()

    assert night.start()["outcome"] == "DONE"
    assert night.state().state == "RUNNING"
    requests = night.requests()
    assert [request["game_id"] for request in requests] == [night.game("BOS_LAL"), night.game()]

    for request, outcome in zip(requests, ("NOT_YET", "DONE"), strict=True):
        (answer,) = night.complete(*night.predict(request))
        assert answer["outcome"] == outcome

    rows = night.rows()
    assert [(r["player_lookup"], r["system_id"], r["status"], r["recommendation"]) for r in rows] == [
        ("jamorant", "moving_average", "PREDICTED", "NO_LINE"),
        ("kyrieirving", "none", "SKIPPED", None),
        ("lukadoncic", "moving_average", "PREDICTED", rows[2]["recommendation"]),
        ("lukadoncic", "moving_average", "PREDICTED", rows[3]["recommendation"]),
    ]
    assert rows[1]["reason"] == "injury report: Out (availability assumed known)"
    assert {row["predicted_points"] for row in rows if row["status"] == "PREDICTED"} == {22.0}
    assert night.stable_rows("prediction_history") == night.stable_rows()
    assert (night.state().state, night.state().rows_stored) == ("COMPLETE", 4)
    (announced,) = night.announced()
    assert announced["status"] == "success"
    outputs = {
        "table": "player_prop_predictions",
        "rows": 4,
        "rows_expected": None,
        "games": 2,
        "games_expected": 2,
    }
    assert announced["outputs"] == [outputs]
    assert announced["generation"] == night.generation.isoformat().replace("+00:00", "Z")

    games = [night.schedule(), night.schedule("BOS_LAL")]
    night.finish_games([night.box("lukadoncic", 37), night.box("jamorant", 20, "BOS_LAL")], games)
    assert night.grade()["outcome"] == "DONE"
    graded = night.rows("prediction_accuracy")
    assert [(row["player_lookup"], row["actual_points"], row["absolute_error"]) for row in graded] == [
        ("jamorant", 20, 2.0),
        ("lukadoncic", 37, 15.0),
        ("lukadoncic", 37, 15.0),
    ]
    assert night.state("prediction_accuracy").rows_stored == 3


def test_what_is_published_is_what_its_consumers_read(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.start()
    (request,) = night.requests()
    assert PredictionRequest.model_validate(request).knowledge == night.morning
    (ready,) = night.predict(request)
    assert PredictionReady.model_validate(ready).rows == 1
    night.complete(ready)
    (announced,) = night.announced()
    assert PhaseMessage.model_validate(announced).phase == "predictions"


def test_delivering_every_message_twice_gives_the_same_tables(night: Any) -> None:
    night.add("lukadoncic", lines=[night.line()])
    night.add("jamorant", "BOS_LAL", lines=[night.line(18.0)])
    night.store()
    once = night.run()
    stable = night.stable_rows()
    history = night.stable_rows("prediction_history")

    night.start()
    night.start()
    requests = [
        {**request, "correlation_id": "again"}
        for game in ("MEM_DAL", "BOS_LAL")
        for request in [night_request(night, once[0]["batch_id"], game)] * 2
    ]
    readies = night.predict(*requests)
    night.complete(*readies, *reversed(readies))

    assert night.stable_rows() == stable
    assert night.stable_rows("prediction_history") == history
    assert night.state().rows_stored == len(once) == 2
    statuses = {message["status"] for message in night.announced()}
    assert statuses == {"success"}


def night_request(night: Any, batch_id: str, teams: str) -> dict[str, Any]:
    request = PredictionRequest(
        correlation_id="c",
        batch_id=batch_id,
        game_date=night.day,
        game_id=night.game(teams),
        generation=night.generation,
        knowledge=night.morning,
    )
    return request.model_dump(mode="json")
