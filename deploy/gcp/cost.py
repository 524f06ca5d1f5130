"""What a month costs, from the jobs and requests of a simulated day; prices and assumptions are files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from deploy.gcp.secret_store import secret_specs
from deploy.gcp.subscriptions import all_subscriptions
from deploy.registry import services
from deploy.replay.operating_day import LOOKING
from orchestration.pipeline import load_pipeline

_DAY = timedelta(hours=24)
_WEEKS = 52 / 12


class CostError(ValueError):
    """The file is none that `nba-props day --json` writes."""


class Price(BaseModel):
    """A row of prices.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    usd: float
    unit: str
    free: float
    source: str
    seen: date | None


class Assumption(BaseModel):
    """A row of assumptions.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float
    why: str


@dataclass(frozen=True)
class Measured:
    """A day: its BigQuery jobs, scheduled calls by service and whether they worked, and pushes by service."""

    day: str
    jobs: int
    scrapes: int
    looks: Mapping[str, int]
    pushes: Mapping[str, int]

    @property
    def requests(self) -> int:
        return self.scrapes + sum(self.looks.values()) + sum(self.pushes.values())


@dataclass(frozen=True)
class Line:
    """A line of the estimate, for a month."""

    what: str
    amount: float
    price: Price

    @property
    def usd(self) -> float:
        """With what is free taken off."""
        return max(0.0, self.amount - self.price.free) * self.price.usd

    @property
    def full_usd(self) -> float:
        """As if nothing were free."""
        return self.amount * self.price.usd


@cache
def prices() -> dict[str, Price]:
    return {name: Price(**row) for name, row in _yaml("prices").items()}


@cache
def assumptions() -> dict[str, Assumption]:
    return {name: Assumption(**row) for name, row in _yaml("assumptions").items()}


def _yaml(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text())
    return found


def read_day(file: Path) -> Measured:
    """The first 24 hours of a day's scheduled calls and jobs, and its pushes, of all 36, as those of one.

    Raises:
        CostError: it is no such file, or of a day with a fault.
    """
    try:
        found = json.loads(file.read_text())
        measured = _measured(found) if found["fault"] is None else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise CostError(f"--day {file} is not what `nba-props day --json` writes: {error!r}") from None
    if measured is None:
        raise CostError(f"--day {file} is of a day with a fault: take one without")
    return measured


def _measured(found: Mapping[str, Any]) -> Measured:
    by_schedule = {each.name: each.service for each in load_pipeline().schedules}
    by_subscription = {each.name: each.service for each, _ in all_subscriptions()}
    begins = datetime.fromisoformat(found["steps"][0]["due"])
    looks, pushes, scrapes = dict.fromkeys(services(), 0), dict.fromkeys(services(), 0), 0
    for step in found["steps"]:
        if datetime.fromisoformat(step["due"]) - begins >= _DAY:
            continue
        service = by_schedule[step["job"]]
        if service == "scrapers" and step["jobs"] > LOOKING:
            scrapes += 1
        else:
            looks[service] += 1
    for name, count in found["deliveries"].items():
        pushes[by_subscription[name]] += int(count)
    return Measured(str(found["day"]), int(found["verdict"]["jobs"]), scrapes, looks, pushes)


def estimate(day: Measured) -> list[Line]:
    """A month of such days."""
    given = {name: each.value for name, each in assumptions().items()}
    days, busy = given["days"], _busy(day, given)
    cpu = sum(services()[name].run.cpu * seconds for name, seconds in busy.items())
    memory = sum(_gib(services()[name].run.memory) * seconds for name, seconds in busy.items())
    queried = day.jobs * days * given["mib_per_query"] / 1024**2
    messages = sum(day.pushes.values()) * days * given["kib_per_message"] * 2 / 1024**3
    logged = day.requests * days * given["kib_logged_per_request"] / 1024**2
    price = prices()
    return [
        Line("Cloud Run: CPU", cpu, price["cpu_second"]),
        Line("Cloud Run: memory", memory, price["memory_second"]),
        Line("Cloud Run: requests", day.requests * days, price["request"]),
        Line("BigQuery: queries", queried, price["query_tib"]),
        Line("BigQuery: storage", given["stored_gib"], price["storage_gib"]),
        Line("Pub/Sub: messages", messages, price["message_tib"]),
        Line("Cloud Scheduler: jobs", len(load_pipeline().schedules), price["schedule"]),
        Line("Secret Manager: versions", len(secret_specs()), price["secret_version"]),
        Line("Cloud Logging", logged, price["log_gib"]),
        Line("Artifact Registry: images", given["image_gib"], price["image_gib"]),
    ]


def _busy(day: Measured, given: Mapping[str, float]) -> dict[str, float]:
    """Seconds of a month in which a service has a request, as if no two ever shared an instance."""
    busy = {}
    for name in services():
        seconds = day.looks[name] * given["call_seconds"] + day.pushes[name] * given["push_seconds"]
        busy[name] = seconds * given["days"]
    busy["scrapers"] += day.scrapes * given["scrape_seconds"] * given["days"]
    busy["coordinator"] += given["retraining_seconds"] * _WEEKS
    return busy


def _gib(memory: str) -> float:
    return float(memory[:-2]) / (1024 if memory.endswith("Mi") else 1)
