"""What `gcloud run deploy --source=.` uploads: the listing by gcloud's own rules, and a copy of it."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Without these no image of ours is built, or nothing in it starts.
_NEEDED = (
    "Procfile",
    "requirements.txt",
    ".python-version",
    "deploy/services.yaml",
    "deploy/gunicorn_conf.py",
)
_PACKAGES = ("scrapers", "data_processors", "predictions", "shared", "orchestration")
# Each would make the builder do something else than install requirements.txt and run the Procfile.
_FOREIGN = frozenset(
    {"Dockerfile", "package.json", "pyproject.toml", "setup.py", "poetry.lock", "uv.lock", "go.mod"}
)
_SECONDS = 120


class LayoutError(RuntimeError):
    """What would be uploaded is not what is meant to run; the text names the files."""


def uploaded(root: Path = ROOT) -> list[str]:
    """The files that would be uploaded from a folder, as .gcloudignore has it.

    Raises:
        LayoutError: gcloud is not there or cannot list them.
    """
    argv = ["gcloud", "meta", "list-files-for-upload", str(root)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise LayoutError(f"gcloud cannot list what it would upload: {error}") from None
    if done.returncode:
        raise LayoutError(f"gcloud cannot list what it would upload: {done.stderr.strip()[-500:]}")
    return sorted(done.stdout.splitlines())


def check_layout(files: list[str], committed: set[str]) -> None:
    """Raises LayoutError when something is missing, foreign, or in no commit."""
    there = set(files)
    missing = [name for name in _NEEDED if name not in there]
    missing += [f"{package}/" for package in _PACKAGES if f"{package}/__init__.py" not in there]
    if missing:
        raise LayoutError(f"{', '.join(missing)} would not be uploaded: see .gcloudignore")
    if foreign := [name for name in files if name in _FOREIGN]:
        raise LayoutError(
            f"{', '.join(foreign)} would change how the image is built: take it out of the upload"
        )
    if strangers := [name for name in files if name not in committed]:
        raise LayoutError(
            f"{', '.join(strangers[:5])} would be uploaded and is in no commit: name it in .gcloudignore"
        )


def copy_upload(files: list[str], target: Path, root: Path = ROOT) -> None:
    """Copies what would be uploaded into an empty folder."""
    for name in files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, target / name)
