"""What is watched: applied once, in gcloud's own form, and about log lines that the services really write."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from cronsim import CronSim

from deploy.gcp.changes import apply, look_at
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.monitoring.files import differences, files
from deploy.gcp.monitoring.steps import steps
from orchestration.pipeline import load_pipeline

EMAIL = "ops@example.com"


def gcloud_of(*, dry_run: bool = False, said: list[str] | None = None) -> Gcloud:
    return Gcloud(Environment("nba-props-test"), (said if said is not None else []).append, dry_run=dry_run)


def quiet(_: str) -> None: ...


def test_it_is_applied_once_and_what_was_changed_by_hand_is_put_right(cloud: Any, lint: Any) -> None:
    gcloud = gcloud_of()
    made = apply(steps(EMAIL), gcloud, quiet).changes
    assert made == 1 + sum(len(files(kind)) for kind in ("metrics", "policies", "dashboards"))
    assert apply(steps(EMAIL), gcloud, quiet).changes == 0
    assert apply(steps(None), gcloud, quiet).changes == 0
    state = cloud.state
    policy, dashboard = next(iter(state["policies"].values())), next(iter(state["dashboards"].values()))
    policy["conditions"][0]["conditionThreshold"]["thresholdValue"] = 99
    dashboard["mosaicLayout"]["tiles"].pop()
    state["metrics"]["nba_props_alerts"]["filter"] = "severity=ERROR"
    cloud.update(**{name: state[name] for name in ("policies", "dashboards", "metrics")})
    said: list[str] = []
    assert look_at(steps(EMAIL), gcloud, said.append).changes == 3
    assert any("thresholdValue: 99 -> 0" in line for line in said)
    assert apply(steps(EMAIL), gcloud, quiet).changes == 3
    assert apply(steps("second@example.com"), gcloud, quiet).changes == 1 + len(files("policies"))
    assert look_at(steps(None), gcloud, quiet).changes == 0
    assert lint(cloud.lines()) == {}


def test_policies_that_nobody_would_be_told_of_are_not_made(cloud: Any) -> None:
    summary = apply(steps(None), gcloud_of(), quiet)
    assert "--email" in summary.broken[0]
    assert not cloud.state["policies"]


def test_every_file_is_in_the_form_that_gcloud_reads(gcloud_schema: Any) -> None:
    wrong = gcloud_schema(
        [
            *(("logging", "v2", "LogMetric", str(file.path)) for file in files("metrics")),
            *(("monitoring", "v3", "AlertPolicy", str(file.path)) for file in files("policies")),
            *(("monitoring", "v1", "Dashboard", str(file.path)) for file in files("dashboards")),
        ]
    )
    assert wrong == {}


def test_every_metric_that_a_policy_or_a_dashboard_shows_is_made() -> None:
    own = {file.name for file in files("metrics")}
    for file in (*files("policies"), *files("dashboards")):
        asked = set(re.findall(r"logging\.googleapis\.com/user/(\w+)", json.dumps(file.body)))
        assert asked <= own, file.name


def test_a_count_is_compared_at_once_and_over_an_hour_where_requests_are_few() -> None:
    """Without data nothing is evaluated: a count that has to last is never seen where requests are rare."""
    for file in files("policies"):
        for condition in file.body["conditions"]:
            count = condition.get("conditionThreshold", {})
            if any("SUM" in each["perSeriesAligner"] for each in count.get("aggregations", ())):
                assert count["duration"] == "0s", file.name
    (condition,) = next(file.body["conditions"] for file in files("policies") if "503" in file.name)
    count = condition["conditionThreshold"]
    # Of a push that is tried again after 10, 20, 40 and 80 seconds and once more the hour has five.
    assert (count["aggregations"][0]["alignmentPeriod"], count["thresholdValue"]) == ("3600s", 2)


def _is_of(condition: dict[str, Any], job: str) -> bool:
    """Whether a condition on one of some jobs, or on all but them, is about a job."""
    asked = re.search(r'job_id(!?=)monitoring\.regex\.full_match\("([^"]+)"\)', condition["filter"])
    assert asked
    return bool(re.fullmatch(asked[2], job)) is (asked[1] == "=")


def test_a_call_that_fails_is_told_of_the_first_time_unless_the_next_comes_within_the_hour() -> None:
    """Cloud Scheduler does not try again: a daily job never fails twice in an hour."""
    policy = next(file.body for file in files("policies") if file.name == "schedule-job-failed")
    conditions = [each["conditionThreshold"] for each in policy["conditions"]]
    for schedule in load_pipeline().schedules:
        (found,) = [each for each in conditions if _is_of(each, schedule.name)]
        calls = CronSim(schedule.cron, datetime(2025, 1, 6, 9, tzinfo=UTC))
        comes_often = next(calls) + timedelta(hours=1) > next(calls)
        assert found["thresholdValue"] == (1 if comes_often else 0), schedule.name


def test_what_google_adds_or_leaves_out_is_no_difference() -> None:
    wanted = {"xPos": 0, "columns": 48, "duration": "0s", "tiles": [{"title": "t"}], "enabled": True}
    there = {"columns": "48", "tiles": [{"title": "t", "style": {}}], "enabled": True, "etag": "x"}
    assert list(differences(there, wanted)) == []
    assert [d.name for d in differences({**there, "enabled": False}, wanted)] == ["enabled"]
    assert [d.name for d in differences({**there, "tiles": []}, wanted)] == ["tiles"]
