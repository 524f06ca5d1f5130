"""`nba-props dead-letters`: what could not be processed, listed, shown, replayed and discarded."""

import json
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from deploy.cli.console import console
from deploy.cli.friendly import friendly
from deploy.cli.service import service
from deploy.cli.status import FOLDER, State, Url

LetterId = Annotated[str, typer.Argument(help="As `dead-letters list` shows it.")]
letters_app = typer.Typer(
    no_args_is_help=True,
    help="Lists, shows, replays and discards what could not be processed.\n\n"
    "Example: nba-props dead-letters list",
)


@letters_app.command("list")
def list_letters(
    every: Annotated[bool, typer.Option("--all", help="Also those replayed or discarded.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
    url: Url = None,
    state: State = FOLDER,
) -> None:
    """Lists dead letters that nobody has decided about.

    Example: nba-props dead-letters list --all
    """
    with friendly():
        query = {"every": str(every).lower(), "limit": limit}
        found = service("coordinator", url, state).get("/api/v1/dead-letters", **query)
    table = Table(title=f"{found['count']} dead letters" + (" and more" if found["next_offset"] else ""))
    for name in ("id", "when (UTC)", "origin", "reason", "decision"):
        table.add_column(name, no_wrap=name == "id")
    for row in found["rows"]:
        cells = (
            row["dead_letter_id"],
            row["occurred_at"][:16],
            row["origin"],
            row["reason"],
            row["decision"] or "",
        )
        table.add_row(*map(escape, cells))
    console.print(table)


@letters_app.command("show")
def show_letter(letter: LetterId, url: Url = None, state: State = FOLDER) -> None:
    """Shows a dead letter with its message or the beginning of its body.

    Example: nba-props dead-letters show 0123456789abcdef0123456789abcdef
    """
    with friendly():
        found = service("coordinator", url, state).get(f"/api/v1/dead-letters/{letter}")
    typer.echo(json.dumps(found, indent=2))


@letters_app.command("replay")
def replay_letter(letter: LetterId, url: Url = None, state: State = FOLDER) -> None:
    """Publishes a dead letter's message again; what has failed on it is made again.

    Example: nba-props dead-letters replay 0123456789abcdef0123456789abcdef
    """
    with friendly():
        found = service("coordinator", url, state).post(f"/api/v1/dead-letters/{letter}/replay", {})
    console.print(f"{found['decision']}: {found['reason']}", highlight=False, markup=False)


@letters_app.command("discard")
def discard_letter(
    letter: LetterId,
    reason: Annotated[str, typer.Option(help="What became of it, in a sentence.")],
    url: Url = None,
    state: State = FOLDER,
) -> None:
    """Sets a dead letter aside; the row stays, with the decision beside it.

    Example: nba-props dead-letters discard 0123456789abcdef0123456789abcdef --reason "the game was cancelled"
    """
    with friendly():
        path = f"/api/v1/dead-letters/{letter}/discard"
        found = service("coordinator", url, state).post(path, {"reason": reason})
    console.print(f"{found['decision']}: {found['reason']}", highlight=False, markup=False)
