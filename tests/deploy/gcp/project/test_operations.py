"""docs/operations says what there is: a section an alert, commands that exist, links that lead somewhere."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from deploy.cli.main import app
from deploy.cli.runbooks_page import PAGE, written
from deploy.gcp.monitoring.files import files
from deploy.gcp.secret_store import secret_specs
from deploy.registry import services

FOLDER = PAGE.parent
PAGES = sorted(FOLDER.glob("*.md"))


def test_every_policy_has_a_section_and_every_section_a_policy() -> None:
    sections = re.findall(r"^## (\S+)$", PAGE.read_text(), re.MULTILINE)
    assert sections == [file.name for file in files("policies")]
    assert written(PAGE.read_text()) == PAGE.read_text(), "run `make docs`"


def test_every_policy_points_at_its_section() -> None:
    for file in files("policies"):
        told = file.body["documentation"]["content"]
        assert told.endswith(f"Runbook: docs/operations/runbooks.md, section {file.name}.")
        assert file.body["userLabels"] == {"nba-props-policy": file.name}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        assert found.exists(), target
        if anchor:
            assert f"\n## {anchor}\n" in found.read_text(), target


def _command(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words lead to, and the words that are left."""
    found: Any = get_command(app)
    while words and hasattr(found, "commands"):
        if words[0] not in found.commands:
            return None, words
        found, words = found.commands[words[0]], words[1:]
    return found, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_exist_with_their_options(page: Path) -> None:
    assert isinstance(app, typer.Typer)
    for line in re.findall(r"nba-props ([a-z][^`\n]*)", page.read_text()):
        words = line.split()
        if words == ["gcp"]:
            continue
        found, left = _command(words)
        assert found is not None, line
        known = {option for parameter in found.params for option in parameter.opts}
        asked = {word.partition("=")[0].rstrip(",.") for word in left if word.startswith("--")}
        assert asked <= known, f"{line}: {asked - known}"


def test_gcloud_knows_the_lines_that_stand_in_the_pages(lint: Any) -> None:
    lines = [
        line
        for page in PAGES
        for line in re.findall(r"^(gcloud .*)$|`(gcloud [^`]*)`", page.read_text(), re.MULTILINE)
    ]
    found = [block or inline for block, inline in lines]
    assert any("application-default login --impersonate-service-account=" in line for line in found)
    assert lint(found) == {}


def test_the_services_and_secrets_that_are_named_exist() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    for name in re.findall(r"[a-z-]+-api-keys?\b", text):
        assert name in secret_specs()
    for name in re.findall(r"gcp (?:deploy|rollback) ([a-z]+)", text):
        assert name in services()
