"""The image as Cloud Run has it: the upload alone, the lock alone, nothing writable but /tmp, nobody special.

Each of the six starts there under the Procfile's command within ten seconds of one core, and answers the
smoke test. A core's seconds and not the clock's: this machine may be shared, an instance has its own core.
"""

import os
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from deploy.gcp.upload import copy_upload, uploaded
from deploy.local.driver import Driver
from deploy.local.stack import free_ports, procfile_command
from deploy.registry import services
from deploy.smoke.checks import smoke
from deploy.smoke.report import failures
from deploy.smoke.target import Target

_START_SECONDS, _PATIENCE_SECONDS = 10.0, 90.0
_NOBODY = "65534"
# In a mount of its own, read-only, as a user who owns nothing.
_READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
Confine = Callable[[Path, list[str]], list[str]]


def _in_a_mount(folder: Path, argv: list[str]) -> list[str]:
    user = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--no-new-privs"]
    return ["unshare", "--mount", "sh", "-c", _READ_ONLY, str(folder), *user, *argv]


def _without_rights(folder: Path, argv: list[str]) -> list[str]:
    return ["unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", *argv]


def _as_it_is(folder: Path, argv: list[str]) -> list[str]:
    return argv


def _is_confined(confine: Confine, folder: Path) -> bool:
    """Whether Python runs so, as somebody else than root, and cannot write into the folder."""
    code = """
import os
assert os.getuid() != 0
open("Procfile").read()
assert not [name for name in (".", "Procfile", "shared") if os.access(name, os.W_OK)]
"""
    try:
        argv = confine(folder, [sys.executable, "-c", code])
        return subprocess.run(argv, cwd=folder, capture_output=True, timeout=60, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="module")
def folders() -> Iterator[Path]:
    """Where everybody may look: pytest's own folders are its user's alone."""
    with tempfile.TemporaryDirectory(prefix="nba-props-image-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def image(real_gcloud: str, checkout: Path, folders: Path) -> Iterator[Path]:
    """What would be uploaded, in a folder that nobody may change."""
    folder = folders / "workspace"
    folder.mkdir()
    copy_upload(uploaded(checkout), folder, checkout)
    everything = [folder, *folder.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in everything:
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


@pytest.fixture(scope="module")
def confine(image: Path) -> Confine:
    """How a program is started there."""
    for way in (_in_a_mount, _without_rights, _as_it_is):
        if _is_confined(way, image):
            return way
    assert not os.environ.get("CI"), "no way to run without rights on a read-only folder: CI needs one"
    pytest.skip("this machine has no way to run a program without rights on a read-only folder")


@pytest.fixture(scope="module")
def borrowed(folders: Path) -> Path:
    """An environment with what is installed here, but for the project: a .pth file leads to no other."""
    folder = folders / "borrowed"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    script = folder / "bin" / "gunicorn"
    script.write_text(f"#!{folder}/bin/python\nfrom gunicorn.app.wsgiapp import run\nrun()\n")
    script.chmod(0o755)
    look = [folder / "bin/python", "-c", "import deploy"]
    gone = subprocess.run(look, cwd="/", capture_output=True, check=False)
    assert b"No module named 'deploy'" in gone.stderr
    return folder / "bin"


@pytest.fixture(scope="module")
def locked(folders: Path, image: Path) -> Path:
    """A fresh environment from the requirements.txt of the upload, as the buildpack makes it."""
    folder = folders / "locked"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [folder / "bin/pip", "install", "--quiet", "-r", image / "requirements.txt"]
    subprocess.run(install, check=True)
    return folder / "bin"


@pytest.mark.parametrize("name", services())
def test_each_service_starts_from_the_upload_and_answers_the_smoke_test(
    driver: Driver, image: Path, borrowed: Path, confine: Confine, name: str
) -> None:
    _starts(driver, image, borrowed, confine, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", services())
def test_each_service_starts_with_the_lock_alone(
    driver: Driver, image: Path, locked: Path, confine: Confine, name: str
) -> None:
    _starts(driver, image, locked, confine, name)


def _starts(driver: Driver, image: Path, programs: Path, confine: Confine, name: str) -> None:
    (port,) = free_ports(1)
    environment = driver.stack.environment(services()[name]) | {
        "PATH": f"{programs}:/usr/bin:/bin",
        "PORT": str(port),
        "COMMIT_SHA": "c" * 40,
        "K_REVISION": f"{name}-00001-abc",
    }
    key = driver.stack.keys[name]
    target = Target(name, f"http://127.0.0.1:{port}", key, "c" * 40, f"{name}-00001-abc")
    log = image.parent / f"{name}-{port}.log"
    with log.open("w") as file:
        argv = confine(image, procfile_command().split())
        process = subprocess.Popen(argv, cwd=image, env=environment, stdout=file, stderr=file)
    try:
        began = time.monotonic()
        while not _is_alive(target):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() - began < _PATIENCE_SECONDS, f"not up in time:\n{log.read_text()}"
            time.sleep(0.1)
        assert _core_seconds(process.pid) < _START_SECONDS
        checks = smoke(target, 30.0)
        assert failures(checks) == []
        assert len(checks) > 15
    finally:
        process.terminate()
        process.wait(timeout=20)


def _is_alive(target: Target) -> bool:
    try:
        return target.call("GET", "/health", {}).ok
    except requests.ConnectionError:
        return False


def _core_seconds(pid: int) -> float:
    """What gunicorn and its worker have used of a core so far."""
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = 0
    for each in (str(pid), *workers):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
