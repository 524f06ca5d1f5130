"""One lifecycle for every source: what is landed, recorded and announced, whatever the provider does."""

import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import requests

from shared.messages import Status

NBA, CDN = "/stats.nba.com", "/cdn.nba.com"
ODDS = "/api.the-odds-api.com"
ODDS_KEY = "odds-canary-7f3a"
OPENING = "2024-10-22"


def fault(path: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"path_prefix": path, "kind": kind, **more}


def test_a_body_is_landed_as_the_provider_sent_it(service: Any) -> None:
    run = service.scrape("schedule", OPENING)
    (row,) = service.landed(run["run_id"])
    url = f"{service.upstream.url}/stats.nba.com/stats/scheduleleaguev2int"
    sent = requests.get(url, params={"LeagueID": "00", "Season": "2024-25"}, timeout=5).content
    landed = zlib.decompress(row["body"])
    assert len(landed) == len(sent) == row["body_bytes"]
    assert json.loads(landed)["leagueSchedule"] == json.loads(sent)["leagueSchedule"]
    assert (row["request_key"], row["http_status"], row["valid"]) == ("schedule/2024-25", 200, True)


def test_a_run_is_recorded_and_announced_once(service: Any) -> None:
    run = service.scrape("schedule", OPENING)
    (row,) = service.rows("scrape_runs")
    (message,) = service.announced.read()
    assert row["run_id"] == message.run_id == run["run_id"]
    assert row["status"] == message.status == Status.SUCCESS
    assert (row["bodies"], row["changed_bodies"], row["failed_requests"]) == (1, 1, 0)
    assert message.generation.isoformat() == run["generation"]
    assert (str(message.span.from_date), message.producer) == (OPENING, "schedule")


def test_the_same_content_again_is_landed_and_announced_on_the_first_generation(service: Any) -> None:
    first, again = service.scrape("schedule", OPENING), service.scrape("schedule", "2024-10-30")
    assert (again["bodies"], again["changed_bodies"]) == (1, 0)
    assert again["generation"] == first["generation"]
    assert len(service.announced.read()) == 2


def test_what_is_there_already_is_recorded_and_announced_and_begins_no_job(service: Any) -> None:
    first = service.scrape("schedule", OPENING)
    before = {job.job_id for job in service.warehouse.client.list_jobs()}
    again = service.scrape("schedule", OPENING)
    assert {job.job_id for job in service.warehouse.client.list_jobs()} == before
    assert (again["status"], again["bodies"], again["changed_bodies"]) == ("success", 1, 0)
    assert [row["run_id"] for row in service.rows("scrape_landing")] == [first["run_id"]]
    assert {row["run_id"] for row in service.rows("scrape_runs")} == {first["run_id"], again["run_id"]}
    assert [message.outputs[0].rows for message in service.announced.read()] == [1, 0]


def test_changed_content_is_a_newer_generation(service: Any) -> None:
    service.upstream.set_now("2024-10-20T12:00:00Z")
    before = service.scrape("schedule", OPENING)
    service.upstream.set_now("2024-11-02T12:00:00Z")
    after = service.scrape("schedule", OPENING)
    assert after["changed_bodies"] == 1
    assert after["generation"] > before["generation"]


def test_knowledge_travels_with_the_message(service: Any) -> None:
    service.scrape("schedule", OPENING, lead_minutes=60)
    service.scrape("schedule", OPENING, as_of="2024-10-22T14:00:00Z")
    by_lead, by_moment = (message.knowledge for message in service.announced.read())
    assert (by_lead.lead_minutes, by_lead.as_of) == (60, None)
    assert by_moment.as_of.isoformat() == "2024-10-22T14:00:00+00:00"


