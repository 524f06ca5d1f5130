"""Topics with their dead-letter topics, and who may publish on them."""

from deploy.gcp.changes import Change, Found, commanded
from deploy.gcp.gcloud import Command, Gcloud
from deploy.gcp.grants import Members, Wanted, beyond, bound, load_grants, members, missing
from orchestration.bus_setup import dead_topic
from orchestration.pipeline import load_pipeline


class Topics:
    """The topics of pipeline.yaml."""

    name = "topics"

    def look(self, gcloud: Gcloud) -> Found:
        rows = gcloud.find("pubsub", "topics", "list") or ()
        there = {row["name"].rpartition("/")[2] for row in rows}
        known = members(gcloud)
        changes: list[Change] = []
        strange = [f"topic {name}" for name in sorted(there - {*all_topics()})]
        for topic in all_topics():
            if topic not in there:
                create = Command(("pubsub", "topics", "create", topic), "pipeline.yaml")
                changes.append(commanded(f"topic {topic}", create))
            policy = gcloud.read("pubsub", "topics", "get-iam-policy", topic) if topic in there else None
            wanted = _wanted(topic, known)
            verb = ("pubsub", "topics", "add-iam-policy-binding", topic)
            changes += missing(f"topic {topic}", verb, policy, wanted)
            strange += beyond(f"topic {topic}", policy, wanted)
        return Found(tuple(changes), strange=tuple(strange))


def all_topics() -> list[str]:
    """The topics, then the dead-letter topics."""
    topics = load_pipeline().topics
    return [*topics, *map(dead_topic, topics)]


def _wanted(topic: str, known: Members) -> Wanted:
    kind = "every" if topic in load_pipeline().topics else "dead"
    grants = [grant for grant in load_grants().topics if topic in grant.of or kind in grant.of]
    return bound(grants, known)
