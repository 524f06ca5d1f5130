"""Secrets as an operator's commands read them: from Secret Manager, and kept in memory only."""

import base64

from deploy.gcp.gcloud import Gcloud
from deploy.registry import Service


class KeyReadError(RuntimeError):
    """There is no key to call a service with; the text names the secret and the remedy."""


def secret_text(gcloud: Gcloud, name: str) -> str | None:
    """The newest version of a secret, trimmed; None when it has none. Raises GcloudError."""
    found = gcloud.find("secrets", "versions", "access", "latest", f"--secret={name}")
    return base64.urlsafe_b64decode(found["payload"]["data"]).decode().strip() if found else None


def service_key(gcloud: Gcloud, service: Service) -> str:
    """A key that a service accepts, of the version that a revision mounts at its start.

    Raises:
        KeyReadError: the secret holds none.
        GcloudError: it cannot be read.
    """
    text = secret_text(gcloud, service.api_key_secret) or ""
    keys = [part.strip() for part in text.split(",") if part.strip()]
    if not keys:
        raise KeyReadError(
            f"the secret {service.api_key_secret} holds no key: `nba-props gcp secrets set` gives it one"
        )
    return keys[0]
