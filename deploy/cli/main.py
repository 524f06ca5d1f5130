"""`nba-props`: runs, replays and looks at the platform."""

import json
import threading
import time
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli import letters, models_app, status, tables
from deploy.cli.bench_app import bench_app
from deploy.cli.console import console, steps
from deploy.cli.day import day_command
from deploy.cli.friendly import check_place, friendly
from deploy.cli.gcp_app import gcp_app
from deploy.cli.gcp_options import Project
from deploy.cli.platforms import (
    DEFAULT_SEED,
    DEMO_DAYS,
    league_archive,
    running_platform,
    stopped_by_sigterm,
)
from deploy.cli.seen import seen_games
from deploy.cli.smoke import smoke_command
from deploy.local.driver import Driver
from deploy.local.league.schedule import SEASON_DAYS
from deploy.local.stack import Stack, StackOptions
from deploy.registry import services
from deploy.replay.archive import ReplayArchive
from deploy.replay.replay import ReplayOptions, ReplayResult, replay
from predictions.training.models import champion_of

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="NBA player points: predictions, their track record, and the platform that makes them.",
)
app.add_typer(bench_app, name="bench")
app.add_typer(models_app.models_app, name="models")
app.add_typer(letters.letters_app, name="dead-letters")
app.add_typer(gcp_app, name="gcp")
app.command("backtest")(models_app.backtest)
status.register(app)
app.command("train")(models_app.train)
app.command("day")(day_command)
app.command("smoke")(smoke_command)
_DEMO_WINDOW = 7
Day = Annotated[
    datetime | None,
    typer.Option("--date", envvar="DATE", formats=["%Y-%m-%d"], help="The game date, YYYY-MM-DD."),
]
ArchiveFolder = Annotated[
    Path | None,
    typer.Option(envvar="ARCHIVE", help="A folder in the archive format; without it, the simulated league."),
]
Seed = Annotated[int, typer.Option(min=0, help="Which simulated league.")]


@app.command()
def run(
    archive: ArchiveFolder = None,
    day: Day = None,
    seed: Seed = DEFAULT_SEED,
    limit: Annotated[int, typer.Option(min=1, help="How many players to show, best value first.")] = 25,
) -> None:
    """Plays one slate through all five phases, prints its predictions, and stops everything.

    Example: nba-props run --archive ../shared/data/archive --date 2024-12-03
    """
    with friendly():
        simulated = archive is None
        started = time.perf_counter()
        console.print(_headline(simulated, seed))
        with steps() as progress:
            progress.say("making the simulated league" if simulated else "opening the archive")
            folder = archive or league_archive(seed, DEMO_DAYS)
            made = time.perf_counter() - started
            source = ReplayArchive(folder)
            source.check()
            slate = day.date() if day else source.busiest_of_last(_DEMO_WINDOW)
            source.check_date(slate)
            options = ReplayOptions(source, slate, slate, bulk_until=None if simulated else slate)
            with running_platform(folder, None, progress) as driver:
                if simulated:
                    driver.timings["make the league"].append(made)
                result = replay(driver, options, progress.at)
                progress.say("reading the results")
                note = None if simulated else seen_games(champion_of(driver.stack.warehouse), slate, slate)
                shown = [
                    tables.slate_table(driver.stack.warehouse, slate, limit),
                    tables.stored_table(driver.stack.warehouse),
                ]
        for table in shown:
            console.print(table)
        _show_figures(result, driver, note)


def _show_figures(result: ReplayResult, driver: Driver, note: str | None) -> None:
    """How good the predictions were, where the time went, and what to know of the figures."""
    console.print(tables.accuracy_table(result.accuracy))
    console.print(tables.time_table(driver.timings))
    console.print(tables.verdict(result.accuracy))
    if note:
        console.print(f"[bold]{note}[/]")


def _headline(simulated: bool, seed: int) -> str:
    if simulated:
        return f"SIMULATED LEAGUE (seed {seed}): players, games and odds are invented."
    return "An archive: lines and results are what it holds."


@app.command()
def up(
    archive: ArchiveFolder = None,
    seed: Seed = DEFAULT_SEED,
    state: Annotated[Path, typer.Option(help="Where tables, messages and keys are kept.")] = Path(
        ".nba-props"
    ),
    play: Annotated[
        bool,
        typer.Option("--play", help="Play the last slate first, so that there is something to see."),
    ] = False,
) -> None:
    """Starts the platform and leaves it running until Ctrl-C.

    Example: nba-props up --play --state /tmp/my-platform
    """
    with friendly(), stopped_by_sigterm():
        folder = archive or league_archive(seed, DEMO_DAYS)
        source = ReplayArchive(folder)
        source.check()
        console.print(_headline(archive is None, seed))
        day = source.dates[-1]
        stack = Stack(StackOptions(state.resolve(), folder))
        try:
            with steps() as progress:
                stack.start(progress.say)
                if play:
                    options = ReplayOptions(source, day, day, bulk_until=None if archive is None else day)
                    replay(Driver(stack), options, progress.at)
            _show_platform(stack, day)
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("stopping (some seconds)")
        finally:
            stack.stop()


