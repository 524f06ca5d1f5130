"""The code as a buildpack lays it out: files and requirements.txt, no metadata, no console script."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from deploy.local.stack import free_ports, procfile_command
from deploy.registry import services

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("scrapers", "data_processors", "predictions", "shared", "orchestration", "deploy")


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A fresh environment from requirements.txt alone, and the tracked files in a folder of their own."""
    folder = tmp_path_factory.mktemp("deployed")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    install = [folder / "venv/bin/pip", "install", "--quiet", "-r", ROOT / "requirements.txt"]
    subprocess.run(install, check=True)
    subprocess.run(
        f"git ls-files -z -- {' '.join(PACKAGES)} Procfile | xargs -0 cp --parents -t {folder}",
        shell=True,
        cwd=ROOT,
        check=True,
    )
    return folder, folder / "venv/bin"


@pytest.mark.slow
@pytest.mark.parametrize("name", services())
def test_each_service_starts_without_being_installed(layout: tuple[Path, Path], name: str) -> None:
    folder, bin_folder = layout
    (port,) = free_ports(1)
    environment = {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "SERVICE": name,
        "PORT": str(port),
        "GOOGLE_CLOUD_PROJECT": "p",
        "VALID_API_KEYS": "k",
        "OIDC_AUDIENCE": "a",
        "OIDC_SERVICE_ACCOUNTS": "s@p.iam.gserviceaccount.com",
    }
    process = subprocess.Popen(procfile_command().split(), cwd=folder, env=environment)
    try:
        for _ in range(300):
            try:
                answer = requests.get(f"http://127.0.0.1:{port}/health", timeout=5)
                break
            except requests.ConnectionError:
                assert process.poll() is None, "the service ended"
                time.sleep(0.1)
        assert answer.json()["service"] == name
    finally:
        process.terminate()
        process.wait(timeout=20)
