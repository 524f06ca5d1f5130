"""`nba-props gcp cost`: what a month costs, with everything that the figure rests on."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from deploy.cli.console import console
from deploy.cli.friendly import friendly
from deploy.cli.gcp_options import say


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("cost")(cost_command)


def cost_command(
    day: Annotated[Path, typer.Option(help="What `nba-props day --json` wrote.", show_default=False)],
) -> None:
    """Estimates a month from the jobs and requests of a simulated day. Asks nobody anything.

    Example: nba-props gcp cost --day day.json
    """
    from deploy.gcp.cost import assumptions, estimate, prices, read_day

    with friendly():
        measured = read_day(day)
    lines = estimate(measured)
    table = Table(title=f"A month of days like {measured.day}, in US dollars")
    for name in ("what", "amount", "unit", "free", "USD", "USD if nothing were free"):
        table.add_column(name, justify="left" if name in ("what", "unit") else "right")
    for line in lines:
        amount, free = f"{line.amount:,.4g}", f"{line.price.free:,.4g}"
        table.add_row(line.what, amount, line.price.unit, free, f"{line.usd:,.2f}", f"{line.full_usd:,.2f}")
    total, full = sum(line.usd for line in lines), sum(line.full_usd for line in lines)
    table.add_row("[bold]all of it[/]", "", "", "", f"[bold]{total:,.2f}[/]", f"[bold]{full:,.2f}[/]")
    console.print(table)
    say(
        f"Measured: {measured.jobs} BigQuery jobs and {measured.requests} requests a day, of which "
        f"{sum(measured.pushes.values())} are pushes (those of 36 hours) and {measured.scrapes} scrapes."
    )
    say("Assumed, not measured (deploy/gcp/assumptions.yaml):")
    for name, each in assumptions().items():
        say(f"  {name} {each.value:g}: {each.why}")
    say("Prices (deploy/gcp/prices.yaml):")
    for price in prices().values():
        seen = f"seen {price.seen}" if price.seen else "not confirmed: look it up"
        say(f"  {price.usd:g} a {price.unit}: {price.source}, {seen}")
    say("Not counted: providers' fees, network to the internet, builds, alerting, BigQuery's Storage API.")
