"""The service accounts, and what they may do to the project and to each other."""

from collections.abc import Iterator
from typing import Any

from deploy.gcp.changes import Change, Difference, Found, commanded
from deploy.gcp.environment import BUILD, DEPLOYER, PUSH, runtime_name
from deploy.gcp.gcloud import Command, Gcloud
from deploy.gcp.grants import Grant, Members, accounts, beyond, bound, load_grants, members, missing
from deploy.registry import services

_AGENT_OF = {"pubsub-agent": "pubsub.googleapis.com", "scheduler-agent": "cloudscheduler.googleapis.com"}
_ACTS_AS = "roles/iam.serviceAccountTokenCreator"


def named() -> dict[str, str]:
    """Account -> what it is for."""
    runs = {runtime_name(name): f"runs {service.cloud_run}" for name, service in services().items()}
    return {
        **runs,
        PUSH: "Pub/Sub and Cloud Scheduler call the services as it",
        BUILD: "Cloud Build builds images as it",
        DEPLOYER: "deploys, rolls back and looks for drift",
    }


class Accounts:
    """One account a service, three more, and the grants of grants.yaml on the project and on accounts."""

    name = "accounts"

    def look(self, gcloud: Gcloud) -> Found:
        known = members(gcloud)
        listed = gcloud.find("iam", "service-accounts", "list") or ()
        there = {row["email"]: row for row in listed}
        policy = gcloud.read("projects", "get-iam-policy", gcloud.environment.project)
        wanted = bound(load_grants().project, known)
        verb = ("projects", "add-iam-policy-binding", gcloud.environment.project)
        changes = [
            *_accounts(gcloud, there),
            *_agents(policy, known),
            *missing("the project", verb, policy, wanted),
        ]
        strange = beyond("the project", policy, wanted, gcloud.environment)
        for name, grants in _on_accounts():
            email = gcloud.environment.account(name)
            binding = ("iam", "service-accounts", "add-iam-policy-binding", email)
            own = gcloud.read("iam", "service-accounts", "get-iam-policy", email) if email in there else None
            wanted = bound(grants, known)
            changes += missing(name, binding, own, wanted)
            strange += beyond(name, _without_people(own) if name == DEPLOYER else own, wanted)
        return Found(tuple(changes), strange=tuple(strange))


def _without_people(policy: Any) -> dict[str, Any]:
    """A policy of the deployer without the people who act as it, whom only the operator knows."""
    rows = [
        {**row, "members": [m for m in row["members"] if not m.startswith(("user:", "group:"))]}
        if row["role"] == _ACTS_AS
        else row
        for row in (policy or {}).get("bindings", ())
    ]
    return {"bindings": rows}


def _accounts(gcloud: Gcloud, there: dict[str, dict[str, object]]) -> Iterator[Change]:
    for name, what in named().items():
        email = gcloud.environment.account(name)
        create = ("iam", "service-accounts", "create", name, f"--display-name=NBA props: {what}")
        if email not in there:
            yield commanded(f"account {name}", Command(create, what))
        elif there[email].get("disabled"):
            enable = Command(("iam", "service-accounts", "enable", email), "it was disabled")
            yield commanded(f"account {name}", enable, [Difference("state", "disabled", "enabled")])


def _agents(policy: object, known: Members) -> Iterator[Change]:
    """Google makes its own accounts with the first use of an API; a grant before that finds nobody."""
    for agent, api in _AGENT_OF.items():
        (member,) = known.of([agent])
        if member not in str(policy):
            create = ("beta", "services", "identity", "create", f"--service={api}")
            yield commanded(f"Google's account for {api}", Command(create, "grants go to it"))


def _on_accounts() -> Iterator[tuple[str, list[Grant]]]:
    """Account -> what others may do to it."""
    for name in named():
        yield name, [g for g in load_grants().accounts if any(name in accounts(word) for word in g.of)]
