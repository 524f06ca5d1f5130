"""What is proven on the operator's machine before anything is uploaded."""

import os
import site
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.secrets import mounts, refusals, secrets_of
from deploy.gcp.upload import ROOT, LayoutError, check_layout, copy_upload, uploaded
from deploy.registry import Service

_SECONDS = 120
_LAST_LINES = 40


class PreflightError(RuntimeError):
    """A deploy cannot begin; the text says what is wrong and what to do."""


def commit_of_clean_tree(root: Path = ROOT) -> str:
    """The commit that the folder is at, from which `--source=.` uploads.

    Raises:
        PreflightError: it is not the current folder, or holds something that is in no commit.
    """
    if Path.cwd() != root:
        raise PreflightError(f"what is deployed is the current folder: `cd {root}` first")
    changed = _git(root, "status", "--porcelain").splitlines()
    if changed:
        shown = ", ".join(line[3:] for line in changed[:5])
        raise PreflightError(f"the working tree is not clean ({shown}): commit or stash it, then deploy")
    return head_commit(root)


def head_commit(root: Path = ROOT) -> str:
    """The commit that a folder is at. Raises PreflightError."""
    return _git(root, "rev-parse", "HEAD").strip()


def check_image(
    environment: Environment, services: Iterable[Service], say: Callable[[str], None], root: Path = ROOT
) -> None:
    """Loads each service under the Procfile's command, out of a copy of what would be uploaded.

    Raises:
        PreflightError: a file is missing or foreign, or a service does not load.
    """
    try:
        files = uploaded(root)
        check_layout(files, set(_git(root, "ls-files").splitlines()))
    except LayoutError as error:
        raise PreflightError(str(error)) from None
    with tempfile.TemporaryDirectory(prefix="nba-props-upload-") as folder:
        copy_upload(files, Path(folder), root)
        say(f"{len(files)} files would be uploaded; importing every module")
        _check_imports(Path(folder), files)
        for service in services:
            _check_load(environment, service, Path(folder))
            say(f"{service.name} loads from them")


def check_mounts(
    gcloud: Gcloud, wanted: Iterable[Service], allowed: Collection[str]
) -> dict[str, dict[str, str]]:
    """Service -> variable -> secret:version to mount. A placeholder is not: its reader says that it has none.

    Args:
        allowed: secrets that may lack a value.

    Raises:
        PreflightError: others do.
        SecretError: `allowed` names no secret, or keys.
        GcloudError: they cannot be read.
    """
    found: dict[str, dict[str, str]] = {}
    refused: dict[str, None] = {}
    for service in wanted:
        held = secrets_of(gcloud, service)
        refused |= dict.fromkeys(refusals(held, allowed))
        found[service.name] = mounts(service, (each for each in held if not each.placeholder))
    if refused:
        raise PreflightError("; ".join(refused))
    return found


# Also what is imported late: an import inside a function fails on the first message, not at the start.
_IMPORT_ALL = """
import importlib, sys
broken = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError as error:
        broken.append(f"{name}: {error}")
sys.exit("; ".join(broken[:30]) if broken else 0)
"""


def _check_imports(folder: Path, files: Iterable[str]) -> None:
    """Every module of the upload finds what it imports."""
    sources = [Path(name) for name in files if name.endswith(".py") and name != "deploy/gunicorn_conf.py"]
    parents = (path.parent if path.name == "__init__.py" else path.with_suffix("") for path in sources)
    modules = [".".join(path.parts) for path in parents]
    done = _run([sys.executable, "-S", "-c", _IMPORT_ALL, *modules], folder, {})
    if done.returncode:
        raise PreflightError(f"what would be uploaded does not hold together: {done.stderr.strip()[-4000:]}")


def _check_load(environment: Environment, service: Service, folder: Path) -> None:
    command = (folder / "Procfile").read_text().strip().removeprefix("web:").split()
    program = str(Path(sysconfig.get_path("scripts")) / command[0])
    variables = {
        **environment.variables(service),
        "PORT": "8080",
        "K_SERVICE": service.cloud_run,
        "VALID_API_KEYS": "import-check",
    }
    done = _run([sys.executable, "-S", program, "--check-config", *command[1:]], folder, variables)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-_LAST_LINES:]
        raise PreflightError(f"{service.name} does not load under `{' '.join(command)}`:\n" + "\n".join(last))


def _run(argv: list[str], folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Python in the copy, without the installed project: with -S no .pth file is read that leads to it."""
    env = {
        **variables,
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join(site.getsitepackages()),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        return subprocess.run(
            argv, cwd=folder, env=env, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise PreflightError(f"{argv[2]} in a copy of the upload does not end within {_SECONDS} s") from None


def _git(root: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", *args], cwd=root, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode:
        raise PreflightError(f"git {args[0]} failed in {root}: {done.stderr.strip()[-300:]}")
    return done.stdout
