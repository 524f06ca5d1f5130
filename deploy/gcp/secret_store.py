"""The secrets themselves, empty at first, and who may read them."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from deploy.gcp.changes import Change, Found, commanded
from deploy.gcp.gcloud import Command, Gcloud
from deploy.gcp.grants import beyond, members, missing
from deploy.registry import services

_ACCESSOR = "roles/secretmanager.secretAccessor"


class SecretSpec(BaseModel):
    """A secret of secrets.yaml.

    Args:
        required: no service that mounts it is deployed without.
        keys: several values, separated by commas.
        scheme: it is an address of that scheme; `http` lets https pass.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    required: bool
    what: str
    keys: bool = False
    scheme: Literal["http", "https"] | None = None

    def parts(self, value: str) -> list[str]:
        """The values that it holds."""
        return [part.strip() for part in value.split(",") if part.strip()] if self.keys else [value.strip()]


@cache
def secret_specs() -> dict[str, SecretSpec]:
    """The secrets by name."""
    listed = yaml.safe_load(Path(__file__).with_name("secrets.yaml").read_text())
    return {name: SecretSpec(name=name, **row) for name, row in listed.items()}


def mounted_by(secret: str) -> list[str]:
    """The services that mount a secret."""
    return [name for name, service in services().items() if secret in service.secrets.values()]


class Secrets:
    """Makes secrets without a value, which `nba-props gcp secrets set` gives them, and grants access."""

    name = "secrets"

    def look(self, gcloud: Gcloud) -> Found:
        known = members(gcloud)
        there = listed(gcloud)
        changes: list[Change] = []
        strange: list[str] = []
        for name, spec in secret_specs().items():
            if name not in there:
                changes.append(_made(gcloud, spec))
            policy = gcloud.read("secrets", "get-iam-policy", name) if name in there else None
            readers = known.of([*mounted_by(name), "deployer"])
            wanted = [(member, _ACCESSOR, f"mounts {name}") for member in readers]
            changes += missing(f"secret {name}", ("secrets", "add-iam-policy-binding", name), policy, wanted)
            strange += beyond(f"secret {name}", policy, wanted)
        return Found(tuple(changes), strange=tuple(strange))


def listed(gcloud: Gcloud) -> set[str]:
    """The names of the secrets that exist."""
    rows = gcloud.find("secrets", "list") or ()
    return {row["name"].rpartition("/")[2] for row in rows}


def _made(gcloud: Gcloud, spec: SecretSpec) -> Change:
    place = ("--replication-policy=user-managed", f"--locations={gcloud.environment.region}")
    return commanded(f"secret {spec.name}", Command(("secrets", "create", spec.name, *place), spec.what))
