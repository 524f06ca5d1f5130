"""Slates of an archive on a platform of their own, with faults or without."""

import tempfile
from pathlib import Path

from deploy.chaos.plan import ChaosPlan
from deploy.chaos.week import OnStep, PatientDriver, Week, run_week
from deploy.local.stack import StackOptions, running_stack
from deploy.replay.archive import ReplayArchive


def run_slates(
    archive: ReplayArchive,
    slates: int,
    plan: ChaosPlan | None,
    calm_days: int = 0,
    on_step: OnStep = lambda *_: None,
) -> Week:
    """The archive's last slates on a platform of their own, thrown away afterwards; see run_week."""
    with tempfile.TemporaryDirectory(prefix="nba-props-run-") as folder:
        options = StackOptions(Path(folder), archive.folder, failing_warehouse=plan is not None)
        with running_stack(options) as stack:
            days = archive.dates[-slates:]
            return run_week(PatientDriver(stack), archive, days, plan, on_step, calm_days)
