"""What the double answers about secrets: each has one version, with the value of the state."""

import base64
import os
from pathlib import Path
from typing import Any

import world
from world import Flags, refuse


def access(folder: Path, names: list[str], flags: Flags) -> Any:
    if flags.get("--format") != "json[private]" or not os.environ.get("CLOUDSDK_CORE_DISABLE_FILE_LOGGING"):
        refuse("(the double) gcloud would copy this secret to its log file: --format=json[private]")
    text = world.read(folder)["secrets"].get(flags["--secret"])
    if text is None:
        refuse(f"(gcloud.secrets.versions.access) NOT_FOUND: Secret [{flags['--secret']}] not found")
    return {"name": "versions/1", "payload": {"data": base64.urlsafe_b64encode(text.encode()).decode()}}


def list_secrets(folder: Path, names: list[str], flags: Flags) -> Any:
    return [{"name": f"projects/1/secrets/{name}"} for name in world.read(folder)["secrets"]]


def list_versions(folder: Path, names: list[str], flags: Flags) -> Any:
    state = world.read(folder)
    text = state["secrets"][names[0]]
    is_now = "DISABLED" if names[0] in state.get("disabled", ()) else "ENABLED"
    return [{"name": f"projects/1/secrets/{names[0]}/versions/1", "state": is_now}] if text else []
