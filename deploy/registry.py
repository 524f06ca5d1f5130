"""services.yaml as a model: which services exist and how each is served."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field


class RunSettings(BaseModel):
    """What Cloud Run gives an instance of a service, and how many instances there may be.

    Args:
        memory: as gcloud takes it, e.g. 1Gi.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    memory: str = Field(pattern=r"^[1-9][0-9]*(Mi|Gi)$")
    cpu: int = Field(ge=1, le=8)
    min_instances: int = Field(ge=0)
    max_instances: int = Field(ge=1)


class Service(BaseModel):
    """One deployable service.

    Args:
        timeout_seconds: how long a request may take, to gunicorn and to Cloud Run alike.
        secrets: variable -> the secret of deploy/gcp/secrets.yaml that is mounted as it.
        safe_read: a GET, with its query, that shows at little cost whether the service does its job.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    cloud_run: str
    factory: str
    threads: int
    timeout_seconds: int
    run: RunSettings
    secrets: dict[str, str]
    safe_read: str = Field(pattern=r"^/[A-Za-z0-9/_.?=&-]*$")

    def app_factory(self) -> Callable[..., Any]:
        """What makes its Flask app; its module is imported only now."""
        module, _, factory = self.factory.partition(":")
        made: Callable[..., Any] = getattr(import_module(module), factory.removesuffix("()"))
        return made

    @property
    def api_key_secret(self) -> str:
        """The secret that holds the keys of its callers."""
        return self.secrets["VALID_API_KEYS"]

    @property
    def concurrency(self) -> int:
        """How many requests Cloud Run gives an instance at a time: no more than can be worked on."""
        return self.threads

    @property
    def audience(self) -> str:
        """The fixed OIDC audience, known before the first deploy."""
        return f"nba-props/{self.name}"


@cache
def services() -> dict[str, Service]:
    """The services by name."""
    listed = yaml.safe_load(Path(__file__).with_name("services.yaml").read_text())
    return {name: Service(name=name, **row) for name, row in listed.items()}


def service_named(name: str | None) -> Service:
    """The service that SERVICE names.

    Raises:
        SystemExit: unset or unknown; the message names the valid ones.
    """
    try:
        return services()[name or ""]
    except KeyError:
        valid = ", ".join(services())
        raise SystemExit(f"SERVICE={name or ''!r} is not a service; set SERVICE to one of: {valid}") from None
