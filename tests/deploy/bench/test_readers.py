"""What readers ask for, and what counts as a failed answer."""

from datetime import date

import pytest

from deploy.bench.load import request_routes
from deploy.bench.readers import NO_ANSWER, Answer, by_route, routes
from deploy.bench.service_logs import Span


def test_predictions_status_and_track_record_are_read() -> None:
    asked = routes(date(2024, 12, 3))
    assert len(set(asked.values())) == len(asked) == 5
    assert all("2024-12-03" in path for path in asked.values())


@pytest.mark.parametrize(("status", "failed"), [(200, False), (NO_ANSWER, True), (404, True), (503, True)])
def test_a_timeout_and_every_error_is_a_failed_answer(status: int, failed: bool) -> None:
    assert Answer("/batches", status, 1.0).failed is failed


def test_answers_are_counted_by_route() -> None:
    found = by_route([Answer("a", 200, 1.0), Answer("b", 200, 2.0), Answer("a", 500, 3.0)])
    assert {route: len(answers) for route, answers in found.items()} == {"a": 2, "b": 1}


def test_routes_of_coordinator_and_worker_are_read_from_their_log() -> None:
    def span(service: str, message: str, seconds: float) -> Span:
        return Span(service, "request", 0.0, seconds, {"message": message})

    found = request_routes(
        [
            *(span("worker", "POST /predict 200", float(seconds)) for seconds in range(1, 21)),
            span("worker", "POST /predict 503", 60.0),
            span("worker", "GET /ready 200", 1.0),
            span("raw", "POST /process 200", 1.0),
        ]
    )
    (route,) = found.values()
    assert list(found) == ["worker POST /predict"]
    assert (route.calls, route.p50, route.p95, route.slowest, route.failed) == (21, 11.0, 20.0, 60.0, 1)