def test_every_game_played_is_one_request_and_all_are_one_load(service: Any) -> None:
    service.load_schedule()
    before = service.upstream.requests().get("/stats.nba.com/stats/boxscoretraditionalv3", 0)
    run = service.scrape("box_scores", OPENING, "2024-10-31")
    after = service.upstream.requests()["/stats.nba.com/stats/boxscoretraditionalv3"]
    assert run["status"] == "success"
    assert run["bodies"] == after - before == 66
    assert len({row["nba_game_id"] for row in service.landed(run["run_id"])}) == 66
    assert len(service.announced.read()) == 1


def test_box_scores_without_a_schedule_are_not_yet_and_store_nothing(service: Any) -> None:
    answer = service.scrape("box_scores", OPENING)
    assert answer["http"] == 409
    assert answer["detail"].startswith("schedule not loaded: scrape source schedule first")
    assert service.rows("scrape_landing") == service.rows("scrape_runs") == []
    assert service.announced.read() == []


def test_games_that_have_not_tipped_off_as_of_then_are_not_yet(service: Any) -> None:
    service.load_schedule()
    answer = service.scrape("box_scores", OPENING, as_of="2024-10-22T14:00:00Z")
    assert answer["http"] == 409
    assert "no game has tipped off yet" in answer["detail"]


def test_no_data_is_a_result_with_proof(service: Any) -> None:
    service.load_schedule()
    for source in ("box_scores", "odds"):
        run = service.scrape(source, "2024-10-01")
        assert (run["status"], run["bodies"]) == ("no_data", 0)
        assert run["reason"] == "the schedule has no games on these dates"
    assert [message.status for message in service.announced.read()] == [Status.NO_DATA, Status.NO_DATA]


@pytest.mark.parametrize("kind", ["malformed", "other_shape", "html"])
def test_a_malformed_body_is_kept_with_its_reason_and_stops_no_other(service: Any, kind: str) -> None:
    service.load_schedule()
    service.upstream.set_faults(fault(NBA, kind), fault(CDN, kind))
    run = service.scrape("box_scores", OPENING)
    assert (run["status"], run["bodies"], run["failed_requests"]) == ("partial", 8, 2)
    bad = {row["request_key"]: row for row in service.landed(run["run_id"]) if not row["valid"]}
    letters = {letter["message_id"]: letter for letter in service.rows("dead_letters")}
    assert letters.keys() == bad.keys()
    for key, letter in letters.items():
        assert letter["origin"] == "box_scores"
        assert letter["reason"] == bad[key]["invalid_reason"] != ""
        assert letter["payload"] == zlib.decompress(bad[key]["body"]).decode()
        assert key in run["reason"]


@pytest.mark.parametrize("kind", ["malformed", "html", "truncated", "empty", "status"])
def test_a_backup_answers_for_a_provider_that_does_not(service: Any, kind: str) -> None:
    service.load_schedule()
    service.upstream.set_faults(fault(NBA, kind, times=99, **({"status": 403} if kind == "status" else {})))
    run = service.scrape("box_scores", OPENING)
    assert run["status"] == "success"
    assert run["reason"].count("(its backup answered)") >= 1
    kinds = [row["kind"] for row in service.landed(run["run_id"]) if row["valid"]]
    assert kinds == ["box_score_live"] * 7
    schedule = service.scrape("schedule", OPENING)
    assert schedule["status"] == "success"
    keys = {row["request_key"] for row in service.landed(schedule["run_id"]) if row["valid"]}
    assert keys == {"schedule/2024-25/cdn"}


def test_the_static_schedule_is_no_backup_for_another_season(service: Any) -> None:
    service.upstream.set_faults(fault(NBA, "status", status=403))
    run = service.scrape("schedule", "2023-12-03")
    assert run["status"] == "failed"
    assert "asked for 2023-24, got 2024-25" in run["reason"]


def drift(path: str, action: str, to: str | None = None) -> dict[str, Any]:
    return {"path": path, "action": action, **({"to": to} if to else {})}


