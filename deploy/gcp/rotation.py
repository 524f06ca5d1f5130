"""Rotating the keys of a service: a new one beside the old, then, when nobody uses it, the old one away.

A mounted secret is read when an instance starts. So a new version counts when a revision that was made after
it has all the traffic, which is looked up, not assumed.
"""

import os
import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from deploy.gcp.gcloud import Command, Gcloud
from deploy.gcp.secret_store import mounted_by
from deploy.gcp.secrets import Held, SecretError, add_version, check_secrets, read_value, spec_of
from deploy.registry import services
from shared.secrets import is_placeholder

_KEY_BYTES = 32


@dataclass(frozen=True)
class Reader:
    """A service that mounts a secret, and whether what serves has read the newest version.

    Args:
        stale: the revisions with traffic from before that version. deployed: whether any has traffic.
    """

    service: str
    deployed: bool
    stale: tuple[str, ...]

    @property
    def current(self) -> bool:
        return self.deployed and not self.stale


def readers(gcloud: Gcloud, held: Held) -> list[Reader]:
    """What each service that mounts a secret has read of it. Raises GcloudError."""
    return [_reader(gcloud, name, held.made_at) for name in mounted_by(held.name)]


def rotate(gcloud: Gcloud, name: str, out: Path) -> Held:
    """Puts a new key before the old ones, and writes it to a file that its owner alone can read.

    Raises:
        SecretError: it holds no keys, or the file exists.
        GcloudError: gcloud failed.
    """
    old = _keys(gcloud, name)
    key = secrets.token_urlsafe(_KEY_BYTES)
    value = ",".join([key, *old])
    if gcloud.dry_run:
        return add_version(gcloud, name, value)
    with _new_file(out) as file, ExitStack() as undone:
        # A key that is not stored would be taken for one that is: until it is, the file is empty, and goes.
        undone.callback(out.unlink)
        held = add_version(gcloud, name, value)
        undone.pop_all()
        file.write(key + "\n")
    return held


def retire(gcloud: Gcloud, name: str) -> Held:
    """Leaves the newest key alone, and disables the versions that hold the old ones.

    Raises:
        SecretError: there is no old key, or a service has not read the new one yet.
        GcloudError: gcloud failed.
    """
    old = _keys(gcloud, name)
    if len(old) < 2:
        raise SecretError(f"{name} holds one key: there is none to retire")
    (held,) = check_secrets(gcloud, [name])
    late = [each for each in readers(gcloud, held) if not each.current]
    if late:
        names = " ".join(each.service for each in late)
        told = "; ".join(f"{e.service} serves {', '.join(e.stale) or 'nothing'}" for e in late)
        raise SecretError(f"the new key of {name} is not read yet ({told}): `nba-props gcp deploy {names}`")
    made = add_version(gcloud, name, old[0])
    for version in _older(gcloud, name, made):
        disable = ("secrets", "versions", "disable", version, f"--secret={name}")
        gcloud.run(Command(disable, "it holds a retired key"))
    return made


def _keys(gcloud: Gcloud, name: str) -> list[str]:
    spec = spec_of(name)
    if not spec.keys:
        raise SecretError(
            f"{name} holds one value, made elsewhere: renew it there, then `secrets set {name}`"
        )
    (held,) = check_secrets(gcloud, [name])
    if not held.mountable:
        raise SecretError(f"{name} holds no key to rotate: `nba-props gcp secrets set {name}`")
    return [key for key in spec.parts(read_value(gcloud, name)) if not is_placeholder(key)]


def _new_file(out: Path) -> IO[str]:
    """A file that its owner alone can read. Raises SecretError when there is one of that name."""
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SecretError(f"--out {out} exists: name a new file") from None
    return os.fdopen(handle, "w")


def _older(gcloud: Gcloud, name: str, made: Held) -> list[str]:
    rows = gcloud.read("secrets", "versions", "list", name) or ()
    numbers = {row["name"].rpartition("/")[2] for row in rows if row["state"] == "ENABLED"}
    return sorted(numbers - {made.version}, key=int)


def _reader(gcloud: Gcloud, name: str, made_at: datetime | None) -> Reader:
    region = f"--region={gcloud.environment.region}"
    found = gcloud.find("run", "services", "describe", services()[name].cloud_run, region)
    traffic = (found or {}).get("status", {}).get("traffic", ())
    serving = [target["revisionName"] for target in traffic if target.get("percent")]
    stale = [each for each in serving if made_at is None or _made(gcloud, each, region) <= made_at]
    return Reader(name, bool(serving), tuple(stale))


def _made(gcloud: Gcloud, revision: str, region: str) -> datetime:
    found = gcloud.read("run", "revisions", "describe", revision, region)
    return datetime.fromisoformat(found["metadata"]["creationTimestamp"])
