"""The list of alert policies in docs/operations/runbooks.md; `make docs` writes it, the rest is by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.gcp.monitoring.files import files

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations" / "runbooks.md"
BEGIN, END = "<!-- policies: written by `make docs` -->", "<!-- end of policies -->"


def listing() -> str:
    """A row for each policy of deploy/gcp/monitoring/policies."""
    return "\n".join(["| alert | severity | comes when |", "|---|---|---|", *_rows()])


def _rows() -> Iterator[str]:
    for file in files("policies"):
        when = "; ".join(_condition(condition) for condition in file.body["conditions"])
        yield f"| [{file.name}](#{file.name}) | {file.body['severity']} | {when} |"


def _condition(condition: dict[str, Any]) -> str:
    return str(condition["displayName"])


def written(page: str) -> str:
    """The page with its list made anew."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{listing()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
