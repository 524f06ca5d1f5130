"""services.yaml as a model: which services exist and how each is served."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict


class Service(BaseModel):
    """One deployable service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    cloud_run: str
    factory: str
    threads: int
    timeout_seconds: int
    api_key_secret: str

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