def test_a_providers_new_field_shows_as_a_number_and_breaks_nothing(service: Any) -> None:
    """A field that is read and may be missing has another name: one field more that nobody reads."""
    before = service.scrape("schedule", OPENING)
    renamed = drift("leagueSchedule.gameDates[].games[].gameStatusText", "rename", "gameStatusLabel")
    service.upstream.set_faults(fault(NBA, "drift", drift=renamed))
    after = service.scrape("schedule", OPENING)
    assert (after["status"], after["reason"]) == ("success", None)
    assert after["unknown_fields"] == before["unknown_fields"] + 1
    assert [row["unknown_fields"] for row in service.rows("scrape_runs")].count(after["unknown_fields"]) == 1


@pytest.mark.parametrize(("action", "to"), [("drop", None), ("rename", "dateOfGame"), ("retype", "number")])
def test_a_field_that_all_rows_need_and_lack_refuses_the_body(
    service: Any, action: str, to: str | None
) -> None:
    changed = drift("leagueSchedule.gameDates[].games[].gameDateEst", action, to)
    service.upstream.set_faults(*(fault(host, "drift", drift=changed) for host in (NBA, CDN)))
    run = service.scrape("schedule", OPENING)
    assert run["status"] == "failed"
    assert "games: none of" in run["reason"]
    assert "gameDateEst" in run["reason"]


