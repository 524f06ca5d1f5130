"""Topics with their dead-letter topics, and who may publish on them."""

from collections.abc import Iterator

from deploy.gcp.changes import Change, Found, commanded
from deploy.gcp.gcloud import Command, Gcloud
from deploy.gcp.grants import Members, load_grants, members, missing
from orchestration.bus_setup import dead_topic
from orchestration.pipeline import load_pipeline


class Topics:
    """The topics of pipeline.yaml."""

    name = "topics"

    def look(self, gcloud: Gcloud) -> Found:
        rows = gcloud.find("pubsub", "topics", "list") or ()
        there = {row["name"].rpartition("/")[2] for row in rows}
        known = members(gcloud)
        wanted = all_topics()
        changes = [change for topic in wanted for change in _one(gcloud, topic, topic in there, known)]
        return Found(tuple(changes), strange=tuple(f"topic {name}" for name in sorted(there - {*wanted})))


def all_topics() -> list[str]:
    """The topics, then the dead-letter topics."""
    topics = load_pipeline().topics
    return [*topics, *map(dead_topic, topics)]


def grants_on(topic: str) -> list[tuple[str, tuple[str, ...], str]]:
    """(role, who, why) for a topic."""
    kind = "every" if topic in load_pipeline().topics else "dead"
    return [(g.role, g.who, g.why) for g in load_grants().topics if topic in g.of or kind in g.of]


def _one(gcloud: Gcloud, topic: str, exists: bool, known: Members) -> Iterator[Change]:
    if not exists:
        yield commanded(f"topic {topic}", Command(("pubsub", "topics", "create", topic), "pipeline.yaml"))
    policy = gcloud.read("pubsub", "topics", "get-iam-policy", topic) if exists else None
    wanted = [(m, role, why) for role, who, why in grants_on(topic) for m in known.of(who)]
    verb = ("pubsub", "topics", "add-iam-policy-binding", topic)
    yield from missing(f"topic {topic}", verb, policy, wanted)
