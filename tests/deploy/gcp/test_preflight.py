"""Nothing is uploaded before it is proven that all of it is there, committed, and loads."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.gcp.environment import Environment
from deploy.gcp.preflight import PreflightError, check_image, check_mounts, commit_of_clean_tree
from deploy.gcp.secrets import SecretError
from deploy.gcp.upload import LayoutError, check_layout, uploaded
from deploy.registry import services

PLACE = Environment("nba-props-test")
ANALYTICS = services()["analytics"]
Change = Callable[[str, Callable[[str], str]], None]


@pytest.fixture
def change(checkout: Path) -> Iterator[Change]:
    """Changes a file of the repository, makes it when there is none, and puts everything back at the end."""

    def make(name: str, new: Callable[[str], str]) -> None:
        path = checkout / name
        path.write_text(new(path.read_text() if path.exists() else ""))

    yield make
    subprocess.run(["git", "reset", "-q", "--hard"], cwd=checkout, check=True)
    subprocess.run(["git", "clean", "-qfdx"], cwd=checkout, check=True)


def check(checkout: Path) -> list[str]:
    said: list[str] = []
    check_image(PLACE, [ANALYTICS], said.append, checkout)
    return said


def test_a_clean_tree_is_known_by_its_commit(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    assert len(commit_of_clean_tree(checkout)) == 40


@pytest.mark.parametrize("name", ["README.md", "shared/new_module.py"])
def test_what_is_in_no_commit_is_not_deployed(
    checkout: Path, change: Change, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(checkout)
    change(name, lambda text: text + "# new\n")
    with pytest.raises(PreflightError, match=rf"not clean \({name}\): commit or stash"):
        commit_of_clean_tree(checkout)


def test_what_is_deployed_is_the_current_folder(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout / "deploy")
    with pytest.raises(PreflightError, match=f"cd {checkout}"):
        commit_of_clean_tree(checkout)


def test_a_service_loads_from_the_upload_alone(real_gcloud: str, checkout: Path) -> None:
    assert check(checkout)[-1] == "analytics loads from them"


@pytest.mark.parametrize("name", ["orchestration/", "Procfile", "requirements.txt"])
def test_what_every_image_needs_is_named_when_it_is_left_out(
    real_gcloud: str, checkout: Path, change: Change, name: str
) -> None:
    change(".gcloudignore", lambda text: f"{text}/{name}\n")
    with pytest.raises(PreflightError, match=f"{name} would not be uploaded: see .gcloudignore"):
        check(checkout)


def test_what_does_not_import_there_is_found_though_the_project_is_installed_here(
    real_gcloud: str, checkout: Path, change: Change
) -> None:
    change(".gcloudignore", lambda text: f"{text}/orchestration/healing.py\n")
    change("data_processors/analytics/app.py", lambda text: f"import flat_sibling\n{text}")
    change("predictions/worker/app.py", lambda text: f"import deploy.local.stack\n{text}")
    # No service imports it at its start.
    change("predictions/grading/late.py", lambda _: "import another_sibling\n")
    subprocess.run(["git", "add", "-A"], cwd=checkout, check=True)
    with pytest.raises(PreflightError, match="does not hold together") as raised:
        check(checkout)
    for module, missing in (
        ("data_processors.analytics.app", "flat_sibling"),
        ("predictions.worker.app", "deploy.local"),
        ("predictions.grading.late", "another_sibling"),
        ("predictions.coordinator.checks", "orchestration.healing"),
    ):
        assert f"{module}: No module named '{missing}'" in str(raised.value)


def test_a_service_that_imports_and_does_not_start_is_found(
    real_gcloud: str, checkout: Path, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.gcp.preflight._check_imports", lambda *_: None)
    change(
        "data_processors/analytics/app.py", lambda text: text.replace("return create", "return never_create")
    )
    with pytest.raises(PreflightError, match=r"analytics does not load under `gunicorn [^~]*never_"):
        check(checkout)


def test_a_file_that_would_change_how_the_image_is_built_is_refused() -> None:
    files = uploaded_names() | {"Dockerfile"}
    with pytest.raises(LayoutError, match="Dockerfile would change how the image is built"):
        check_layout(sorted(files), files)


def test_a_file_of_no_commit_is_refused() -> None:
    files = uploaded_names()
    with pytest.raises(LayoutError, match=r"secrets\.json would be uploaded and is in no commit"):
        check_layout(sorted(files | {"secrets.json"}), files)


def uploaded_names() -> set[str]:
    packages = ("scrapers", "data_processors", "predictions", "shared", "orchestration")
    needed = ("Procfile", "requirements.txt", ".python-version")
    return {*needed, "deploy/services.yaml", "deploy/gunicorn_conf.py"} | {
        f"{package}/__init__.py" for package in packages
    }


def test_nothing_but_what_a_service_runs_is_uploaded(real_gcloud: str, checkout: Path) -> None:
    files = uploaded(checkout)
    tops = {name.partition("/")[0] for name in files}
    assert tops == {
        *("Procfile", "requirements.txt", ".python-version", "LICENSE", "deploy"),
        *("scrapers", "data_processors", "predictions", "shared", "orchestration"),
    }
    assert {name for name in files if name.startswith("deploy/")} == {
        *("deploy/__init__.py", "deploy/gunicorn_conf.py", "deploy/registry.py", "deploy/services.yaml"),
    }


@contextmanager
def secret(world: Any, name: str, text: str | None) -> Iterator[None]:
    secrets = world.state()["secrets"]
    changed = {each: value for each, value in (secrets | {name: text}).items() if value is not None}
    world.configure(secrets=changed)
    yield
    world.configure(secrets=secrets)


def test_a_missing_or_placeholder_secret_is_refused_by_name_with_the_remedy(world: Any) -> None:
    scrapers = [services()["scrapers"]]
    remedy = "`nba-props gcp secrets set odds-api-key`, or --allow-placeholder odds-api-key"
    for text in (None, "PLACEHOLDER"):
        with secret(world, "odds-api-key", text):
            with pytest.raises(PreflightError, match=f"secret odds-api-key .*{remedy}"):
                check_mounts(world.gcloud, scrapers, ())
            mounted = check_mounts(world.gcloud, scrapers, ("odds-api-key",))["scrapers"]
            assert "ODDS_API_KEY" not in mounted
            assert mounted["BDL_API_KEY"] == "bdl-api-key:1"


def test_keys_and_unknown_secrets_are_never_allowed_to_be_placeholders(world: Any) -> None:
    with pytest.raises(SecretError, match="does not start without its keys"):
        check_mounts(world.gcloud, [ANALYTICS], ("analytics-api-keys",))
    with pytest.raises(SecretError, match="no secret"):
        check_mounts(world.gcloud, [ANALYTICS], ("nonsense",))


def test_an_optional_secret_without_a_value_is_not_mounted(world: Any) -> None:
    with secret(world, "alert-webhook-url", "REPLACE_ME"):
        found = check_mounts(world.gcloud, [services()["coordinator"]], ())
    assert found["coordinator"].keys() == {"VALID_API_KEYS", "SENTRY_DSN"}
