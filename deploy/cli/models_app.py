"""The commands about models, each a few lines: parse, call, print."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.console import console, steps
from deploy.cli.friendly import friendly

models_app = typer.Typer(
    no_args_is_help=True,
    help="Which models there are, which one predicts.\n\nExample: nba-props models list --project my-project",
)
ArchiveFolder = Annotated[Path, typer.Option(envvar="ARCHIVE", help="A folder in the archive format.")]
Project = Annotated[str, typer.Option(envvar="GOOGLE_CLOUD_PROJECT", help="The project with the datasets.")]
Location = Annotated[str, typer.Option(envvar="BIGQUERY_LOCATION", help="Where the datasets are.")]
_DAY = ["%Y-%m-%d"]


class Retrain(StrEnum):
    weekly = "weekly"
    none = "none"


class Lines(StrEnum):
    real = "real"
    none = "none"


class Availability(StrEnum):
    none = "none"
    assumed = "assumed"


class Moment(StrEnum):
    tip = "tip"
    morning = "morning"


def backtest(
    archive: ArchiveFolder,
    first: Annotated[datetime, typer.Option("--from", formats=_DAY, help="First date to predict.")],
    last: Annotated[datetime, typer.Option("--to", formats=_DAY, help="Last date to predict.")],
    retrain: Annotated[Retrain, typer.Option(help="A new model every week, or one for all.")] = Retrain.none,
    lines: Annotated[Lines, typer.Option(help="With the archive's lines, or without any.")] = Lines.real,
    availability: Annotated[
        Availability, typer.Option(help="`assumed`: absences read off box scores count as reported.")
    ] = Availability.none,
    as_of: Annotated[
        Moment, typer.Option(help="tip: an hour before it; morning: ten o'clock Eastern.")
    ] = Moment.tip,
    json_out: Annotated[Path | None, typer.Option("--json", help="Writes the figures as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(help="Writes the figures as a page with plots.")] = None,
) -> None:
    """Predicts past dates by models fitted on earlier games only, and holds them against what happened.

    Example: nba-props backtest --archive DIR --from 2024-10-22 --to 2025-04-13 --availability assumed
    """
    from deploy.cli.backtest import Backtest, as_json, run_backtest, tables
    from deploy.cli.backtest_page import page
    from deploy.replay.archive import ReplayArchive

    with friendly():
        source = ReplayArchive(archive)
        source.check()
        asked = Backtest(
            first.date(), last.date(), retrain.value, lines == "real", availability == "assumed", as_of.value
        )
        if asked.last < asked.first:
            raise typer.BadParameter(f"is before --from {asked.first}", param_hint="--to")
        with steps() as progress:
            found = run_backtest(source, asked, progress.say)
        for shown in tables(found):
            console.print(shown, highlight=False)
        for path, text in ((json_out, as_json(found)), (html, page(found))):
            if path:
                path.write_text(text)


def train(
    archive: ArchiveFolder,
    through: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Last date to learn from; the archive's without.")
    ] = None,
    package: Annotated[bool, typer.Option(help="Make it the champion that ships.")] = False,
    project: Annotated[str | None, typer.Option(help="Store it there as a challenger.")] = None,
    location: Location = "us-west2",
) -> None:
    """Trains a model on an archive, prints what it is worth on seasons that it had not seen, and stores it.

    Example: nba-props train --archive DIR --through 2024-06-17 --project my-project
    """
    from deploy.cli.training import figures, run_training, warehouse_of
    from deploy.replay.archive import ReplayArchive
    from predictions.training.models import store_model

    with friendly():
        source = ReplayArchive(archive)
        source.check()
        until = through.date() if through else source.dates[-1]
        with steps() as progress:
            training = run_training(source, until, package, progress.say)
        console.print(figures(training.metrics, "On seasons that the model had not seen"))
        packed = training.model.pack()
        console.print(f"{training.facts['training_rows']:,} player-games, {len(packed):,} bytes")
        if project:
            row = store_model(warehouse_of(project, location), packed, training.facts)
            console.print(f"stored as {row.model_id}, {row.status}")


@models_app.command("list")
def list_command(project: Project, location: Location = "us-west2") -> None:
    """Lists the models, the newest first."""
    from deploy.cli.training import models_table, warehouse_of
    from predictions.training.models import list_models

    with friendly():
        console.print(models_table(list_models(warehouse_of(project, location))))


@models_app.command("promote")
def promote_command(model_id: str, project: Project, location: Location = "us-west2") -> None:
    """Makes a model the one that predicts. Workers take it up with their next chunk.

    Example: nba-props models promote 20250413-1a2b3c4d --project my-project
    """
    from deploy.cli.training import warehouse_of
    from predictions.training.models import promote

    with friendly():
        console.print(f"{promote(warehouse_of(project, location), model_id).model_id} is champion")


@models_app.command("rollback")
def rollback_command(project: Project, location: Location = "us-west2") -> None:
    """Makes the champion before the present one champion again."""
    from deploy.cli.training import warehouse_of
    from predictions.training.models import rollback

    with friendly():
        console.print(f"{rollback(warehouse_of(project, location)).model_id} is champion again")
