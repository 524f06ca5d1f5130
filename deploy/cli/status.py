"""`nba-props status` and `heal`: how a date stands, and what to do about it."""

import json
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from typer.core import TyperCommand

from deploy.cli.console import console
from deploy.cli.friendly import friendly
from deploy.cli.service import ServiceClient, service
from deploy.local.driver import DriveError

EXIT_CODES = {"healthy": 0, "degraded": 1, "failed": 2}
_COLOURS = {"healthy": "green", "degraded": "yellow", "failed": "red"}
_SCRAPERS_KEY = "NBA_PROPS_SCRAPERS_API_KEY"
# Of no date can be said how it stands: neither healthy, degraded nor failed.
_NOT_KNOWN = 3
GameDate = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The US/Eastern date.")]
Url = Annotated[str | None, typer.Option(help="The coordinator; its key is read from NBA_PROPS_API_KEY.")]
State = Annotated[Path, typer.Option(help="Without --url: the folder in which `nba-props up` runs.")]
FOLDER = Path(".nba-props")


class _StatusCommand(TyperCommand):
    """Ends with 3 when its arguments cannot be used: the usual 2 says that a date has failed."""

    def make_context(self, *arguments: Any, **details: Any) -> Any:
        """Reads the arguments."""
        try:
            return super().make_context(*arguments, **details)
        except typer.TyperException as error:
            error.exit_code = _NOT_KNOWN
            raise


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("status", cls=_StatusCommand)(status_command)
    app.command("heal")(heal_command)


def status_command(
    day: GameDate,
    as_json: Annotated[bool, typer.Option("--json", help="The service's answer as it is.")] = False,
    url: Url = None,
    state: State = FOLDER,
) -> None:
    """How a date stands, output by output.

    Exit status: 0 healthy, 1 degraded, 2 failed, 3 not known: nobody answers, or the arguments are wrong.

    Example: nba-props status 2024-12-03
    """
    try:
        with friendly():
            found = service("coordinator", url, state).get(f"/api/v1/status/{day.date()}")
    except typer.Exit:
        raise typer.Exit(_NOT_KNOWN) from None
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        _show(found)
    raise typer.Exit(EXIT_CODES[found["health"]])


def _show(found: dict[str, Any]) -> None:
    colour = _COLOURS[found["health"]]
    tip = f", the first at {found['first_tip'][:16]} UTC" if found["first_tip"] else ""
    games = f"{found['games']} games, {found['final_games']} final{tip}"
    console.print(f"{found['game_date']}: [bold {colour}]{found['health']}[/], {games}", highlight=False)
    for phase, outputs in groupby(found["outputs"], key=lambda output: output["phase"]):
        console.print(phase_table(phase, list(outputs)))


def phase_table(phase: str, outputs: list[dict[str, Any]]) -> Table:
    """A phase's outputs with state, rows, games, age and what there is to say."""
    table = Table(title=phase, title_justify="left")
    for name in ("output", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "games", "age"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("reason")
    for output in outputs:
        colour = _COLOURS[output["health"]]
        shown = output["state"] + (" overdue" if output["overdue"] else "")
        rows = _share(output["rows_stored"], output["rows_expected"])
        games = _share(output["games"], output["games_expected"])
        age, reason = _age(output["age_seconds"]), escape(_reason(output))
        table.add_row(output["output"], f"[{colour}]{shown}[/]", rows, games, age, reason)
    return table


def _share(found: int | None, expected: int | None) -> str:
    if found is None:
        return "-"
    return str(found) if expected is None else f"{found} of {expected}"


def _age(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    minutes, hours = seconds // 60, seconds // 3600
    return f"{minutes} min" if hours < 2 else f"{hours} h" if hours < 48 else f"{hours // 24} days"


def _reason(output: dict[str, Any]) -> str:
    due = f"due {output['due_at'][:16]} UTC" if output["due_at"] and not output["occurred_at"] else ""
    return output["reason"] or due


def heal_command(
    day: GameDate,
    url: Url = None,
    scrapers_url: Annotated[
        str | None,
        typer.Option(help="The scrapers, beside --url; their key is read from " + _SCRAPERS_KEY + "."),
    ] = None,
    state: State = FOLDER,
) -> None:
    """Asks again for what is overdue or has failed, and scrapes what nobody has scraped.

    Each output is asked for three times at most. Example: nba-props heal 2024-12-03
    """
    with friendly():
        found = service("coordinator", url, state).post("/heal", {"game_date": str(day.date())})
        (healed,) = found["dates"]
        for output, attempt in healed["asked"].items():
            console.print(f"{output}: asked for again, attempt {attempt} of 3", highlight=False)
        for output, reason in healed["ended"].items():
            console.print(f"{output}: {escape(reason)}", highlight=False, soft_wrap=True)
        for output, reason in healed["spent"].items():
            console.print(f"{output}: stays FAILED, {escape(reason)}", highlight=False, soft_wrap=True)
        if healed["started"]:
            console.print(f"predictions: {escape(healed['started'])}", highlight=False, soft_wrap=True)
        if healed["scrape"]:
            _scrape(_scrapers(url, scrapers_url, state, healed["scrape"]), healed["scrape"], str(day.date()))
        if not any(healed[name] for name in ("asked", "ended", "spent", "started", "scrape")):
            console.print(f"{day.date()} is {healed['health']}: nothing to heal", highlight=False)


def _scrapers(url: str | None, scrapers_url: str | None, state: Path, sources: list[str]) -> ServiceClient:
    if url and not scrapers_url:
        raise DriveError(f"{', '.join(sources)} must be scraped: name the scrapers with --scrapers-url")
    return service("scrapers", scrapers_url, state, _SCRAPERS_KEY)


def _scrape(scrapers: ServiceClient, sources: list[str], day: str) -> None:
    """Runs the sources in the order of the pipeline, so that the schedule is there for the others."""
    refused = []
    for source in sources:
        try:
            run = scrapers.post("/scrape", {"source": source, "game_date": day})
        except DriveError as error:
            refused.append(f"{source}: {error}")
            continue
        reason = f", {escape(run['reason'])}" if run["reason"] else ""
        console.print(f"{source}: scraped, {run['status']}{reason}", highlight=False, soft_wrap=True)
        if run["status"] == "failed":
            refused.append(f"{source}: {run['reason']}")
    if refused:
        raise DriveError("; ".join(refused))