def test_a_workflow_that_takes_too_long_says_of_each_source_that_its_time_is_over(
    service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scrapers.app._WORKFLOW_SECONDS", 0.0)
    answer = service.client.post(
        "/workflows/morning_operations",
        json={"game_date": "2024-10-22"},
        headers={"X-API-Key": "first-test-key"},
    )
    runs = answer.get_json()["runs"]
    assert {run["status"] for run in runs} == {"failed"}
    assert all("the run's time is over" in run["reason"] for run in runs)


def test_a_source_whose_only_body_is_malformed_has_failed(service: Any) -> None:
    service.upstream.set_faults(fault(NBA, "other_shape"), fault(CDN, "other_shape"))
    run = service.scrape("schedule", OPENING)
    assert (run["http"], run["status"]) == (200, "failed")
    assert "leagueSchedule" in run["reason"]
    (message,) = service.announced.read()
    assert message.status == Status.FAILED


def test_a_broken_connection_is_tried_again(service: Any) -> None:
    service.upstream.set_faults(fault(NBA, "drop"))
    assert service.scrape("schedule", OPENING)["status"] == "success"


def test_half_a_body_is_malformed(service: Any) -> None:
    service.upstream.set_faults(fault(NBA, "truncated"), fault(CDN, "truncated"))
    run = service.scrape("schedule", OPENING)
    assert run["status"] == "failed"
    assert "not JSON" in service.rows("dead_letters")[0]["reason"]


def test_a_provider_that_is_overloaded_for_a_moment_is_asked_again(service: Any) -> None:
    path = "/stats.nba.com/stats/scheduleleaguev2int"
    before = service.upstream.requests().get(path, 0)
    service.upstream.set_faults(
        fault(NBA, "status", status=429, retry_after=1), fault(NBA, "status", status=503)
    )
    run = service.scrape("schedule", OPENING)
    assert (run["status"], run["bodies"], run["failed_requests"]) == ("success", 1, 0)
    assert service.upstream.requests()[path] - before == 3


def test_a_provider_that_is_down_all_day_costs_a_bounded_number_and_one_clear_status(service: Any) -> None:
    service.load_schedule()
    before = sum(service.upstream.requests().values())
    service.upstream.set_faults(*(fault(host, "status", status=503, times=10_000) for host in (NBA, CDN)))
    run = service.scrape("box_scores", OPENING)
    games, attempts, hosts = 7, 4, 2
    assert sum(service.upstream.requests().values()) - before <= games * attempts * hosts
    assert (run["status"], run["bodies"], run["failed_requests"]) == ("failed", 0, games * hosts)
    assert "HTTP 503 after 4 attempts" in run["reason"]
    (message,) = service.announced.read()
    assert message.status is Status.FAILED


def test_a_request_that_fails_for_good_is_counted_and_nothing_is_landed(service: Any) -> None:
    service.upstream.set_faults(*(fault(host, "status", status=403) for host in (NBA, CDN)))
    run = service.scrape("schedule", OPENING)
    assert (run["status"], run["bodies"], run["failed_requests"]) == ("failed", 0, 2)
    assert run["reason"] == "schedule/2024-25: HTTP 403; schedule/2024-25/cdn: HTTP 403"
    assert service.rows("scrape_landing") == []


def test_props_are_the_events_and_each_events_boards(service: Any) -> None:
    service.upstream.set_now("2024-10-22T20:00:00Z")
    run = service.scrape("odds", OPENING)
    rows = service.landed(run["run_id"])
    assert (run["status"], len(rows)) == ("success", 8)
    boards = [json.loads(zlib.decompress(row["body"])) for row in rows if row["event_id"]]
    assert len(boards) == 7
    assert all(board["bookmakers"] for board in boards)


def test_historical_boards_are_those_of_their_moment(service: Any) -> None:
    run = service.scrape("odds", OPENING, lead_minutes=60)
    boards = [json.loads(zlib.decompress(r["body"])) for r in service.landed(run["run_id"]) if r["event_id"]]
    updates = [
        (market["last_update"], board["data"]["commence_time"])
        for board in boards
        for book in board["data"]["bookmakers"]
        for market in book["markets"]
    ]
    assert len(boards) == 7
    assert updates
    assert all(update < commence for update, commence in updates)


def test_an_event_that_is_gone_is_an_empty_body_and_no_failure(service: Any) -> None:
    service.upstream.set_now("2024-10-22T20:00:00Z")
    service.upstream.set_faults(fault(f"{ODDS}/v4/sports/basketball_nba/events/", "status", status=404))
    run = service.scrape("odds", OPENING)
    assert (run["status"], run["bodies"]) == ("success", 8)
    (gone,) = [row for row in service.landed(run["run_id"]) if row["http_status"] == 404]
    assert gone["valid"]


@pytest.mark.parametrize("key", [None, "", "placeholder"])
def test_without_a_credential_the_run_has_failed_and_says_so(
    serve: Callable[..., Any], key: str | None
) -> None:
    service = serve(ODDS_API_KEY=key)
    run = service.scrape("odds", OPENING)
    assert (run["http"], run["status"]) == (200, "failed")
    assert run["reason"].startswith("failed: no credential: set ODDS_API_KEY")
    (message,) = service.announced.read()
    assert (message.status, message.reason) == (Status.FAILED, run["reason"])


def test_a_wrong_credential_fails_and_is_never_repeated(serve: Callable[..., Any], capsys: Any) -> None:
    service = serve(ODDS_API_KEY="another-canary-91")
    run = service.scrape("odds", OPENING)
    assert (run["status"], run["failed_requests"]) == ("failed", 1)
    assert run["reason"].endswith("HTTP 401")
    assert "canary" not in capsys.readouterr().err


def test_the_key_is_in_no_row_message_or_log(service: Any, capsys: Any) -> None:
    service.upstream.set_now("2024-10-22T20:00:00Z")
    service.upstream.set_faults(fault(f"{ODDS}/v4/sports/basketball_nba/events/", "drop", times=5))
    run = service.scrape("odds", OPENING)
    assert run["bodies"]
    seen = [str(run), str(service.announced.read()), capsys.readouterr().err]
    for table in ("scrape_landing", "scrape_runs", "dead_letters"):
        for row in service.rows(table):
            seen.append(str({**row, "body": zlib.decompress(row["body"]) if "body" in row else ""}))
    assert not [text for text in seen if ODDS_KEY in text]
