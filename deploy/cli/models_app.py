"""The commands about models, each a few lines: parse, call, print."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.console import console, steps
from deploy.cli.friendly import check_place, friendly

if TYPE_CHECKING:
    from predictions.training.promotion import Judgement

models_app = typer.Typer(
    no_args_is_help=True,
    help="Which models there are, which one predicts.\n\nExample: nba-props models list --project my-project",
)
ArchiveFolder = Annotated[Path, typer.Option(envvar="ARCHIVE", help="A folder in the archive format.")]
OptionalArchive = Annotated[
    Path | None, typer.Option(envvar="ARCHIVE", help="A folder in the archive format, to read games from.")
]
InProject = Annotated[str, typer.Option(envvar="GOOGLE_CLOUD_PROJECT", help="The project with the datasets.")]
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
        check_place("--json", json_out)
        check_place("--html", html)
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
    archive: OptionalArchive = None,
    through: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Last date to learn from; the last one without.")
    ] = None,
    package: Annotated[bool, typer.Option(help="Make it the champion that ships; needs --archive.")] = False,
    project: Annotated[
        str | None,
        typer.Option(help="Store it there; without --archive, learn from its feature store too."),
    ] = None,
    location: Location = "us-west2",
) -> None:
    """Trains a model, prints what it is worth on seasons that it had not seen, and stores it.

    Example: nba-props train --project my-project --through 2025-04-13
    Example: nba-props train --archive DIR --through 2024-06-17 --project my-project
    """
    from deploy.cli.figures import figures
    from deploy.cli.models import Project, train_on_archive, train_on_warehouse
    from predictions.training.models import store_model

    if package and archive is None:
        raise typer.BadParameter(
            "is for a model of an archive: name one with --archive", param_hint="--package"
        )
    if archive is None and project is None:
        raise typer.BadParameter("is needed, or --project with a feature store", param_hint="--archive")
    with friendly():
        until, where = through.date() if through else None, Project(project or "", location)
        with steps() as progress:
            if archive:
                training = train_on_archive(archive, until, package, progress.say)
            else:
                training = train_on_warehouse(where, until, progress.say)
        console.print(figures(training.metrics, "On seasons that the model had not seen"))
        packed = training.model.pack()
        console.print(f"{training.facts['training_rows']:,} player-games, {len(packed):,} bytes")
        if project:
            row = store_model(where.warehouse, packed, training.facts)
            console.print(f"stored as {row.model_id}, {row.status}")


@models_app.command("list")
def list_command(project: InProject, location: Location = "us-west2") -> None:
    """Lists the models, the newest first."""
    from deploy.cli.models import Project, models_table
    from predictions.training.models import list_models

    with friendly():
        console.print(models_table(list_models(Project(project, location).warehouse)))


@models_app.command("compare")
def compare_command(
    model_id: Annotated[str, typer.Argument(help="The model to judge.")],
    project: InProject,
    against: Annotated[str | None, typer.Argument(help="Another one; the champion without.")] = None,
    archive: OptionalArchive = None,
    location: Location = "us-west2",
) -> None:
    """Compares two models on games that neither has learned from, and shows which gates the first passes.

    Those are the games later than both, of the project's feature store or of an archive, and the seasons
    that both were walked through.

    Example: nba-props models compare 20250413-1a2b3c4d 20240617-5e6f7a8b --project my-project
    """
    judgement = _judged(model_id, against, project, location, archive)
    verdict = "may be promoted" if judgement.passed else "may not be promoted"
    console.print(
        f"{model_id} {verdict} over {judgement.against.model_id if judgement.against else 'nobody'}"
    )


@models_app.command("promote")
def promote_command(
    model_id: str,
    project: InProject,
    force: Annotated[bool, typer.Option("--force", help="Although it fails gates; needs --reason.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why it is forced; stored with the model.")] = None,
    archive: OptionalArchive = None,
    location: Location = "us-west2",
) -> None:
    """Makes a model that passes the gates the one that predicts. Workers take it up with their next chunk.

    Example: nba-props models promote 20250413-1a2b3c4d --project my-project
    """
    from deploy.cli.models import Project
    from predictions.training.promotion import promote_judged

    given = reason.strip() if reason else None
    if force and not given:
        raise typer.BadParameter(
            "is needed with --force: say why the gates do not count", param_hint="--reason"
        )
    if given and not force:
        raise typer.BadParameter("is only stored with --force", param_hint="--reason")
    judgement = _judged(model_id, None, project, location, archive)
    with friendly():
        champion = promote_judged(Project(project, location).warehouse, judgement, given)
        console.print(f"{champion.model_id} is champion, {champion.promotion_reason}", soft_wrap=True)


def _judged(
    model_id: str, against: str | None, project: str, location: str, archive: Path | None
) -> "Judgement":
    """Judges a model and prints what was found."""
    from deploy.cli.models import Project, comparison_table, gates_table

    with friendly():
        with steps() as progress, Project(project, location).judge(archive, progress.say) as judge:
            progress.say("comparing")
            judgement = judge.judge(model_id, against)
        for table in (comparison_table(judgement), gates_table(judgement)):
            console.print(table)
        for note in judgement.notes:
            console.print(note, soft_wrap=True, markup=False)
    return judgement


@models_app.command("rollback")
def rollback_command(project: InProject, location: Location = "us-west2") -> None:
    """Makes the champion before the present one champion again; no gate is asked."""
    from deploy.cli.models import Project
    from predictions.training.models import rollback

    with friendly():
        console.print(f"{rollback(Project(project, location).warehouse).model_id} is champion again")
