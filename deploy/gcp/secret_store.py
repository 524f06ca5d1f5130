"""The secrets themselves, empty at first, and who may read them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from deploy.gcp.changes import Change, Found, commanded
from deploy.gcp.gcloud import Command, Gcloud
from deploy.gcp.grants import Members, members, missing
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
        made = [change for name in secret_specs() for change in _one(gcloud, name, there, known)]
        return Found(tuple(made))


def listed(gcloud: Gcloud) -> set[str]:
    """The names of the secrets that exist."""
    rows = gcloud.find("secrets", "list") or ()
    return {row["name"].rpartition("/")[2] for row in rows}


def _one(gcloud: Gcloud, name: str, there: set[str], known: Members) -> Iterator[Change]:
    if name not in there:
        create = (
            "secrets",
            "create",
            name,
            "--replication-policy=user-managed",
            f"--locations={gcloud.environment.region}",
        )
        yield commanded(f"secret {name}", Command(create, secret_specs()[name].what))
    policy = gcloud.read("secrets", "get-iam-policy", name) if name in there else None
    wanted = [(m, _ACCESSOR, f"mounts {name}") for m in known.of([*mounted_by(name), "deployer"])]
    yield from missing(f"secret {name}", ("secrets", "add-iam-policy-binding", name), policy, wanted)
