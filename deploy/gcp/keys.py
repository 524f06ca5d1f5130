"""An operator's key of a service, read from Secret Manager and kept in memory only."""

from deploy.gcp.gcloud import Gcloud
from deploy.gcp.secret_store import secret_specs
from deploy.gcp.secrets import SecretError, read_value
from deploy.registry import Service


def service_key(gcloud: Gcloud, service: Service) -> str:
    """The oldest key of a service: a revision from before a rotation knows no newer one.

    Raises:
        SecretError: the secret holds none.
        GcloudError: it cannot be read.
    """
    name = service.api_key_secret
    keys = [key for key in secret_specs()[name].parts(read_value(gcloud, name)) if key]
    if not keys:
        raise SecretError(f"the secret {name} holds no key: `nba-props gcp secrets set {name}`")
    return keys[-1]
