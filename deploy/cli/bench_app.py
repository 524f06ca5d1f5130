"""The benchmarks, each a few lines: parse, measure, print, save."""

import os
import sys
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from deploy.cli import tables
from deploy.cli.console import console, steps
from deploy.cli.friendly import check_place, friendly
from deploy.cli.platforms import DEFAULT_SEED, DEMO_DAYS, league_archive, running_platform
from deploy.registry import services
from deploy.replay.archive import ArchiveError, ReplayArchive
from deploy.replay.replay import ReplayOptions, replay

bench_app = typer.Typer(
    no_args_is_help=True,
    help="Times slates, phases 3 and 4, the systems, starts, load and growth.\n\n"
    "Example: nba-props bench features --slates 5",
)
ArchiveFolder = Annotated[
    Path | None,
    typer.Option(envvar="ARCHIVE", help="A folder in the archive format; without it, the simulated league."),
]
Seed = Annotated[int, typer.Option(min=0, help="Which simulated league.")]
Save = Annotated[
    Path | None,
    typer.Option("--save", help="Write what was measured to this JSON file, e.g. docs/figures/load.json."),
]
_BUSIEST_OF = 7
_PLAYERS = 450
_SEASONS, _GAMES = (1, 2, 5, 10), (1, 5, 15)
# What else the machine was doing when the command began.
_LOAD_BEFORE = round(os.getloadavg()[0], 2)
# Few simulated seasons have a date with fifteen games; this one has it late enough for a season behind it.
_SEED_OF_FIFTEEN, _DATE_OF_FIFTEEN = 49, date(2025, 2, 19)


def _keep(save: Path | None, measured: Mapping[str, Any]) -> None:
    from deploy.bench import figures

    if save:
        figures.save(save, _command(sys.argv[1:]), {"load_before": _LOAD_BEFORE, **measured})


def _command(arguments: list[str]) -> str:
    """The command that measured, without the place where its figures go."""
    kept = list(arguments)
    if "--save" in kept:
        place = kept.index("--save")
        del kept[place : place + 2]
    return " ".join(["nba-props", *(each for each in kept if not each.startswith("--save="))])


@bench_app.command("slates")
def bench_slates(
    archive: ArchiveFolder = None,
    slates: Annotated[int, typer.Option(min=1, max=30, help="How many of the last slates to time.")] = 3,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last slate; the archive's without.")
    ] = None,
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Times slates through all services on bulk-loaded history: each step, and what phase 5 takes.

    Of phase 5: the seconds and BigQuery jobs from phase 4 complete, and the worker's answers to /predict.

    Example: nba-props bench slates --archive ../shared/data/archive --slates 5 --until 2024-12-08
    """
    from deploy.bench import slates as bench

    with friendly(), steps() as progress:
        progress.say("making the simulated league" if archive is None else "opening the archive")
        folder = archive or league_archive(seed, None)
        source = ReplayArchive(folder)
        source.check()
        last = until.date() if until else source.dates[-1]
        source.check_date(last)
        days = [day for day in source.dates if day <= last][-slates:]
        options = ReplayOptions(source, days[0], days[-1], bulk_until=days[0])
        with running_platform(folder, None, progress) as driver:
            result = replay(driver, options, progress.at)
            counts = tables.slate_counts(driver.stack.warehouse, days[0], days[-1])
            log = driver.stack.options.folder / "worker.log"
            phase5 = bench.table(bench.measure(driver.stack.warehouse, days), log)
    games = int(source.games["game_date"].isin(days).sum())
    console.print(f"History rows loaded: {result.history_rows}")
    console.print(
        f"{len(days)} slates, {games} games, {counts['players']} players, {counts['predictions']} rows"
    )
    console.print(tables.time_table(driver.timings))
    console.print(phase5)


@bench_app.command("features")
def bench_features(
    archive: ArchiveFolder = None,
    slates: Annotated[int, typer.Option(min=1, max=30, help="How many of the last slates to time.")] = 5,
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Times phases 3 and 4: every season of the archive in one statement a table, then slate by slate.

    Example: nba-props bench features --archive ../shared/data/archive
    """
    from deploy.bench.features import measure

    with friendly(), steps() as progress:
        progress.say("making the simulated league" if archive is None else "opening the archive")
        source = ReplayArchive(archive or league_archive(seed, None))
        source.check()
        measured = measure(source, slates, progress.say)
    console.print(measured.table())
    console.print(measured.summary(), soft_wrap=True)


