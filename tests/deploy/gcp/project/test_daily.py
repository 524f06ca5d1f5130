"""The morning's look: every question is asked, whatever the one before was answered."""

import base64
from datetime import date
from typing import Any

import pytest

from deploy.gcp.daily import Daily
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.secret_store import secret_specs
from deploy.gcp.topics import Topics
from deploy.registry import services

TODAY = date(2024, 12, 3)


class RefusedError(Exception):
    """No answer."""


@pytest.fixture
def running(cloud: Any) -> Any:
    """Six services with keys, and every other secret filled."""
    rows = {}
    for name in secret_specs():
        version = {"name": f"projects/1/secrets/{name}/versions/1", "state": "ENABLED"}
        # Rotated, and not deployed since: what serves knows the older key alone.
        data = base64.urlsafe_b64encode(f"newer,key-of-{name}".encode()).decode()
        version |= {"createTime": "2024-12-01T00:00:00Z", "data": data}
        rows[name] = {"name": f"projects/1/secrets/{name}", "policy": {}, "versions": [version]}
    found = {
        s.cloud_run: {"metadata": {"name": s.cloud_run}, "status": {"url": f"https://{s.name}"}}
        for s in services().values()
    }
    cloud.update(secrets=rows, services=found)
    return cloud


def asked(get: Any) -> list[tuple[bool, str]]:
    gcloud = Gcloud(Environment("nba-props-test"), lambda _: None)
    return [(answer.well, answer.text) for answer in Daily(gcloud, get, RefusedError).ask(TODAY, [Topics()])]


def well(url: str, key: str, path: str) -> dict[str, Any]:
    assert key == f"key-of-{url.removeprefix('https://')}-api-keys"
    if path.startswith("/api/v1/status/"):
        day = path.rpartition("/")[2]
        return {"game_date": day, "health": "healthy", "games": 5, "final_games": 5, "outputs": []}
    return {"count": 0}


def test_each_service_is_asked_with_its_own_key_and_both_days_are_looked_at(running: Any) -> None:
    answers = asked(well)
    texts = [text for _, text in answers]
    assert [f"{name}: ready" for name in services()] == texts[: len(services())]
    assert "coordinator: 2024-12-02 is healthy, 5 of 5 games final" in texts
    assert "coordinator: 2024-12-03 is healthy, 5 of 5 games final" in texts
    assert "coordinator: no dead letters" in texts
    assert answers[-2] == (True, "secrets: every required one holds a value")
    # Nothing was bootstrapped here, so there is drift.
    assert not answers[-1][0]
    assert "nba-props gcp drift" in answers[-1][1]


def test_what_is_not_well_says_so_and_the_other_questions_are_asked_all_the_same(running: Any) -> None:
    def ill(url: str, key: str, path: str) -> dict[str, Any]:
        if url == "https://worker":
            raise RefusedError("/ready: 503 no model")
        if path.startswith("/api/v1/dead-letters"):
            return {"count": 3}
        outputs = [
            {"output": "odds_events", "health": "failed"},
            {"output": "nba_players", "health": "healthy"},
        ]
        return {**well(url, key, path), "health": "failed", "outputs": outputs}

    found = running.state["services"]
    del found["nba-phase1-scrapers"]
    running.update(services=found)
    texts = [text for fine, text in asked(ill) if not fine]
    assert "scrapers: not deployed: `nba-props gcp deploy scrapers`" in texts
    assert "worker: /ready: 503 no model: `nba-props gcp logs worker --errors`" in texts
    assert "coordinator: 2024-12-03 is failed, 5 of 5 games final; not well: odds_events" in texts
    assert "coordinator: 3 dead letters that nobody has decided about" in texts
