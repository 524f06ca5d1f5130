"""Errors that a user can act on, told in a line."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError
from rich.markup import escape

from deploy.cli.console import console
from deploy.gcp.changes import NotAppliedError
from deploy.gcp.cost import CostError
from deploy.gcp.environment import EnvironmentNameError
from deploy.gcp.gcloud import GcloudError
from deploy.gcp.logs import LogQueryError
from deploy.gcp.preflight import PreflightError
from deploy.gcp.release import ReleaseError
from deploy.gcp.secrets import SecretError
from deploy.local.bigquery.process import EmulatorError
from deploy.local.driver import DriveError
from deploy.local.league import LeagueError
from deploy.local.stack import StackError
from deploy.replay.archive import ArchiveError
from predictions.training.errors import TooFewGamesError
from shared.outcomes import PermanentError, TransientError
from shared.warehouse.migrate import MigrationError

_ERRORS = (
    StackError,
    DriveError,
    ArchiveError,
    EmulatorError,
    LeagueError,
    TooFewGamesError,
    PermanentError,
    TransientError,
    OSError,
    MigrationError,
    GoogleAuthError,
    GoogleAPICallError,
    EnvironmentNameError,
    GcloudError,
    NotAppliedError,
    LogQueryError,
    PreflightError,
    ReleaseError,
    SecretError,
    CostError,
)


@contextmanager
def friendly() -> Iterator[None]:
    """Turns the errors that a user can act on into a message and exit status 1."""
    try:
        yield
    except _ERRORS as error:
        console.print(f"[bold red]Failed:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def check_place(option: str, path: Path | None) -> None:
    """Refuses a file that could not be written, before the work whose result it is to hold.

    Raises:
        OSError: its folder is not there or may not be written to, or it is a folder itself; the message names
            the option.
    """
    if path is None:
        return
    folder = path.absolute().parent
    if not folder.is_dir():
        raise FileNotFoundError(f"{option} {path}: there is no folder {folder}; make it, or name another")
    if path.is_dir():
        raise IsADirectoryError(f"{option} {path}: is a folder; name a file in it")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise PermissionError(f"{option} {path}: may not be written; name another file")
