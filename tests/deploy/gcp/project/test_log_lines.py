"""What is counted is logged: each log-based metric against the line that the code really writes."""

import ast
import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.gcp.monitoring.files import files
from deploy.smoke.target import COMPARED_AGENT, USER_AGENT
from orchestration import alerts
from orchestration.alerts import Alert, Severity, heartbeat
from predictions.coordinator.monitors import MONITORS
from predictions.coordinator.slate_quality import tell_quality
from scrapers import lifecycle
from scrapers.lifecycle import Run
from shared.http import auth
from shared.logs import JsonFormatter, Redactor
from shared.messages import Phase, Status

ROOT = Path(__file__).resolve().parents[4]
_TERM = re.compile(r'([\w.]+)(:\*|:|=~|>=|=|!=)("(?:[^"\\]|\\.)*"|[\w.]*)')
_SEVERITIES = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"]


def entry(record: logging.LogRecord) -> dict[str, Any]:
    """A line as Cloud Logging keeps it: the JSON of standard error, its severity taken out."""
    line = json.loads(JsonFormatter("coordinator", "p", Redactor(frozenset())).format(record))
    severity = line.pop("severity")
    line.pop("time")
    return {"resource": {"type": "cloud_run_revision"}, "severity": severity, "jsonPayload": line}


def field(found: Any, path: str) -> Any:
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def matches(text: str, found: dict[str, Any]) -> bool:
    """The part of Logging's query language that the metrics use: comparisons, or NOT one, joined by AND."""
    return all(_holds(term, found) for term in text.split(" AND "))


def _holds(term: str, found: dict[str, Any]) -> bool:
    if term.startswith("NOT "):
        return not _holds(term.removeprefix("NOT "), found)
    parsed = _TERM.fullmatch(term)
    assert parsed, f"the test does not know how to read {term!r}"
    path, operator, quoted = parsed.groups()
    value, wanted = field(found, path), quoted.strip('"')
    if operator == ":*":
        return value is not None
    if operator == ":":
        return isinstance(value, str) and wanted in value
    if operator == "=~":
        return isinstance(value, str) and re.search(wanted, value) is not None
    if path == "severity":
        return _SEVERITIES.index(value) >= _SEVERITIES.index(wanted)
    if operator == ">=":
        return value is not None and float(value) >= float(wanted)
    return (str(value) == wanted) == (operator == "=")


def a_run(_: Any) -> None:
    run = Run("r", "odds", Status.SUCCESS, datetime(2024, 12, 3, tzinfo=UTC))
    lifecycle._LOG.info("%s: %s", run.source, run.status, extra=run.summary())


def an_alert(_: Any) -> None:
    given = Alert("source-stale", "schedule", Severity.WARNING, "nothing came", "look")
    platform: Any = SimpleNamespace(settings=SimpleNamespace(ALERT_WEBHOOK_URL=None))
    alerts._tell(platform, given)


def a_refusal(_: Any) -> None:
    from flask import Flask

    with Flask("x").test_request_context("/process"):
        auth._unauthorized("no credential")


def a_slate(_: Any) -> None:
    poor: dict[str, Any] = {"quality_score": 60.0, "phase3_features": []}
    tell_quality(date(2024, 12, 3), [{"quality_score": 91.0, "phase3_features": ["a"]}, poor])


WRITES: dict[str, Callable[[Any], None]] = {
    "nba_props_alerts": an_alert,
    "nba_props_heartbeats": lambda _: heartbeat("check-timeouts", findings=0),
    "nba_props_scrapes": a_run,
    "nba_props_refusals": a_refusal,
    "nba_props_slate_quality": a_slate,
    "nba_props_fallback_share": a_slate,
    "nba_props_low_quality_share": a_slate,
}
# Google writes these lines.
NOT_OURS = {"nba_props_schedule_failures", "nba_props_unauthorized", "nba_props_unavailable"}


