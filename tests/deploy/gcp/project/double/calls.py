"""A command line as the double's handlers see it, and the errors that gcloud ends with."""

from __future__ import annotations

# A process is started for each command: what is imported here is paid for hundreds of times.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class GcloudFailure(Exception):
    """gcloud's status 1; the text goes to stderr."""


class Call:
    """One command.

    Args:
        words: commands and positional arguments, in order.
        flags: name without dashes -> values in order; "" for a switch.
    """

    def __init__(self, stdin: bytes) -> None:
        self.words: list[str] = []
        self.flags: dict[str, list[str]] = {}
        self.stdin = stdin

    def flag(self, name: str) -> str:
        """A flag that has to be there."""
        if name not in self.flags:
            raise GcloudFailure(f"ERROR: argument --{name}: Must be specified.")
        return self.flags[name][-1]

    def find(self, name: str) -> str | None:
        return self.flags[name][-1] if name in self.flags else None


def parse(argv: list[str], stdin: bytes) -> Call:
    """Every flag is written --name=value or --name."""
    call = Call(stdin)
    for word in argv:
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            call.flags.setdefault(name, []).append(value)
        else:
            call.words.append(word)
    return call


def not_found(what: str) -> GcloudFailure:
    return GcloudFailure(f"ERROR: (gcloud) NOT_FOUND: Resource not found (resource={what}).")


def already(what: str) -> GcloudFailure:
    return GcloudFailure(f"ERROR: (gcloud) ALREADY_EXISTS: Resource already exists (resource={what}).")


def create(table: dict[str, Any], name: str, row: Any) -> Any:
    """Adds a row. Raises GcloudFailure when there is one."""
    if name in table:
        raise already(name)
    table[name] = row
    return row


def get(table: dict[str, Any], name: str) -> Any:
    """A row that has to be there."""
    if name not in table:
        raise not_found(name)
    return table[name]


def bind(state: dict[str, Any], policy: dict[str, Any], call: Call) -> dict[str, Any]:
    """add-iam-policy-binding; an account that does not exist is refused, as IAM does."""
    member, role = call.flag("member"), call.flag("role")
    kind, _, email = member.partition(":")
    late = state.get("late_accounts", [])
    if kind == "serviceAccount" and (email in late or email not in _known(state)):
        state["late_accounts"] = [each for each in late if each != email]
        raise GcloudFailure(f"ERROR: INVALID_ARGUMENT: Service account {email} does not exist.")
    rows = policy.setdefault("bindings", [])
    for row in rows:
        if row["role"] == role:
            if member not in row["members"]:
                row["members"].append(member)
            return policy
    rows.append({"role": role, "members": [member]})
    return policy


def _known(state: dict[str, Any]) -> Iterator[str]:
    yield from state["accounts"]
    yield from state["agents"]