@bench_app.command("predictions")
def bench_predictions(
    players: Annotated[int, typer.Option(min=1, max=5000, help="Players of the made-up slate.")] = 450,
    lines: Annotated[int, typer.Option(min=1, max=50, help="Lines of each.")] = 5,
    repetitions: Annotated[int, typer.Option(min=1, max=1000, help="How often it is timed.")] = 20,
) -> None:
    """Times the prediction systems alone: a slate of features and lines in, the table of rows out.

    Example: nba-props bench predictions --players 450 --lines 5
    """
    from deploy.bench.predictions import measure

    console.print(measure(players, lines, repetitions).table())


@bench_app.command("cold-start")
def bench_cold_start(
    times: Annotated[int, typer.Option(min=1, max=100, help="How often each service is started.")] = 5,
    service: Annotated[list[str] | None, typer.Option(help="Only this service; may be repeated.")] = None,
    save: Save = None,
) -> None:
    """Starts each service as a fresh process, by the Procfile, until /health and /ready answer.

    Bytecode and files are warm after the first start, as in an image that is on the machine already.

    Example: nba-props bench cold-start --times 5 --save cold-start.json
    """
    from deploy.bench import cold_start as bench

    with friendly(), steps() as progress:
        check_place("--save", save)
        if unknown := set(service or ()) - set(services()):
            raise ArchiveError(f"--service {', '.join(unknown)} is none of {', '.join(services())}")
        folder = league_archive(DEFAULT_SEED, DEMO_DAYS)
        with running_platform(folder, None, progress) as driver:
            found = bench.measure(driver.stack, service or list(services()), times, progress.at)
    console.print(bench.table(found))
    _keep(save, bench.as_json(found))


@bench_app.command("profile")
def bench_profile(
    archive: ArchiveFolder = None,
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="The slate; without it the busiest of the last."),
    ] = None,
    warm_up: Annotated[int, typer.Option(min=0, max=10, help="How many slates are played before it.")] = 2,
    seed: Seed = DEFAULT_SEED,
    save: Save = None,
) -> None:
    """Says where the time of a slate goes, from the first scrape to its predictions, by the services' logs.

    A moment in which several kinds of work run is shared among them; in an idle one no service has a request.

    Example: nba-props bench profile --warm-up 2 --save profile.json
    """
    from deploy.bench import profile as bench

    with friendly(), steps() as progress:
        check_place("--save", save)
        folder = archive or league_archive(seed, DEMO_DAYS)
        source = ReplayArchive(folder)
        source.check()
        slate = day.date() if day else source.busiest_of_last(_BUSIEST_OF)
        source.check_date(slate)
        with running_platform(folder, None, progress, log_level="DEBUG") as driver:
            found = bench.profile(driver, source, slate, warm_up, progress.at)
    console.print(bench.share_table(found))
    console.print(bench.bar(found))
    console.print(bench.service_table(found))
    _keep(save, found.as_json())


@bench_app.command("load")
def bench_load(
    times: Annotated[int, typer.Option(min=1, max=20, help="How many times a slate of 450 players.")] = 10,
    books: Annotated[int, typer.Option(min=1, max=40, help="Bookmakers with lines on each player.")] = 20,
    lines: Annotated[int, typer.Option(min=1, max=15, help="Lines of each bookmaker.")] = 5,
    readers: Annotated[int, typer.Option(min=1, max=500, help="Readers of the API at once.")] = 50,
    requests: Annotated[int, typer.Option(min=1, max=1000, help="Requests of each reader.")] = 10,
    seed: Seed = DEFAULT_SEED,
    save: Save = None,
) -> None:
    """Predicts a slate, then many times a slate, through coordinator and worker, then reads as many clients.

    Example: nba-props bench load --times 10 --save load.json
    """
    from deploy.bench import load as bench

    with friendly(), steps() as progress:
        check_place("--save", save)
        folder = league_archive(seed, DEMO_DAYS)
        sizes = [bench.Size(_PLAYERS * number, books, lines) for number in dict.fromkeys((1, times))]
        with running_platform(folder, None, progress, log_level="DEBUG") as driver:
            found = bench.measure(driver, ReplayArchive(folder), sizes, (readers, requests), progress.at)
    console.print(bench.batch_table(found))
    for each in found.readers:
        console.print(bench.reader_table(each))
    for error, number in found.errors.items():
        console.print(f"{number} x {error}", soft_wrap=True, highlight=False, markup=False)
    _keep(save, found.as_json())


