"""Whether a deployed commit has the code of this checkout: a fix that is committed is not yet deployed."""

import subprocess
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
# What a service runs; the rest of the repository sets it up, tests it or tells of it.
_CODE = (
    *("scrapers", "data_processors", "predictions", "shared", "orchestration"),
    *("deploy/registry.py", "deploy/services.yaml", "deploy/gunicorn_conf.py"),
    *("Procfile", "requirements.txt"),
)
_SECONDS = 60


def behind(commit: str, root: Path = _ROOT) -> str | None:
    """How the committed code of the checkout differs from a commit's; None when it does not."""
    if not commit:
        return "a commit of this repository"
    try:
        done = subprocess.run(
            ["git", "diff", "--name-only", "--end-of-options", commit, "HEAD", "--", *_CODE],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "a commit that git can compare, and git does not run here"
    if done.returncode:
        return "a commit of this repository"
    changed = done.stdout.split()
    return f"HEAD, {len(changed)} files are otherwise, e.g. {changed[0]}" if changed else None
