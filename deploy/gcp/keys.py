"""An operator's key of a service, read from Secret Manager and kept in memory only."""

import base64
import binascii

from deploy.gcp.gcloud import Gcloud, GcloudError
from deploy.registry import Service


class KeyReadError(RuntimeError):
    """There is no key to call a service with; the text names the secret and the remedy."""


def service_key(gcloud: Gcloud, service: Service) -> str:
    """A key that a service accepts, of the version that a revision mounts at its start.

    Raises:
        KeyReadError: the secret cannot be read, or holds none.
    """
    secret = service.api_key_secret
    try:
        found = gcloud.read("secrets", "versions", "access", "latest", f"--secret={secret}")
        text = base64.urlsafe_b64decode(found["payload"]["data"]).decode()
    except (GcloudError, KeyError, TypeError, binascii.Error, UnicodeDecodeError) as error:
        raise KeyReadError(
            f"the secret {secret} cannot be read ({error}): `nba-props gcp secrets check` says what it lacks"
        ) from None
    keys = [part.strip() for part in text.split(",") if part.strip()]
    if not keys:
        raise KeyReadError(f"the secret {secret} holds no key: fill it by `nba-props gcp secrets set`")
    return keys[0]