def _show_platform(stack: Stack, day: date) -> None:
    for name in services():
        console.print(f"{name:12} {stack.url(name)}   X-API-Key: {stack.keys[name]}", soft_wrap=True)
    scrapers, coordinator = stack.url("scrapers"), stack.url("coordinator")
    body = json.dumps({"source": "schedule", "from_date": str(day), "to_date": str(day)})
    console.print("\nTry:", highlight=False)
    examples = (
        f"curl {scrapers}/health",
        f"curl -H 'X-API-Key: {stack.keys['scrapers']}' -H 'Content-Type: application/json' "
        f"-d '{body}' {scrapers}/scrape",
        f"curl -H 'X-API-Key: {stack.keys['coordinator']}' {coordinator}/api/v1/predictions/{day}",
    )
    for example in examples:
        console.print(f"  {example}", soft_wrap=True, highlight=False, markup=False)
    console.print(f"\nThe console: {coordinator}/console, with the coordinator's key.", highlight=False)
    console.print("Each service describes its routes at /openapi.json (with its key).", highlight=False)
    console.print(f"Logs are in {stack.options.folder}; Ctrl-C stops everything.", soft_wrap=True)


@app.command("replay")
def replay_command(
    archive: Annotated[Path, typer.Option(envvar="ARCHIVE", help="A folder in the archive format.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    bulk_history_until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Load what is before this day straight into the raw tables."),
    ] = None,
    as_of: Annotated[
        models_app.Moment, typer.Option(help="What a prediction may know.")
    ] = models_app.Moment.tip,
    availability: Annotated[
        models_app.Availability,
        typer.Option(help="`assumed`: absences count as announced an hour before tip."),
    ] = models_app.Availability.none,
    out: Annotated[Path | None, typer.Option("--json", help="Write what was measured to this file.")] = None,
) -> None:
    """Replays days of an archive through the services: predictions before, grading after each.

    Example: nba-props replay --archive ../shared/data/archive --from 2024-12-01 --to 2024-12-07
    --bulk-history-until 2024-12-01 --json measured.json
    """
    with friendly():
        source = ReplayArchive(archive)
        options = ReplayOptions(
            source,
            first.date(),
            last.date(),
            bulk_until=bulk_history_until.date() if bulk_history_until else None,
            as_of=as_of.value,
            availability=availability.value,
        )
        options.check()
        check_place("--json", out)
        with steps() as progress, running_platform(archive, None, progress) as driver:
            result = replay(driver, options, progress.at)
            note = seen_games(champion_of(driver.stack.warehouse), options.first, options.last)
        if availability is models_app.Availability.assumed:
            console.print(f"Availability assumed known: {result.absences} absences landed before tip.")
        _show_figures(result, driver, note)
        if out:
            out.write_text(json.dumps(_measured(options, result, driver), indent=2, default=str) + "\n")


def _measured(options: ReplayOptions, result: ReplayResult, driver: Driver) -> dict[str, object]:
    return {
        "from": options.first,
        "to": options.last,
        "as_of": options.as_of,
        "availability": options.availability,
        "dates": result.dates,
        "history_rows": result.history_rows,
        "accuracy": result.accuracy,
        "seconds": dict(driver.timings),
    }


@app.command()
def league(
    out: Annotated[Path, typer.Option(help="Folder to write the archive and its oracle to.")],
    seed: Seed = DEFAULT_SEED,
    days: Annotated[
        int | None, typer.Option(min=1, max=SEASON_DAYS, help="Only the first days of the season.")
    ] = None,
    seasons: Annotated[int, typer.Option(min=1, max=10, help="How many seasons.")] = 1,
) -> None:
    """Writes a simulated league in the archive format.

    Example: nba-props league --out /tmp/league --seed 7 --days 45
    """
    from deploy.local.league import generate

    with friendly(), console.status("simulating"):
        files = generate(seed, out, seasons=seasons, days=days)
    console.print(f"archive: {files.archive}\noracle: {files.oracle}", soft_wrap=True)


@app.command("reprocess")
def reprocess_command(
    source: Annotated[str, typer.Option(help="Which source's landed bodies, e.g. box_scores.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First date.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last date, included.")],
    url: Annotated[
        str | None, typer.Option(help="The raw service; its key is read from NBA_PROPS_API_KEY.")
    ] = None,
    state: Annotated[
        Path, typer.Option(help="Without --url: the folder in which `nba-props up` runs.")
    ] = Path(".nba-props"),
) -> None:
    """Rebuilds a source's raw tables from the bodies that were landed, without asking the provider.

    Exit status 1 when no date could be rebuilt.

    Example: nba-props reprocess --source box_scores --from 2024-12-01 --to 2024-12-31
    """
    from deploy.cli.reprocess import did_nothing, reprocess
    from deploy.cli.service import service

    with friendly(), steps() as progress:
        found = list(reprocess(service("raw", url, state), source, first.date(), last.date(), progress.at))
    for each in found:
        console.print(f"{each['from']} to {each['to']}: {each['outcome']}, {each['reason']}", soft_wrap=True)
    if did_nothing(found):
        raise typer.Exit(1)


@app.command("bootstrap")
def bootstrap_command(
    project: Project,
    location: Annotated[str, typer.Option(help="Where the datasets live.")] = "us-west2",
) -> None:
    """Creates datasets, tables, guards and views. `nba-props gcp bootstrap` does that and all the rest.

    Running it again changes nothing. Example: nba-props bootstrap --project my-project
    """
    from predictions.training.champion import seed_champion
    from shared.warehouse.bootstrap import bootstrap
    from shared.warehouse.client import make_client
    from shared.warehouse.warehouse import Warehouse

    with friendly():
        warehouse = Warehouse(make_client(project, location))
        created = bootstrap(warehouse, location)
        if seeded := seed_champion(warehouse):
            console.print(f"{seeded.model_id}, which ships with the project, is champion")
        console.print(f"tables created: {', '.join(created) or 'none, all were there'}")
