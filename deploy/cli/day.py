"""`nba-props day`: a whole operating day on a simulated clock, and whether it was a good one."""

import json
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from deploy.cli.console import console, steps
from deploy.cli.friendly import check_place, friendly
from deploy.cli.platforms import DEFAULT_SEED, DEMO_DAYS, league_archive, running_platform
from deploy.replay.archive import ArchiveError, ReplayArchive
from deploy.replay.day_faults import DayFault, day_faults
from deploy.replay.day_verdict import DayVerdict, judge
from deploy.replay.day_watch import FaultVerdict, Watch, fault_free_deliveries, judge_fault
from deploy.replay.operating_day import DayPlan, DayRun, Step, run_day
from orchestration.pipeline import load_pipeline
from shared.clock import EASTERN

# Longer than the longest wait between the five attempts at a message on the local platform.
FAULT_PATIENCE = 20.0
_COLUMNS = {"time": "left", "job": "left", "what it did": "left", "s": "right", "jobs": "right"}


def day_command(
    day: Annotated[
        datetime | None,
        typer.Argument(formats=["%Y-%m-%d"], help="The game date; without it, a busy one."),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            envvar="ARCHIVE", help="A folder in the archive format; without it, the simulated league."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Which simulated league.")] = DEFAULT_SEED,
    fault: Annotated[
        str | None, typer.Option(help="What goes wrong, e.g. odds-late; a wrong name lists them all.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="With --fault: the --json of the same day without one.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--json", help="Write what happened to this file.")] = None,
) -> None:
    """Runs a whole operating day, 36 hours from 05:00 Eastern, on a simulated clock.

    Every scheduled job fires at its time on what is known by then. Exit status 1 when the day is not healthy.

    Example: nba-props day 2024-12-03 --archive ../shared/data/archive --json day.json
    """
    with friendly(), steps() as progress:
        progress.say("making the simulated league" if archive is None else "opening the archive")
        source = ReplayArchive(archive or league_archive(seed, DEMO_DAYS))
        source.check()
        # Its next day has to be known too: the 36 hours reach into it.
        chosen = day.date() if day else source.busiest(source.dates[-7:-1])
        source.check_date(chosen)
        check_place("--json", out)
        plan = DayPlan(source, chosen, load_pipeline().schedules)
        wrong = _fault(plan, fault)
        if bool(fault) != bool(against):
            raise ArchiveError("--fault and --against go together: a fault is held against a day without one")
        fault_free = fault_free_deliveries(against, chosen) if against else {}
        if wrong:
            plan = replace(plan, acts=wrong.acts(), patience=FAULT_PATIENCE)
        with running_platform(source.folder, None, progress, plan.loads) as driver:
            watch = Watch(driver, plan)
            run = run_day(driver, plan, progress.at, watch.look)
            verdict = judge(driver.stack.warehouse, run)
            kept = judge_fault(wrong, watch, run, verdict, fault_free) if wrong else None
    console.print(timeline(run))
    for line in [*told(verdict), *(kept_or_not(kept) if kept else [])]:
        console.print(line, highlight=False, soft_wrap=True)
    if out:
        out.write_text(json.dumps(as_json(run, verdict, kept), indent=2, default=str) + "\n")
    if not (kept.kept if kept else verdict.healthy):
        raise typer.Exit(1)


def _fault(plan: DayPlan, name: str | None) -> DayFault | None:
    known = day_faults(plan)
    if name and name not in known:
        raise ArchiveError(f"--fault {name} is unknown; there are {', '.join(known)}")
    return known[name] if name else None


def kept_or_not(kept: FaultVerdict) -> list[str]:
    """What the fault made of the promises, as lines."""
    broken = {
        "called complete and is not": kept.false_complete,
        "status": kept.lies,
        "storm": kept.storms,
        "not recovered": kept.unrecovered,
    }
    lines = [f"[red]{what}:[/] {escape(each)}" for what, found in broken.items() for each in found]
    mark = "[bold green]keeps" if kept.kept else "[bold red]breaks"
    return [*lines, f"{mark} the promises[/] with {kept.fault}."]


def timeline(run: DayRun) -> Table:
    """A line for each thing that happened; jobs that found nothing to do are counted."""
    idle = sum(step.idle for step in run.steps)
    shown = Table(title=f"{run.plan.day}, Eastern time; {idle} of {len(run.steps)} jobs found nothing to do")
    for name, justify in _COLUMNS.items():
        shown.add_column(name, justify=justify, no_wrap=name != "what it did")  # type: ignore[arg-type]
    for step in run.steps:
        if not step.idle:
            shown.add_row(*_row(step), style=None if step.answer.ok else "red")
    return shown


def _row(step: Step) -> tuple[str, ...]:
    at = step.at.astimezone(EASTERN)
    return f"{at:%d %H:%M}", step.job, escape(step.answer.said), f"{step.seconds:.1f}", str(step.jobs)


def told(verdict: DayVerdict) -> list[str]:
    """The verdict as lines."""
    ready = f"{verdict.ready_at.astimezone(EASTERN):%d %H:%M}" if verdict.ready_at else "never"
    events = verdict.writes.get("nba_orchestration.pipeline_events", (0, 0))
    lines = [
        f"Predictions ready: {ready}; first tip {verdict.first_tip.astimezone(EASTERN):%d %H:%M} Eastern",
        f"Graded: {verdict.graded} predictions",
        f"BigQuery jobs: {verdict.jobs} in the first 24 hours, {verdict.jobs_in_all} in all; "
        f"pipeline_events written {events[0]} times, at most {events[1]} in ten seconds",
    ]
    lines += [f"[yellow]More than a day may cost:[/] {escape(each)}" for each in verdict.excess]
    lines += [f"[red]Not as it should be:[/] {escape(each)}" for each in (*verdict.faults, *verdict.refused)]
    return [*lines, "[bold green]A healthy day." if verdict.healthy else "[bold red]Not a healthy day."]


def as_json(run: DayRun, verdict: DayVerdict, kept: FaultVerdict | None) -> dict[str, Any]:
    """Everything that was measured."""
    steps_ = [
        {**asdict(step), "answer": step.answer.body, "status": step.answer.status, "said": step.answer.said}
        for step in run.steps
    ]
    return {
        "day": run.plan.day,
        "history_rows": run.history_rows,
        "deliveries": run.deliveries,
        "fault": kept and asdict(kept),
        "healthy": verdict.healthy,
        "verdict": asdict(verdict),
        "steps": steps_,
    }
