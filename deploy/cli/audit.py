"""`make audit`: the locks against the published advisories. It never passes for want of an answer.

Ends with status 0 when every package was looked up and none has an advisory, 1 when one has, 2 when it could
not be found out: the service cannot be reached, does not know a package, or has no advisories at all.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from deploy.cli.console import console

ROOT = Path(__file__).resolve().parents[2]
# requirements.txt is part of the second; a test holds that.
LOCKS = ("requirements-dev.txt", "deploy/local/requirements-emulator.txt")
# In an environment of its own: it is no dependency of ours, and what it needs is none of our locks' business.
AUDITOR = (
    str(Path(sys.executable).with_name("uv")),
    "tool",
    "run",
    "--from",
    "pip-audit==2.10.1",
    "pip-audit",
)
_OPTIONS = ("--strict", "--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json")
# Has an advisory since 2019: a service that names none for it, as a mirror may be, knows of none.
KNOWN = "jinja2==2.10"
_SECONDS = 600


class NotAuditedError(Exception):
    """It could not be found out whether there are advisories; the text says why."""


class Advisory(NamedTuple):
    """One advisory on a package of a lock."""

    package: str
    advisory: str
    fixed_in: str


def advisories(requirements: Path, auditor: Sequence[str] = AUDITOR) -> list[Advisory]:
    """The advisories on the packages that a file pins.

    Raises:
        NotAuditedError: not every package was looked up.
    """
    command = [*auditor, *_OPTIONS, "--requirement", str(requirements)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAuditedError(str(error)) from None
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise NotAuditedError(said[-1]) from None
    if skipped := [each["name"] for each in packages if "vulns" not in each]:
        raise NotAuditedError(f"the service does not know {', '.join(skipped)}")
    if not packages:
        raise NotAuditedError(f"{requirements} pins nothing")
    return list(_found(packages))


def _found(packages: list[dict[str, object]]) -> Iterator[Advisory]:
    for each in packages:
        for one in each["vulns"]:  # type: ignore[attr-defined]
            yield Advisory(f"{each['name']} {each['version']}", one["id"], ", ".join(one["fix_versions"]))


def check_service(auditor: Sequence[str] = AUDITOR) -> None:
    """Raises NotAuditedError unless the service names the advisory of a package that has one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "known.txt"
        path.write_text(f"{KNOWN}\n")
        if not advisories(path, auditor):
            raise NotAuditedError(f"the service names no advisory for {KNOWN}, which has some")


def main(locks: Sequence[str] = LOCKS, auditor: Sequence[str] = AUDITOR) -> int:
    """Prints what was found, or why nothing could be; returns the status."""
    try:
        check_service(auditor)
        found = {lock: advisories(ROOT / lock, auditor) for lock in locks}
    except NotAuditedError as error:
        console.print(f"NOT AUDITED: {error}", markup=False, soft_wrap=True)
        console.print("Nothing is known about advisories; run it where PyPI's can be asked.", soft_wrap=True)
        return 2
    for lock, each in found.items():
        console.print(f"{lock}: {len(each)} advisories" if each else f"{lock}: no advisories")
        for one in each:
            console.print(
                f"  {one.package}: {one.advisory}, fixed in {one.fixed_in or 'none'}", soft_wrap=True
            )
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