def test_every_metric_is_held_against_a_line() -> None:
    assert {file.name for file in files("metrics")} == WRITES.keys() | NOT_OURS


@pytest.mark.parametrize("name", WRITES)
def test_the_line_that_the_code_writes_is_counted(name: str, caplog: pytest.LogCaptureFixture) -> None:
    metric = next(file.body for file in files("metrics") if file.name == name)
    caplog.set_level(logging.DEBUG)
    WRITES[name](caplog)
    entries = [entry(record) for record in caplog.records]
    counted = [each for each in entries if matches(metric["filter"], each)]
    assert len(counted) == 1
    for extractor in (*metric.get("labelExtractors", {}).values(), metric.get("valueExtractor")):
        if extractor:
            path = re.fullmatch(r"EXTRACT\((.*)\)", extractor)
            assert path
            assert field(counted[0], path[1]) is not None


def test_other_lines_are_not_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("shared.http.app").info("GET /x 200", extra={"seconds": 0.1})
    (line,) = map(entry, caplog.records)
    assert not any(matches(file.body["filter"], line) for file in files("metrics"))


@pytest.mark.parametrize(("what", "status"), [("unauthorized", 401), ("unavailable", 503)])
def test_answers_are_counted_unless_they_are_those_of_a_smoke_test(what: str, status: int) -> None:
    name = f"nba_props_{what}"
    metric = next(file.body for file in files("metrics") if file.name == name)

    def counted(status: int, agent: str) -> bool:
        request = {"requestMethod": "POST", "status": status, "userAgent": agent}
        row = {"resource": {"type": "cloud_run_revision"}, "severity": "WARNING", "httpRequest": request}
        return matches(metric["filter"], row)

    assert counted(status, "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)")
    assert counted(status, "")
    assert not counted(204, "")
    assert not counted(status, USER_AGENT)
    assert not counted(status, COMPARED_AGENT)


def given_alerts() -> Iterator[str]:
    """The names of the alerts that the code gives, read off its calls."""
    for package in ("orchestration", "predictions", "data_processors", "scrapers", "shared"):
        for path in (ROOT / package).rglob("*.py"):
            yield from _given(ast.parse(path.read_text()))


def _given(tree: ast.Module) -> Iterator[str]:
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Alert" and node.args:
            yield from _names(node.args[0], constants)
        if isinstance(node, ast.Dict):
            fields = zip(node.keys, node.values, strict=True)
            named = [v for k, v in fields if isinstance(k, ast.Constant) and k.value == "alert"]
            yield from (each for v in named if isinstance(v, ast.Name) for each in _names(v, constants))


def _names(node: ast.expr, constants: dict[str, Any]) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.Name):
        yield str(constants[node.id])
    elif isinstance(node, ast.JoinedStr):
        yield from (f"{phase}-overdue" for phase in Phase if phase is not Phase.SCRAPERS)
    else:
        raise AssertionError(f"this test does not know how an alert is named by {ast.dump(node)}")


def labels(file: Any, name: str) -> set[str]:
    """The values of a label that a policy asks for."""
    text = json.dumps(file.body).replace("\\", "")
    asked = re.findall(rf'metric\.label\.{name}=(?:monitoring\.regex\.full_match\()?"([^"]+)"', text)
    return {each for value in asked for each in value.split("|")}


def test_every_alert_that_the_code_gives_is_in_a_policy_and_no_policy_waits_for_another() -> None:
    told = set[str]().union(*(labels(file, "alert") for file in files("policies")))
    assert told == set(given_alerts())


def test_the_heartbeats_that_are_waited_for_are_given() -> None:
    policy = next(file for file in files("policies") if file.name == "heartbeat-absent")
    waited = labels(policy, "heartbeat")
    routes = (ROOT / "predictions/coordinator/check_routes.py").read_text()
    causes = set(re.findall(r'_cause\("([\w-]+)"\)', routes))
    assert waited <= causes | MONITORS.keys()
    assert waited & causes
    assert waited & MONITORS.keys()
