"""What lets a canary go on, on figures alone."""

import pytest

from deploy.gcp.gate import Limits, Verdict, judge
from deploy.gcp.request_log import Request, Sample, log_filter, work_paths
from deploy.registry import services
from shared.clock import utc_now

LIMITS = Limits(minimum=20)


def sample(count: int, *, failed: int = 0, seconds: float = 0.2, probe: bool = False) -> list[Request]:
    return [Request(500 if n < failed else 200, seconds, probe) for n in range(count)]


def pushes(count: int, status: int = 204) -> list[Request]:
    return [Request(status, 0.2, probe=False, work=True)] * count


@pytest.mark.parametrize(
    ("own", "other", "verdict"),
    [
        (sample(20), sample(200), Verdict.PASS),
        (sample(19), sample(200), Verdict.TOO_FEW),
        ([], sample(200), Verdict.TOO_FEW),
        # Ours make up for real ones that are few, and are not added to them.
        (sample(3) + sample(20, probe=True), sample(200) + sample(20, probe=True), Verdict.PASS),
        (sample(12) + sample(12, probe=True), sample(200), Verdict.TOO_FEW),
        # A few real failures are not hidden by many good reads of ours.
        (sample(3, failed=1) + sample(90, probe=True), sample(200), Verdict.FAIL),
        (sample(5, failed=5), sample(200), Verdict.FAIL),
        # Failing as what serves fails is not the canary's fault.
        (sample(20, failed=2), sample(200, failed=20), Verdict.PASS),
        (sample(100, failed=3), sample(200), Verdict.FAIL),
        (sample(100, failed=2), sample(200), Verdict.PASS),
        # A refused push is work that is not done, if what serves does it; a scanner's 401 is nothing.
        (sample(20) + pushes(20, 401), sample(20) + pushes(20), Verdict.FAIL),
        (pushes(20, 401), pushes(20, 401), Verdict.PASS),
        (sample(20) + pushes(20, 302), sample(20) + pushes(20), Verdict.FAIL),
        ([Request(401, 0.2, probe=False)] * 20, sample(200), Verdict.PASS),
        (sample(20, seconds=0.56), sample(200), Verdict.FAIL),
        (sample(20, seconds=0.54), sample(200), Verdict.PASS),
        (sample(20, seconds=9.0), sample(5), Verdict.PASS),
        # One slow start of twenty is not the twentieth part that p95 leaves out.
        (sample(19) + sample(1, seconds=8.0), sample(200), Verdict.PASS),
    ],
)
def test_the_verdict(own: list[Request], other: list[Request], verdict: Verdict) -> None:
    assert judge(Sample(own), Sample(other), LIMITS)[0] is verdict


def test_a_verdict_comes_with_its_figures() -> None:
    verdict, text = judge(Sample(sample(20, failed=5)), Sample(sample(100)), LIMITS)
    assert verdict is Verdict.FAIL
    assert "error rate 25.0% against 0.0%" in text
    assert "20 real" in text


def test_no_requests_have_no_error_rate_and_no_p95() -> None:
    assert (Sample([]).error_rate, Sample([]).p95) == (0.0, 0.0)


def test_work_comes_by_the_routes_of_the_pipeline() -> None:
    assert work_paths(services()["analytics"]) == {"/process"}
    assert {"/process", "/grade", "/dead-letters", "/monitors"} <= work_paths(services()["coordinator"])
    assert "/workflows/post_game" in work_paths(services()["scrapers"])


def test_requests_are_those_of_one_revision_in_one_time() -> None:
    now = utc_now()
    text = log_filter("p", services()["analytics"], "analytics-1", now, now)
    assert 'resource.labels.revision_name="analytics-1"' in text
    assert 'logName="projects/p/logs/run.googleapis.com%2Frequests"' in text
    assert text.count(now.isoformat()) == 2
