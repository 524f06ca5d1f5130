"""Which secrets a service is deployed with: all that it needs have a value, and no placeholder for one."""

from deploy.gcp.gcloud import Gcloud
from deploy.gcp.keys import secret_text
from deploy.gcp.secret_store import secret_specs
from deploy.registry import Service
from shared.secrets import is_placeholder


class MountError(RuntimeError):
    """A secret that a service needs has no value; the text names it and the remedy."""


def mounts(gcloud: Gcloud, service: Service, allowed: tuple[str, ...]) -> dict[str, str]:
    """Variable -> secret, of those that have a value.

    Args:
        allowed: secrets that may hold a placeholder; the source that needs one reports it.

    Raises:
        MountError: a required one has none, or a placeholder that is not allowed.
        GcloudError: they cannot be read.
    """
    found = {}
    for variable, name in service.secrets.items():
        text = secret_text(gcloud, name)
        if text is None or (is_placeholder(text) and name not in allowed):
            if secret_specs()[name].required:
                lacks = "has no value" if text is None else "holds a placeholder"
                raise MountError(_remedy(service, name, lacks, offer=text is not None))
            continue
        found[variable] = name
    return found


def _remedy(service: Service, name: str, lacks: str, *, offer: bool) -> str:
    text = f"{service.name}: the secret {name} {lacks}: `nba-props gcp secrets set {name}`"
    return text + (f", or deploy with --allow-placeholder {name}" if offer else "")
