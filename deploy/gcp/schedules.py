"""Cloud Scheduler's jobs, as pipeline.yaml says."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from deploy.gcp.addresses import addresses
from deploy.gcp.changes import Change, Found, commanded, compared
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Command, Gcloud
from deploy.registry import services
from orchestration.pipeline import load_pipeline
from orchestration.timetable import Schedule

_JSON = "application/json"
_FLAGS = {
    "cron": "--schedule",
    "time zone": "--time-zone",
    "uri": "--uri",
    "method": "--http-method",
    "body": "--message-body",
    "account": "--oidc-service-account-email",
    "audience": "--oidc-token-audience",
    "deadline": "--attempt-deadline",
    "why": "--description",
}


class Schedules:
    """The schedules of pipeline.yaml. One that was paused by hand runs again, which the diff says."""

    name = "schedules"

    def look(self, gcloud: Gcloud) -> Found:
        place = f"--location={gcloud.environment.region}"
        rows = gcloud.find("scheduler", "jobs", "list", place) or ()
        there = {row["name"].rpartition("/")[2]: row for row in rows}
        urls = addresses(gcloud)
        changes: list[Change] = []
        waiting = []
        for each in load_pipeline().schedules:
            if each.service in urls:
                wanted = _wanted(each, urls[each.service], gcloud.environment)
                changes += _one(each, wanted, there.get(each.name), place)
            else:
                waiting.append(f"schedule {each.name}: `nba-props gcp deploy {each.service}`")
        strange = sorted(there.keys() - {each.name for each in load_pipeline().schedules})
        return Found(tuple(changes), tuple(waiting), tuple(f"schedule {name}" for name in strange))


def _wanted(each: Schedule, url: str, environment: Environment) -> dict[str, str]:
    return {
        "cron": each.cron,
        "time zone": each.time_zone,
        "uri": url + each.path,
        "method": "POST",
        "body": json.dumps(each.body),
        "account": environment.push_account,
        "audience": services()[each.service].audience,
        "deadline": f"{each.deadline_seconds}s",
        "why": each.why,
    }


def _read(row: dict[str, Any]) -> dict[str, str]:
    """What a job is, as Cloud Scheduler tells it."""
    target = row.get("httpTarget", {})
    token = target.get("oidcToken", {})
    return {
        "cron": row.get("schedule", ""),
        "time zone": row.get("timeZone", ""),
        "uri": target.get("uri", ""),
        "method": target.get("httpMethod", ""),
        "body": base64.b64decode(target.get("body", "")).decode(errors="replace"),
        "account": token.get("serviceAccountEmail", ""),
        "audience": token.get("audience", ""),
        "deadline": row.get("attemptDeadline", ""),
        "why": row.get("description", ""),
        "content type": target.get("headers", {}).get("Content-Type", ""),
        "state": row.get("state", ""),
    }


def _one(each: Schedule, wanted: dict[str, str], row: dict[str, Any] | None, place: str) -> Iterator[Change]:
    what = f"schedule {each.name}"
    flags = tuple(f"{_FLAGS[name]}={value}" for name, value in wanted.items())
    if row is None:
        create = ("scheduler", "jobs", "create", "http", each.name, place, *flags)
        yield commanded(what, Command((*create, f"--headers=Content-Type={_JSON}"), each.why))
        return
    differs = compared(_read(row), {**wanted, "content type": _JSON, "state": "ENABLED"})
    changed = {difference.name for difference in differs}
    commands = []
    if changed - {"state"}:
        update = ("scheduler", "jobs", "update", "http", each.name, place, *flags)
        commands.append(Command((*update, f"--update-headers=Content-Type={_JSON}"), each.why))
    if "state" in changed:
        commands.append(Command(("scheduler", "jobs", "resume", each.name, place), "it does not run"))
    if commands:
        yield commanded(what, commands[0], differs, *commands[1:])
