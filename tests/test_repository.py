"""Rules that hold for the whole checkout, found by reading it."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from deploy.cli.audit import AUDITOR

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("scrapers", "data_processors", "predictions", "shared", "orchestration", "deploy")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = ("requirements.txt", "requirements-dev.txt", "deploy/local/requirements-emulator.txt")


def source_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("path", SOURCES, ids=source_id)
def test_only_the_clock_knows_the_time_of_day(path: Path) -> None:
    if source_id(path) == "shared/clock.py" or "local/league" in str(path) or "local/bigquery" in str(path):
        pytest.skip("the clock itself, or a stand-in for the outside world")
    assert not {call for call in calls(path) if call.endswith(("date.today", "datetime.today", "utcnow"))}


CREDENTIAL = re.compile(r"api_?key|secret|token|passw|credential|signature|csrf|cookie|hmac", re.IGNORECASE)
# Where credentials are looked at, they have plainer names too.
GATES = {
    "shared/http/auth.py",
    "predictions/coordinator/console/gate.py",
    "predictions/coordinator/console/session.py",
}
PLAIN = re.compile(r"\b(given|keys?|expected|identity)\b")
# Nobody guesses at these: names of secrets, words of a filter, and the shape of an address.
COMPARED = {
    *("secret == name", "secret in service.secrets.values()", "'://' in secret"),
    *("token == '('", "token == 'hasPrefix'", "token == 'attributes'", "token in ('NOT', '-')"),
    "self._take() != token",
}


@pytest.mark.parametrize("path", SOURCES, ids=source_id)
def test_credentials_are_compared_in_constant_time_alone(path: Path) -> None:
    """By hmac.compare_digest: an equality ends at the first byte that differs, and tells how far one got."""
    assert _equalities(path.read_text(), source_id(path) in GATES) <= COMPARED


def _equalities(text: str, gate: bool) -> set[str]:
    """Comparisons for equality or membership with what has a credential's name."""
    kinds = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
    found = [
        n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Compare) and isinstance(n.ops[0], kinds)
    ]
    return {
        ast.unparse(node)
        for node in found
        for side in (node.left, *node.comparators)
        if not isinstance(side, ast.Constant)
        and (CREDENTIAL.search(ast.unparse(side)) or (gate and PLAIN.search(ast.unparse(side))))
    }


def test_the_lint_of_comparisons_finds_what_it_looks_for() -> None:
    text = (
        "if given in keys: pass\nif settings.VALID_API_KEYS[0] != x: pass\nif key is None: pass\nx == 'key'"
    )
    assert len(_equalities(text, gate=True)) == 2
    assert len(_equalities(text, gate=False)) == 1


@pytest.mark.parametrize("path", SOURCES, ids=source_id)
def test_imports_are_absolute_and_the_path_is_left_alone(path: Path) -> None:
    tree = ast.parse(path.read_text())
    relative = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]
    assert not relative
    if "local/bigquery/launcher" not in str(path):
        assert "sys.path" not in path.read_text()


def test_tests_cannot_shadow_a_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_every_source_folder_is_a_package() -> None:
    folders = {path.parent for path in SOURCES}
    assert not [source_id(f) for f in folders if not (f / "__init__.py").exists()]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_and_names_no_index(lock: str) -> None:
    lines = [
        line for line in (ROOT / lock).read_text().splitlines() if line and not line.lstrip().startswith("#")
    ]
    assert lines
    assert all(re.match(r"^[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ]+( ;.*)?$", line) for line in lines)
    assert "://" not in (ROOT / lock).read_text()


def pins(lock: str) -> dict[str, Version]:
    found = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^ \n]+)", (ROOT / lock).read_text(), re.MULTILINE
    )
    return {canonicalize_name(name): Version(version) for name, version in found}


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.txt", ()), ("requirements-dev.txt", ("local", "dev"))]
)
def test_a_lock_satisfies_the_project(lock: str, extras: tuple[str, ...]) -> None:
    wanted = list(PROJECT["dependencies"])
    for extra in extras:
        wanted += PROJECT["optional-dependencies"][extra]
    locked = pins(lock)
    for text in wanted:
        requirement = Requirement(text)
        assert locked[canonicalize_name(requirement.name)] in requirement.specifier


def test_each_direct_dependency_is_justified_and_nothing_else() -> None:
    """docs/dependencies.md names what is asked for as it is asked for, with a purpose and a reason."""
    extras = PROJECT["optional-dependencies"]
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    emulator = (ROOT / "deploy/local/requirements-emulator.in").read_text().splitlines()
    asked = [*PROJECT["dependencies"], *extras["local"], *extras["dev"], *build]
    asked += [line for line in emulator if not line.startswith("#")]
    asked += [word for word in AUDITOR if "==" in word]
    page = (ROOT / "docs/dependencies.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert sorted(name for name, _, _ in rows) == sorted(asked)
    assert all(len(text.split()) >= 2 for _, *texts in rows for text in texts)


def test_tests_run_on_what_is_deployed() -> None:
    deployed, tested = pins("requirements.txt"), pins("requirements-dev.txt")
    assert deployed.items() <= tested.items()


def test_the_deployed_services_need_no_local_tool() -> None:
    assert not {"typer", "supervisor", "pytest"} & pins("requirements.txt").keys()


def test_nothing_names_a_machine_or_a_registry() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    words = ["/" + "root/", "/" + "work/", "/" + "farm/", "pypi" + ".org", "pythonhosted" + ".org"]
    for name in filter(None, tracked):
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".yaml", ".toml", ".txt", ".sql", ""}:
            text = path.read_text(errors="replace")
            assert not [word for word in words if word in text], name


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/decisions.md", "LICENSE"])
def test_the_documents_are_there(name: str) -> None:
    assert (ROOT / name).read_text().strip()


def test_the_readme_begins_with_the_two_commands() -> None:
    top = (ROOT / "README.md").read_text()[:1500]
    assert "make run" in top
    assert "make test" in top


def test_every_command_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert named <= targets
    shown = subprocess.run(
        [sys.executable, "-m", "typer", "deploy.cli.main", "run", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    commands = set(re.findall(r"\bnba-props ([a-z]+)", (ROOT / "README.md").read_text()))
    assert commands
    assert not [command for command in commands if command not in shown]


def test_every_linked_file_of_the_documents_exists() -> None:
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name} links to {link}"
