"""The one place that starts gcloud: a change is shown before it is made, a secret goes in by stdin."""

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.gcp.environment import Environment

_READ_SECONDS, _CHANGE_SECONDS = 120, 3600
# gcloud copies its answers to ~/.config/gcloud/logs; the attribute and the variable each keep it from that.
_PRIVATE_FORMAT, _WITHOUT_LOG = "json[private]", {"CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1"}


@dataclass(frozen=True)
class Command:
    """One gcloud command that changes something.

    Args:
        args: what stands after `gcloud`, without project and format.
        why: what it is for, in a few words.
        stdin: what it reads from stdin; never shown.
    """

    args: tuple[str, ...]
    why: str
    stdin: bytes | None = field(default=None, repr=False)

    def line(self, environment: Environment) -> str:
        """The command line as a shell would take it."""
        return shlex.join(["gcloud", *self.args, *_everywhere(environment)])


class GcloudError(RuntimeError):
    """gcloud is missing, or ended with an error; the text has the command and what gcloud said."""


class GcloudNotFoundError(GcloudError):
    """What was asked for does not exist."""


class Gcloud:
    """Reads by gcloud, and changes by it unless `dry_run`, which only says what would be run."""

    def __init__(
        self, environment: Environment, say: Callable[[str], None], *, dry_run: bool = False
    ) -> None:
        self.environment, self.dry_run, self._say = environment, dry_run, say

    def read(self, *args: str, private: bool = False) -> Any:
        """What a command that changes nothing answers, from its JSON.

        Args:
            private: the answer holds a secret, and stays in memory.

        Raises:
            GcloudNotFoundError: it does not exist.
            GcloudError: gcloud is missing or failed.
        """
        shape = _PRIVATE_FORMAT if private else "json"
        variables = _WITHOUT_LOG if private else {}
        text = self._call((*args, f"--format={shape}"), None, _READ_SECONDS, variables)
        return json.loads(text) if text.strip() else None

    def find(self, *args: str) -> Any | None:
        """As `read`, or None when it does not exist."""
        try:
            return self.read(*args)
        except GcloudNotFoundError:
            return None

    def run(self, command: Command) -> None:
        """Says the command line, and runs it unless this is a dry run. Raises GcloudError."""
        self._say(command.line(self.environment))
        if not self.dry_run:
            self._call(command.args, command.stdin, _CHANGE_SECONDS, {})

    def say(self, text: str) -> None:
        """Says what is done by other means than a command line."""
        self._say(text)

    def _call(
        self, args: tuple[str, ...], stdin: bytes | None, seconds: int, variables: Mapping[str, str]
    ) -> str:
        argv, env = ["gcloud", *args, *_everywhere(self.environment)], os.environ | variables
        try:
            done = subprocess.run(
                argv, input=stdin or b"", capture_output=True, timeout=seconds, check=False, env=env
            )
        except FileNotFoundError:
            raise GcloudError(
                "gcloud is not installed; see https://cloud.google.com/sdk/docs/install"
            ) from None
        except subprocess.TimeoutExpired:
            raise GcloudError(f"{shlex.join(argv)}: no end after {seconds} s") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            kind = GcloudNotFoundError if _says_not_found(said) else GcloudError
            raise kind(f"{shlex.join(argv)}: status {done.returncode}: {said[-2000:]}")
        return done.stdout.decode()


def _everywhere(environment: Environment) -> tuple[str, ...]:
    return (f"--project={environment.project}", "--quiet")


def _says_not_found(said: str) -> bool:
    """An API that is not enabled holds nothing."""
    told = (
        "NOT_FOUND",
        "could not be found",
        "Cannot find",
        "SERVICE_DISABLED",
        "has not been used in project",
    )
    return any(each.lower() in said.lower() for each in told)