@bench_app.command("cost")
def bench_cost(
    seasons: Annotated[
        list[int] | None, typer.Option(min=1, max=10, help="Seasons of history; 1, 2, 5 and 10.")
    ] = None,
    games: Annotated[
        list[int] | None, typer.Option(min=1, max=15, help="Games of the slate; 1, 5 and 15.")
    ] = None,
    repetitions: Annotated[int, typer.Option(min=1, max=20, help="How often each slate is played.")] = 3,
    save: Save = None,
) -> None:
    """Plays the same slate after more and more seasons, with more and more games: what grows, and how fast.

    One season of a simulated league is computed; the earlier ones are its rows on earlier dates.

    Example: nba-props bench cost --seasons 1 --seasons 10 --games 5 --save cost.json
    """
    from deploy.bench import cost as bench
    from deploy.bench.cut_archive import cut
    from deploy.bench.growth import growth_table
    from deploy.bench.shown import POINTS, point_rows, shown

    with friendly(), steps() as progress, TemporaryDirectory() as work:
        check_place("--save", save)
        folder = league_archive(_SEED_OF_FIFTEEN, None)
        history, slate = sorted({*(seasons or _SEASONS)}), sorted({*(games or _GAMES)})
        plan = bench.Plan(folder, _DATE_OF_FIFTEEN, tuple(history), tuple(slate), repetitions)
        archive = Path(work)
        cut(folder, archive, plan.day, max(plan.games))
        with running_platform(archive, None, progress, log_level="DEBUG") as driver:
            found = bench.measure(driver, plan, progress.at).as_json()
    for table in (
        shown("One slate, from the first scrape to its predictions", POINTS, point_rows(found["points"])),
        growth_table(found["points"], "seasons", "games"),
        growth_table(found["points"], "games", "seasons"),
    ):
        console.print(table)
    _keep(save, found)


@bench_app.command("faults")
def bench_faults(
    slates: Annotated[int, typer.Option(min=1, max=30, help="How many of the league's last slates.")] = 7,
    calm: Annotated[int, typer.Option(min=0, max=29, help="In so many of the last nothing is killed.")] = 3,
    faults_seed: Annotated[int, typer.Option("--faults", min=0, help="What the faults are drawn from.")] = 7,
    seed: Seed = DEFAULT_SEED,
    save: Save = None,
) -> None:
    """Plays slates without faults, then with them, and says what differs; ends with 1 when anything does.

    Example: nba-props bench faults --slates 1 --calm 0 --faults 2
    """
    from deploy.chaos import report
    from deploy.chaos.plan import ChaosPlan
    from deploy.chaos.slates import run_slates

    with friendly(), steps() as progress:
        check_place("--save", save)
        if calm >= slates:
            raise ArchiveError(f"--calm {calm}: something is to be killed on at least one of {slates} slates")
        archive, plan = ReplayArchive(league_archive(seed, DEMO_DAYS)), ChaosPlan(faults_seed)
        expected = run_slates(archive, slates, None, 0, progress.at).contents
        found = report.figures(run_slates(archive, slates, plan, calm, progress.at), expected, plan)
    for table in report.tables(found):
        console.print(table)
    console.print(report.verdict(found), soft_wrap=True, highlight=False)
    _keep(save, found)
    if found["wrongs"]:
        raise typer.Exit(1)
