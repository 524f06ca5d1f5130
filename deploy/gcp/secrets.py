"""What the secrets hold: whether a deploy may mount them, and setting a value that is never seen."""

import base64
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from deploy.gcp.gcloud import Command, Gcloud
from deploy.gcp.secret_store import SecretSpec, listed, mounted_by, secret_specs
from deploy.registry import Service
from shared.secrets import is_placeholder

PLACEHOLDER = "PLACEHOLDER"
_SHORTEST_KEY = 16
_BOOTSTRAP = "`nba-props gcp bootstrap` makes it"


class SecretError(ValueError):
    """A secret's name or value will not do; the text says why, never the value."""


@dataclass(frozen=True)
class Held:
    """What a secret holds, without the value.

    Args:
        version: number of the newest one; None without any.
        state: of that version; only ENABLED can be mounted.
        placeholder: whether its value, or one of its keys, only marks where it belongs.
    """

    name: str
    version: str | None = None
    state: str = ""
    placeholder: bool = False

    @property
    def mountable(self) -> bool:
        return self.version is not None and self.state == "ENABLED"


def check_secrets(gcloud: Gcloud, names: Iterable[str]) -> list[Held]:
    """Looks at secrets; their values stay in memory. Raises GcloudError."""
    there = listed(gcloud)
    return [_held(gcloud, name) if name in there else Held(name) for name in names]


def secrets_of(gcloud: Gcloud, service: Service) -> list[Held]:
    """What a service mounts, as `check_secrets`."""
    return check_secrets(gcloud, service.secrets.values())


def placeholders(held: Iterable[Held]) -> list[str]:
    """The names of those that hold a placeholder or nothing, though they are required."""
    required = {name for name, spec in secret_specs().items() if spec.required}
    return [each.name for each in held if each.name in required and (each.placeholder or not each.mountable)]


def refusals(held: Iterable[Held], allowed: Collection[str]) -> list[str]:
    """Why these secrets may not be deployed with, each a sentence with its remedy.

    Args:
        allowed: the names given with --allow-placeholder.

    Raises:
        SecretError: `allowed` names no secret, or the keys of a service, which never starts without.
    """
    for name in allowed:
        spec = spec_of(name)
        if spec.keys:
            raise SecretError(f"--allow-placeholder {name}: a service does not start without its keys")
    held = list(held)
    found = {each.name: each for each in held}
    return [
        f"secret {name} {_lack(found[name])}: `nba-props gcp secrets set {name}`"
        + ("" if secret_specs()[name].keys else f", or --allow-placeholder {name}")
        for name in placeholders(held)
        if name not in allowed
    ]


def mounts(service: Service, held: Iterable[Held]) -> dict[str, str]:
    """Variable -> secret:version, of those that have a value: mounting one without stops a deploy.

    By its number: what is mounted as the latest is read anew at each start of an instance, so that a changed
    secret would be live without a release and a rollback would not bring the old one back.
    """
    found = {each.name: f"{each.name}:{each.version}" for each in held if each.mountable}
    return {variable: found[name] for variable, name in service.secrets.items() if name in found}


def spec_of(name: str) -> SecretSpec:
    """The secret of that name. Raises SecretError naming all."""
    try:
        return secret_specs()[name]
    except KeyError:
        raise SecretError(f"{name} is no secret of secrets.yaml: {', '.join(secret_specs())}") from None


def read_value(gcloud: Gcloud, name: str, version: str = "latest") -> str:
    """A version's value. Raises GcloudError."""
    found = gcloud.read("secrets", "versions", "access", version, f"--secret={name}", private=True)
    return base64.urlsafe_b64decode(found["payload"]["data"]).decode()


def checked(spec: SecretSpec, value: bytes) -> str:
    """A value as it is stored, the newline of its file's end left out. Raises SecretError."""
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        raise SecretError(f"{spec.name}: the value is not UTF-8 text") from None
    parts = spec.parts(text)
    if not text or not all(parts) or not parts:
        raise SecretError(f"{spec.name}: the value is empty")
    if any(re.search(r"[^!-~]", part) for part in parts):
        raise SecretError(f"{spec.name}: the value has a space, a line break or a letter beyond ASCII")
    if any(map(is_placeholder, parts)):
        raise SecretError(f"{spec.name}: the value is a placeholder; --placeholder sets one on purpose")
    if spec.scheme and not re.match(f"{spec.scheme}s?://", text):
        raise SecretError(f"{spec.name}: the value is no {spec.scheme}:// address")
    if spec.keys and any(len(part) < _SHORTEST_KEY for part in parts):
        raise SecretError(f"{spec.name}: a key is shorter than {_SHORTEST_KEY} characters")
    return ",".join(parts)


def add_version(gcloud: Gcloud, name: str, value: str) -> Held:
    """Stores a new version and reads it back.

    Raises:
        SecretError: the secret does not exist, or the newest version is not what was stored.
        GcloudError: gcloud failed.
    """
    if name not in listed(gcloud):
        raise SecretError(f"the secret {name} does not exist: {_BOOTSTRAP}")
    add = ("secrets", "versions", "add", name, "--data-file=-")
    gcloud.run(Command(add, "a new version, from stdin", value.encode()))
    if gcloud.dry_run:
        return Held(name)
    if read_value(gcloud, name) != value:
        raise SecretError(f"the newest version of {name} is not what was stored: somebody else stored one")
    return _held(gcloud, name)


def versions(gcloud: Gcloud, name: str) -> dict[str, str]:
    """Number -> state of a secret's versions, the newest last. Raises GcloudError."""
    rows = gcloud.read("secrets", "versions", "list", name) or ()
    found = {row["name"].rpartition("/")[2]: row["state"] for row in rows}
    return {number: found[number] for number in sorted(found, key=int)}


def newest_versions(gcloud: Gcloud) -> dict[str, str]:
    """Secret -> number of its newest version, of those that have one. Raises GcloudError."""
    found = {name: versions(gcloud, name) for name in listed(gcloud) & secret_specs().keys()}
    return {name: list(numbers)[-1] for name, numbers in found.items() if numbers}


def unmountable(gcloud: Gcloud, mounts: Iterable[str]) -> list[str]:
    """Those of some secret:version that are not enabled: an instance that mounts one does not start."""
    pairs = [each.rpartition(":")[::2] for each in mounts]
    states = {name: versions(gcloud, name) for name in {name for name, _ in pairs}}
    return [
        f"{name}:{number}"
        for name, number in pairs
        if number != "latest" and states[name].get(number) != "ENABLED"
    ]


def _held(gcloud: Gcloud, name: str) -> Held:
    found = versions(gcloud, name)
    if not found:
        return Held(name)
    number, state = list(found.items())[-1]
    if state != "ENABLED":
        return Held(name, number, state)
    parts = secret_specs()[name].parts(read_value(gcloud, name, number))
    return Held(name, number, state, not parts or any(map(is_placeholder, parts)))


def _lack(held: Held) -> str:
    if held.version is None:
        return "has no value"
    if not held.mountable:
        return f"has a newest version that is {held.state}"
    return "holds a placeholder"


def services_mounting(name: str) -> str:
    """The services that mount a secret, as words of a command line."""
    return " ".join(mounted_by(name))
