"""Push subscriptions with OIDC and dead letters, as pipeline.yaml says."""

from collections.abc import Iterator
from typing import Any

from deploy.gcp.addresses import addresses
from deploy.gcp.changes import Change, Found, commanded, compared
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Command, Gcloud
from deploy.gcp.grants import Members, beyond, bound, load_grants, members, missing
from deploy.registry import services
from orchestration.bus_setup import RETENTION_SECONDS, dead_subscriptions, dead_topic
from orchestration.pipeline import Subscription, load_pipeline

_FLAGS = {
    "ack deadline": "--ack-deadline",
    "endpoint": "--push-endpoint",
    "account": "--push-auth-service-account",
    "audience": "--push-auth-token-audience",
    "retention": "--message-retention-duration",
    "expires after": "--expiration-period",
    "least backoff": "--min-retry-delay",
    "most backoff": "--max-retry-delay",
    "dead letters go to": "--dead-letter-topic",
    "attempts": "--max-delivery-attempts",
}


class Subscriptions:
    """The subscriptions of pipeline.yaml and those of the dead-letter topics.

    One that reads another topic than it should, or none since that was deleted, is not touched: it keeps its
    topic for life.
    """

    name = "subscriptions"

    def look(self, gcloud: Gcloud) -> Found:
        rows = gcloud.find("pubsub", "subscriptions", "list") or ()
        there = {row["name"].rpartition("/")[2]: row for row in rows}
        urls, known = addresses(gcloud), members(gcloud)
        changes: list[Change] = []
        waiting, strange, broken = [], [], []
        for each, dead in all_subscriptions():
            if each.service not in urls:
                waiting.append(f"subscription {each.name}: `nba-props gcp deploy {each.service}`")
                continue
            wanted = _wanted(each, dead, urls[each.service], gcloud.environment)
            row = there.get(each.name)
            if row and row["topic"].rpartition("/")[2] != each.topic:
                broken.append(f"subscription {each.name} reads {row['topic']}; {_REMEDY}")
                continue
            changes += _one(each, wanted, row)
            lacks, more = _grants(gcloud, each, dead, known, exists=row is not None)
            changes += lacks
            strange += more
        own = {each.name for each, _ in all_subscriptions()}
        strange += [f"subscription {name}" for name in sorted(there.keys() - own)]
        return Found(tuple(changes), tuple(waiting), tuple(strange), tuple(broken))


_REMEDY = "delete it and run this again, what waits in it is lost"


def all_subscriptions() -> list[tuple[Subscription, str | None]]:
    """Each subscription with its dead-letter topic, if it has one."""
    pipeline = load_pipeline()
    sources = [(each, dead_topic(each.topic)) for each in pipeline.subscriptions]
    return [*sources, *((each, None) for each in dead_subscriptions(pipeline))]


def _wanted(each: Subscription, dead: str | None, url: str, environment: Environment) -> dict[str, str]:
    delivery = load_pipeline().delivery
    wanted = {
        "ack deadline": str(each.ack_seconds),
        "endpoint": url + each.path,
        "account": environment.push_account,
        "audience": services()[each.service].audience,
        "retention": f"{RETENTION_SECONDS}s",
        "expires after": "never",
        "least backoff": f"{delivery.min_backoff_seconds}s",
        "most backoff": f"{delivery.max_backoff_seconds}s",
    }
    if dead:
        wanted |= {"dead letters go to": dead, "attempts": str(delivery.max_attempts)}
    return wanted


def _read(row: dict[str, Any]) -> dict[str, str]:
    """What a subscription is, as Pub/Sub tells it."""
    push, dead = row.get("pushConfig", {}), row.get("deadLetterPolicy", {})
    retry, token = row.get("retryPolicy", {}), row.get("pushConfig", {}).get("oidcToken", {})
    return {
        "ack deadline": str(row.get("ackDeadlineSeconds", "")),
        "endpoint": push.get("pushEndpoint", ""),
        "account": token.get("serviceAccountEmail", ""),
        "audience": token.get("audience", ""),
        "retention": row.get("messageRetentionDuration", ""),
        # Without a policy Pub/Sub's default of 31 days holds; a policy without a ttl is never.
        "expires after": row.get("expirationPolicy", {"ttl": "31d"}).get("ttl", "never"),
        "least backoff": retry.get("minimumBackoff", ""),
        "most backoff": retry.get("maximumBackoff", ""),
        "dead letters go to": dead.get("deadLetterTopic", "").rpartition("/")[2],
        "attempts": str(dead.get("maxDeliveryAttempts", "")),
    }


def _one(each: Subscription, wanted: dict[str, str], row: dict[str, Any] | None) -> Iterator[Change]:
    flags = tuple(f"{_FLAGS[name]}={value}" for name, value in wanted.items())
    what = f"subscription {each.name}"
    if row is None:
        create = ("pubsub", "subscriptions", "create", each.name, f"--topic={each.topic}", *flags)
        yield commanded(what, Command(create, "pipeline.yaml"))
        return
    differs = compared(_read(row), wanted)
    if differs:
        yield commanded(
            what, Command(("pubsub", "subscriptions", "update", each.name, *flags), "pipeline.yaml"), differs
        )


def _grants(
    gcloud: Gcloud, each: Subscription, dead: str | None, known: Members, *, exists: bool
) -> tuple[list[Change], list[str]]:
    """Only where messages are moved to a dead-letter topic has Pub/Sub to take them away."""
    policy = gcloud.read("pubsub", "subscriptions", "get-iam-policy", each.name) if exists else None
    grants = load_grants().subscriptions if dead else ()
    wanted = bound(grants, known)
    verb = ("pubsub", "subscriptions", "add-iam-policy-binding", each.name)
    what = f"subscription {each.name}"
    return missing(what, verb, policy, wanted), beyond(what, policy, wanted)
