"""grants.yaml as a model: which account may do what on which thing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from deploy.gcp.changes import Change, commanded
from deploy.gcp.environment import BUILD, DEPLOYER, PUSH, Environment, runtime_name
from deploy.gcp.gcloud import Command, Gcloud
from deploy.registry import services

_ACCOUNTS = {"deployer": DEPLOYER, "build": BUILD, "push": PUSH}
# https://cloud.google.com/iam/docs/service-agents
_AGENTS = {"pubsub-agent": "gcp-sa-pubsub", "scheduler-agent": "gcp-sa-cloudscheduler"}


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Grant(_Row):
    """A role for accounts, and why. `of`: on which things; empty for the project."""

    role: str
    who: tuple[str, ...]
    why: str
    of: tuple[str, ...] = ()


class Access(_Row):
    """Who writes and who only reads a dataset."""

    write: tuple[str, ...]
    read: tuple[str, ...]


class Grants(_Row):
    """All of grants.yaml."""

    project: tuple[Grant, ...]
    accounts: tuple[Grant, ...]
    topics: tuple[Grant, ...]
    subscriptions: tuple[Grant, ...]
    datasets: dict[str, Access]


@cache
def load_grants() -> Grants:
    """The grants of this checkout."""
    return Grants.model_validate(yaml.safe_load(Path(__file__).with_name("grants.yaml").read_text()))


def accounts(name: str) -> tuple[str, ...]:
    """The names before the @ that a word of grants.yaml stands for."""
    if name == "runtime":
        return tuple(map(runtime_name, services()))
    if name in services():
        return (runtime_name(name),)
    return (_ACCOUNTS[name],)


@dataclass(frozen=True)
class Members:
    """Who the words of grants.yaml are in a project."""

    environment: Environment
    number: str

    def of(self, names: Iterable[str]) -> list[str]:
        """IAM members, without doubles."""
        return list(dict.fromkeys(member for name in names for member in self._of(name)))

    def _of(self, name: str) -> Iterator[str]:
        if name in _AGENTS:
            yield f"serviceAccount:service-{self.number}@{_AGENTS[name]}.iam.gserviceaccount.com"
        else:
            yield from (f"serviceAccount:{self.environment.account(each)}" for each in accounts(name))


def members(gcloud: Gcloud) -> Members:
    """Reads the project's number, by which Google's own accounts are called. Raises GcloudError."""
    project = gcloud.read("projects", "describe", gcloud.environment.project)
    return Members(gcloud.environment, str(project["projectNumber"]))


Wanted = list[tuple[str, str, str]]


def bound(grants: Iterable[Grant], known: Members) -> Wanted:
    """The bindings that grants come to."""
    return [(member, grant.role, grant.why) for grant in grants for member in known.of(grant.who)]


def missing(what: str, verb: tuple[str, ...], policy: Any, wanted: Wanted) -> list[Change]:
    """The bindings that a policy lacks.

    Args:
        what: of what it is the policy. verb: the command up to the member.
        wanted: (member, role, why).
    """
    there = bindings(policy)
    return [
        commanded(
            f"{_email(member)} is {role} on {what}",
            Command((*verb, f"--member={member}", f"--role={role}", *_UNCONDITIONAL.get(verb[0], ())), why),
        )
        for member, role, why in wanted
        if (role, member) not in there
    ]


def beyond(what: str, policy: Any, wanted: Wanted, environment: Environment | None = None) -> list[str]:
    """The bindings that a policy has and grants.yaml does not, as sentences.

    Args:
        environment: count only this platform's accounts, and everybody on the internet; on the project people
            and Google have roles of their own.
    """
    declared = {(role, member) for member, role, _ in wanted}
    suffix = f"@{environment.project}.iam.gserviceaccount.com" if environment else ""
    return [
        f"{_email(member)} is {role} on {what}"
        for role, member in sorted(bindings(policy) - declared)
        if not environment
        or member in ("allUsers", "allAuthenticatedUsers")
        or (member.startswith("serviceAccount:nba-") and member.endswith(suffix))
    ]


def _email(member: str) -> str:
    return member.partition(":")[2] or member


# Without a word about conditions a policy that has any stops gcloud with a question.
_UNCONDITIONAL = {"projects": ("--condition=None",), "iam": ("--condition=None",)}


def bindings(policy: Any) -> set[tuple[str, str]]:
    """(role, member) of a policy; what holds only under a condition is not among them."""
    rows = (policy or {}).get("bindings", ())
    return {(row["role"], member) for row in rows if "condition" not in row for member in row["members"]}
