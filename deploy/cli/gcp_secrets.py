"""`nba-props gcp secrets`: set, rotate and check, without a value in a command line or a log."""

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.console import console
from deploy.cli.friendly import friendly
from deploy.cli.gcp_options import ENV, LEFT_TO_DO, REGION, DryRun, Env, Project, Region, gcloud_for, say

if TYPE_CHECKING:
    from deploy.gcp.rotation import Retired

secrets_app = typer.Typer(
    no_args_is_help=True,
    help="Gives secrets their values, rotates keys, and says what is lacking.\n\n"
    "Example: nba-props gcp secrets check --project my-project",
)
Name = Annotated[str, typer.Argument(help="As deploy/gcp/secrets.yaml has it, e.g. odds-api-key.")]


@secrets_app.command("set")
def set_command(
    name: Name,
    project: Project,
    from_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Holds the value; stdin without.")
    ] = None,
    placeholder: Annotated[
        bool, typer.Option("--placeholder", help="Sets a placeholder, which a deploy refuses.")
    ] = False,
    region: Region = REGION,
    env: Env = ENV,
    dry_run: DryRun = False,
) -> None:
    """Stores a value as the newest version, read from a file or from stdin, and reads it back.

    Example: nba-props gcp secrets set odds-api-key --project my-project --from-file odds.key
    """
    from deploy.gcp.secrets import PLACEHOLDER, add_version, checked, spec_of

    with friendly():
        gcloud = gcloud_for(project, region, env, dry_run=dry_run)
        spec = spec_of(name)
        value = PLACEHOLDER if placeholder else checked(spec, _given(name, from_file))
        held = add_version(gcloud, name, value)
        if not dry_run:
            say(f"{name}: version {held.version} is stored")
            _until_deployed(name)


@secrets_app.command("rotate")
def rotate_command(
    name: Name,
    project: Project,
    out: Annotated[
        Path | None, typer.Option(help="A new file for the new key, readable by you alone.")
    ] = None,
    retire: Annotated[bool, typer.Option("--retire", help="Takes the old keys away instead.")] = False,
    region: Region = REGION,
    env: Env = ENV,
    dry_run: DryRun = False,
) -> None:
    """Adds a new key beside the old ones, which stay valid until --retire.

    Example: nba-props gcp secrets rotate analytics-api-keys --project my-project --out new.key

    Example: nba-props gcp secrets rotate analytics-api-keys --project my-project --retire
    """
    from deploy.gcp import rotation

    if retire == (out is not None):
        raise typer.BadParameter("is needed for a new key, and for nothing else", param_hint="--out")
    with friendly():
        gcloud = gcloud_for(project, region, env, dry_run=dry_run)
        if out is None:
            retired = rotation.retire(gcloud, name)
            held, told = retired.held, "holds the new key alone"
        else:
            held = rotation.rotate(gcloud, name, out)
            told = f"holds the new key, which is in {out}, and the old"
        if dry_run:
            return
        say(f"{name}: version {held.version} {told}")
        if out is None:
            _tell_retired(name, retired)
        else:
            _until_deployed(name)


@secrets_app.command("check")
def check_command(project: Project, region: Region = REGION, env: Env = ENV) -> None:
    """Says of each secret what it holds, without showing it, and whether what serves mounts the newest.

    Exit status 2: a required one is lacking, or a newer version waits for a deploy.

    Example: nba-props gcp secrets check --project my-project
    """
    from deploy.gcp.rotation import readers
    from deploy.gcp.secret_store import secret_specs
    from deploy.gcp.secrets import check_secrets, refusals

    with friendly():
        gcloud = gcloud_for(project, region, env, dry_run=False)
        held = check_secrets(gcloud, secret_specs())
        lacking = refusals(held, ())
        late = []
        for each in held:
            say(f"{each.name}: {_told(each.version, each.state, each.placeholder)}")
            for reader in readers(gcloud, each) if each.mountable else ():
                if reader.stale:
                    serves = f"{reader.service} serves {', '.join(reader.stale)}"
                    late.append(f"{serves}, which does not mount the newest {each.name}")
    for line in [*lacking, *(f"{each}: `nba-props gcp deploy {each.split()[0]}`" for each in late)]:
        say(line)
    if lacking or late:
        raise typer.Exit(LEFT_TO_DO)
    console.print("Every required secret holds a value, and what serves mounts it.")


def _told(version: str | None, state: str, placeholder: bool) -> str:
    if version is None:
        return "no value"
    return f"version {version}, {state}" + (", a PLACEHOLDER" if placeholder else "")


def _given(name: str, from_file: Path | None) -> bytes:
    if from_file:
        return from_file.read_bytes()
    if sys.stdin.isatty():
        return getpass.getpass(f"{name} (not shown): ").encode()
    return sys.stdin.buffer.read()


def _tell_retired(name: str, retired: "Retired") -> None:
    if retired.lost:
        say(f"Cannot be gone back to, as they mount a version that is disabled: {', '.join(retired.lost)}")
    if retired.kept:
        say(f"Version {', '.join(retired.kept)} stays as long as what serves or waits mounts it.")
        _until_deployed(name)
        say(f"  nba-props gcp secrets rotate {name} --retire, once more")


def _until_deployed(name: str) -> None:
    from deploy.gcp.secrets import services_mounting

    say("A revision mounts what was the newest at its deploy, so it is not in use before a new revision:")
    say(f"  nba-props gcp deploy {services_mounting(name)}, then `nba-props gcp secrets check`")
