"""What has a limit of time fits into what contains it: a push into gunicorn's, that into Cloud Run's."""

from typing import Any

import pytest
from cronsim import CronSim

from deploy.registry import services
from orchestration.bus_setup import dead_subscriptions
from orchestration.pipeline import load_pipeline
from shared.warehouse.warehouse import QUERY_TIMEOUT_SECONDS

# https://cloud.google.com/pubsub/quotas, /scheduler/quotas, /run/quotas
MOST_ACK, MOST_SCHEDULE, MOST_RUN = 600, 1800, 3600
PIPELINE = load_pipeline()


@pytest.mark.parametrize("service", services().values(), ids=lambda s: s.name)
def test_a_service_may_take_as_long_as_whoever_waits_for_it(service: Any) -> None:
    subscriptions = (*PIPELINE.subscriptions, *dead_subscriptions(PIPELINE))
    pushes = [each.ack_seconds for each in subscriptions if each.service == service.name]
    calls = [each.deadline_seconds for each in PIPELINE.schedules if each.service == service.name]
    assert service.timeout_seconds >= max(pushes + calls)
    # One figure is gunicorn's and Cloud Run's: the shorter would cut off what the longer allows.
    assert service.timeout_seconds <= MOST_RUN
    assert all(QUERY_TIMEOUT_SECONDS < seconds <= MOST_ACK for seconds in pushes if seconds > 60)
    assert all(seconds <= MOST_SCHEDULE for seconds in calls)


@pytest.mark.parametrize("service", services().values(), ids=lambda s: s.name)
def test_no_instance_is_given_more_than_it_has_threads_for(service: Any) -> None:
    assert service.concurrency == service.threads
    assert service.run.min_instances == 0
    # Cloud Run's own rule: 4 GiB takes two CPUs.
    assert service.run.cpu >= 2 or service.run.memory in ("512Mi", "1Gi", "2Gi")


def test_what_only_one_process_may_do_has_one_instance() -> None:
    """The pace towards providers, and that no two retrainings run at once."""
    assert services()["scrapers"].run.max_instances == 1
    assert services()["coordinator"].run.max_instances == 1


def test_a_message_is_tried_long_enough_to_outlast_a_deploy() -> None:
    delivery = PIPELINE.delivery
    assert delivery.max_backoff_seconds <= 600
    waits = [min(delivery.min_backoff_seconds * 2**n, delivery.max_backoff_seconds) for n in range(4)]
    assert sum(waits) >= 120


def test_cloud_scheduler_can_read_every_cron() -> None:
    from datetime import UTC, datetime

    for each in PIPELINE.schedules:
        assert next(CronSim(each.cron, datetime(2024, 12, 3, tzinfo=UTC)))
