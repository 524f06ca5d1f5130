"""Rotating the keys of a service: a new one beside the old, then, when nobody uses it, the old one away.

A revision mounts the version that was the newest at its deploy. So a new version counts when a revision that
mounts it has all the traffic, which is looked up, not assumed.
"""

import os
import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.gcp.cloud_run import CloudRun, Revision
from deploy.gcp.gcloud import Command, Gcloud
from deploy.gcp.secret_store import mounted_by
from deploy.gcp.secrets import (
    Held,
    SecretError,
    add_version,
    check_secrets,
    read_value,
    spec_of,
    versions,
)
from deploy.registry import services
from shared.secrets import is_placeholder

_KEY_BYTES = 32


@dataclass(frozen=True)
class Reader:
    """A service that mounts a secret, and whether what serves has read the newest version.

    Args:
        stale: the revisions with traffic that mount another version. deployed: whether any has traffic.
    """

    service: str
    deployed: bool
    stale: tuple[str, ...]

    @property
    def current(self) -> bool:
        return self.deployed and not self.stale


def readers(gcloud: Gcloud, held: Held) -> list[Reader]:
    """What each service that mounts a secret has read of it. Raises GcloudError."""
    return [_reader(gcloud, name, held) for name in mounted_by(held.name)]


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


@dataclass(frozen=True)
class Retired:
    """What became of the old keys of a secret.

    Args:
        held: the newest version, with the newest key alone.
        kept: older versions that revisions with traffic or a tag mount: disabled, they could not start.
        lost: ready revisions that cannot be gone back to, as they mount a version that is disabled now.
    """

    held: Held
    kept: tuple[str, ...]
    lost: tuple[str, ...]


def retire(gcloud: Gcloud, name: str) -> Retired:
    """Leaves the newest key alone, and disables the versions with old ones that nothing in use mounts.

    Raises:
        SecretError: there is no old key, or a service has not read the new one yet.
        GcloudError: gcloud failed.
    """
    keys = _keys(gcloud, name)
    (held,) = check_secrets(gcloud, [name])
    if len(keys) < 2 and not _older(gcloud, name, held):
        raise SecretError(f"{name} holds one key: there is none to retire")
    late = [each for each in readers(gcloud, held) if not each.current]
    if late:
        names = " ".join(each.service for each in late)
        told = "; ".join(f"{e.service} serves {', '.join(e.stale) or 'nothing'}" for e in late)
        raise SecretError(f"the new key of {name} is not in use yet ({told}): `nba-props gcp deploy {names}`")
    made = add_version(gcloud, name, keys[0]) if len(keys) > 1 else held
    older, in_use = _older(gcloud, name, made), _in_use(gcloud, name)
    gone = [version for version in older if version not in in_use]
    for version in gone:
        disable = ("secrets", "versions", "disable", version, f"--secret={name}")
        gcloud.run(Command(disable, "it holds a retired key"))
    lost = [each.name for each in _ready(gcloud, name) if _versions_of(each, name) & set(gone)]
    return Retired(made, tuple(each for each in older if each not in gone), tuple(lost))


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
    """The versions that are enabled and not the newest; of a dry run all may be older."""
    found = versions(gcloud, name)
    return [number for number, state in found.items() if state == "ENABLED" and number != made.version]


def _in_use(gcloud: Gcloud, name: str) -> set[str]:
    """The versions of a secret that revisions with traffic or a tag mount."""
    cloud_run, found = CloudRun(gcloud), set[str]()
    for service in map(services().__getitem__, mounted_by(name)):
        serving = cloud_run.serving(service)
        named = {*serving.traffic, *(each.revision for each in serving.tags.values())} if serving else set()
        for each in cloud_run.revisions(service) if serving else ():
            found |= _versions_of(each, name) if each.name in named else set()
    return found


def _ready(gcloud: Gcloud, name: str) -> list[Revision]:
    found = (CloudRun(gcloud).revisions(services()[each]) for each in mounted_by(name))
    return [revision for revisions in found for revision in revisions if revision.ready]


def _versions_of(revision: Revision, name: str) -> set[str]:
    """The versions of a secret that a revision mounts: one or none."""
    pairs = [each.rpartition(":")[::2] for each in revision.mounts.values()]
    return {number for secret, number in pairs if secret == name}


def _reader(gcloud: Gcloud, name: str, held: Held) -> Reader:
    cloud_run, service = CloudRun(gcloud), services()[name]
    serving = cloud_run.serving(service)
    traffic = serving.traffic if serving else {}
    revisions = cloud_run.revisions(service) if traffic else ()
    mounts = {each.name: _versions_of(each, held.name) for each in revisions}
    # A placeholder is not mounted.
    wanted = set() if held.placeholder else {held.version}
    stale = [each for each in traffic if mounts.get(each) != wanted]
    return Reader(name, bool(traffic), tuple(stale))
