"""Secrets come from the environment (mounted secrets) or from Secret Manager, and from nowhere else."""

from google.api_core import exceptions
from google.cloud import secretmanager

from shared.settings import Settings

# A secret that was created but never filled in is as good as none.
_PLACEHOLDERS = frozenset(
    {"", "placeholder", "changeme", "replaceme", "todo", "tbd", "none", "null", "yourkey", "yourapikey"}
)
_TIMEOUT_SECONDS = 10


class NoCredentialError(Exception):
    """A secret is absent or a placeholder."""


def secret(settings: Settings, variable: str, secret_id: str) -> str:
    """The environment's `variable`, else the newest version of `secret_id` in Secret Manager, trimmed.

    Raises:
        NoCredentialError: neither has it.
    """
    value = str(getattr(settings, variable) or _from_secret_manager(settings, secret_id)).strip()
    if is_placeholder(value):
        raise NoCredentialError(f"no credential: set {variable} or fill the secret {secret_id}")
    return value


def is_placeholder(value: str) -> bool:
    """Whether a value only marks where a secret belongs; XXX... does, too."""
    letters = _letters(value)
    return letters in _PLACEHOLDERS or set(letters) == {"x"}


def _letters(value: str) -> str:
    """REPLACE_ME, <replace-me> and replaceme say the same."""
    return "".join(filter(str.isalnum, value)).lower()


def _from_secret_manager(settings: Settings, secret_id: str) -> str:
    if settings.K_SERVICE is None:
        return ""
    client = secretmanager.SecretManagerServiceClient()
    name = f"projects/{settings.GOOGLE_CLOUD_PROJECT}/secrets/{secret_id}/versions/latest"
    try:
        response = client.access_secret_version(name=name, timeout=_TIMEOUT_SECONDS)
    except (exceptions.NotFound, exceptions.PermissionDenied):
        return ""
    return response.payload.data.decode()
