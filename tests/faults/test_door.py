"""The warehouse through the door that fails on request: what passes is repeated, and has its effect once."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from werkzeug.serving import make_server

from deploy.local.bigquery.faults import CONTROL, create_app
from deploy.local.bigquery.process import Emulator
from shared.outcomes import TransientError
from shared.warehouse.client import make_client
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of
from shared.warehouse.transient import is_rate_limited, transient_told_apart
from shared.warehouse.warehouse import Warehouse

SPEC = spec_of("unresolved_names")
Ask = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def door(bigquery_emulator: Emulator, warehouse: Warehouse) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(bigquery_emulator.rest), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ask(door: str) -> Iterator[Ask]:
    def post(**plan: Any) -> requests.Response:
        return requests.post(door + CONTROL, json=plan, timeout=10)

    yield post
    assert post().ok


@pytest.fixture
def behind(door: str, bigquery_emulator: Emulator, ask: Ask) -> Warehouse:
    return Warehouse(make_client(bigquery_emulator.project, "us-west2", door))


def struck(door: str, kind: str) -> int:
    return int(requests.get(door + CONTROL, timeout=10).json()["struck"].get(kind, 0))


def names(count: int) -> list[dict[str, Any]]:
    day, moment = date(2024, 12, 3), datetime(2024, 12, 3, tzinfo=UTC)
    return [
        {"game_date": day, "source": "s", "player_name": f"player {number}", "generation": moment}
        for number in range(count)
    ]


def repeated(do: Callable[[], Any]) -> Any:
    """As a message that is delivered again is."""
    for _ in range(20):
        try:
            return do()
        except TransientError:
            continue
    return do()


@pytest.mark.parametrize("kind", ["rate_limit", "unavailable"])
def test_a_request_that_is_turned_away_is_repeated(kind: str, behind: Warehouse, door: str, ask: Ask) -> None:
    before = struck(door, kind)
    ask(**{kind: 0.3}, seed=1)
    for number in range(10):
        assert behind.rows("SELECT @number AS number", number=number) == [{"number": number}]
    assert struck(door, kind) > before


def test_what_began_and_was_not_answered_has_its_effect_once(
    behind: Warehouse, warehouse: Warehouse, door: str, ask: Ask
) -> None:
    before = struck(door, "unanswered")
    ask(unanswered=0.3, seed=2)
    for run in range(5):
        repeated(lambda run=run: replace_rows(behind, SPEC, names(3), f"run-{run}"))
    assert struck(door, "unanswered") > before
    stored = warehouse.rows("SELECT COUNT(*) AS stored_rows FROM nba_orchestration.unresolved_names")
    assert stored == [{"stored_rows": 3}]


def test_an_internal_error_is_transient(behind: Warehouse, ask: Ask) -> None:
    ask(internal=1)
    with pytest.raises(TransientError, match="internal error"):
        behind.rows("SELECT 1")


def test_a_job_that_is_not_known_any_more_is_transient_and_a_missing_table_is_not() -> None:
    with pytest.raises(TransientError), transient_told_apart():
        raise exceptions.NotFound("Not found: Job nba:us.1")
    with pytest.raises(exceptions.NotFound), transient_told_apart():
        raise exceptions.NotFound("Not found: Table nba:nba_raw.odds")


def test_only_a_403_for_too_many_requests_is_transient() -> None:
    limited = exceptions.Forbidden("slow down", errors=[{"reason": "rateLimitExceeded"}])
    denied = exceptions.Forbidden("no", errors=[{"reason": "accessDenied"}])
    assert (is_rate_limited(limited), is_rate_limited(denied)) == (True, False)
    with pytest.raises(TransientError), transient_told_apart():
        raise limited
    with pytest.raises(exceptions.Forbidden), transient_told_apart():
        raise denied


@pytest.mark.parametrize("plan", [{"internal": 2}, {"rate_limit": True}, {"other": 1}, {"seed": "x"}])
def test_a_bad_plan_is_refused_by_name(plan: dict[str, Any], ask: Ask) -> None:
    answer = ask(**plan)
    assert answer.status_code == 422
    assert next(iter(plan)) in answer.json()["error"]


def test_what_struck_is_counted_anew_with_each_plan(door: str, ask: Ask, behind: Warehouse) -> None:
    ask(internal=1)
    with pytest.raises(TransientError):
        behind.rows("SELECT 1")
    assert struck(door, "internal") > 0
    ask(internal=1)
    assert struck(door, "internal") == 0
