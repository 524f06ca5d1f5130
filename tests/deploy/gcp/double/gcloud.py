"""A gcloud whose cloud is a folder: what releases call, with gcloud's own refusals, failing on cue.

Its first argument is the folder. It takes no flag that it does not know, and starts nothing.
"""

import json
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import world
from vault import access, list_secrets, list_versions
from world import Flags, refuse

_EVERYWHERE = {"--project", "--quiet", "--format", "--region"}
_DEPLOY = {
    *(
        "--source",
        "--no-invoker-iam-check",
        "--allow-unauthenticated",
        "--ingress",
        "--tag",
        "--no-traffic",
        "--service-account",
        "--memory",
        "--cpu",
    ),
    *("--build-service-account", "--concurrency", "--timeout", "--min-instances", "--max-instances"),
    *("--update-env-vars", "--update-secrets", "--remove-secrets", "--update-labels"),
}
_TRAFFIC = {"--to-revisions", "--update-tags", "--remove-tags"}


def pairs(text: str) -> dict[str, str]:
    """KEY=VALUE,... as gcloud reads them, with another separator after ^;^."""
    separator = ","
    if text.startswith("^"):
        separator, text = text[1], text[3:]
    return dict(part.partition("=")[::2] for part in text.split(separator) if part)


def describe(folder: Path, names: list[str], flags: Flags) -> Any:
    state = world.read(folder)
    service = found(state, names[0], "describe")
    host = f"{state['front']}/{folder.name}"
    percents = world.traffic(service)
    targets: list[dict[str, Any]] = [
        {"revisionName": name, "percent": percent} for name, percent in percents.items()
    ]
    for target in service["traffic"]:
        if target["tag"]:
            url = f"{host}/{target['tag']}---{names[0]}"
            targets.append({"revisionName": target["revision"], "tag": target["tag"], "url": url})
    newest = service["revisions"][-1]
    env = [{"name": name, "value": value} for name, value in service["env"].items()]
    env += mounts(service["secrets"])
    return {
        "metadata": {"name": names[0], "labels": newest["labels"]},
        "spec": {"template": {"spec": {"containers": [{"env": env}]}}},
        "status": {
            "url": f"{host}/{names[0]}",
            "latestCreatedRevisionName": newest["name"],
            "latestReadyRevisionName": service["latest_ready"],
            "traffic": targets,
        },
    }


def mounts(secrets: dict[str, str]) -> list[dict[str, Any]]:
    pairs = {name: secret.partition(":")[::2] for name, secret in secrets.items()}
    return [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
        for name, (secret, key) in pairs.items()
    ]


def found(state: world.State, name: str, verb: str) -> dict[str, Any]:
    if name not in state["services"]:
        refuse(f"(gcloud.run.services.{verb}) Cannot find service [{name}]")
    return state["services"][name]


def revisions(folder: Path, names: list[str], flags: Flags) -> Any:
    service = found(world.read(folder), flags["--service"], "list")
    return [
        {
            "metadata": {
                "name": each["name"],
                "creationTimestamp": each["created"],
                "labels": {**each["labels"], "serving.knative.dev/service": flags["--service"]},
            },
            "spec": {"containers": [{"env": mounts(each["secrets"])}]},
            "status": {"conditions": [{"type": "Ready", "status": str(each["ready"])}]},
        }
        for each in service["revisions"]
    ]


def deploy(folder: Path, names: list[str], flags: Flags) -> Any:
    cue = take_cue(folder, "deploy-as") or {}
    with world.changing(folder) as state:
        name = names[0]
        new = name not in state["services"]
        if new and "--no-traffic" in flags:
            refuse("(gcloud.run.deploy) --no-traffic not supported when creating a new service.")
        secrets = pairs(flags["--update-secrets"])
        for secret in secrets.values():
            if secret.partition(":")[0] not in state["secrets"] or not secret.endswith(":1"):
                refuse(f"(gcloud.run.deploy) Secret projects/1/secrets/{secret} was not found")
        service = state["services"].setdefault(
            name,
            {
                "revisions": [],
                "traffic": [{"revision": world.LATEST, "percent": 100, "tag": None}],
                "latest_ready": None,
                "env": {},
                "secrets": {},
            },
        )
        if "--no-traffic" in flags:
            pin_latest(service)
        service["env"] |= pairs(flags["--update-env-vars"])
        removed = flags.get("--remove-secrets", "").split(",")
        kept = {name: secret for name, secret in service["secrets"].items() if name not in removed}
        service["secrets"] = kept | secrets
        made = {
            "name": f"{name}-{len(service['revisions']) + 1:05d}-abc",
            "created": datetime.now(UTC).isoformat(),
            "labels": pairs(flags["--update-labels"]),
            "env": dict(service["env"]),
            "secrets": dict(service["secrets"]),
            "keys": state["secrets"][service["secrets"]["VALID_API_KEYS"].partition(":")[0]],
            "ready": not cue.get("broken", False),
            "behaviour": cue.get("behaviour", {}),
        }
        service["revisions"].append(made)
        if made["ready"]:
            service["latest_ready"] = made["name"]
        set_tags(service, {flags["--tag"]: made["name"]}, ())
    if not made["ready"]:
        refuse(
            f"(gcloud.run.deploy) Revision '{made['name']}' is not ready and cannot serve traffic. The "
            "user-provided container failed to start and listen on the port "
            "defined provided by the PORT=8080 environment variable within the allocated timeout."
        )
    return None


def pin_latest(service: dict[str, Any]) -> None:
    """What --no-traffic does to traffic that follows the latest revision."""
    for target in service["traffic"]:
        if target["revision"] == world.LATEST:
            if service["latest_ready"] is None:
                refuse("(gcloud.run.deploy) spec.traffic[0]: revision_name must be set")
            target["revision"] = service["latest_ready"]


def set_tags(service: dict[str, Any], update: dict[str, str], remove: tuple[str, ...]) -> None:
    for target in service["traffic"]:
        if target["tag"] in remove or target["tag"] in update:
            target["tag"] = None
    kept = [target for target in service["traffic"] if target["percent"] or target["tag"]]
    service["traffic"] = kept + [
        {"revision": revision, "percent": 0, "tag": tag} for tag, revision in update.items()
    ]


def update_traffic(folder: Path, names: list[str], flags: Flags) -> Any:
    cue = take_cue(folder, "traffic-as") or {}
    wanted = {name: int(percent) for name, percent in pairs(flags["--to-revisions"]).items()}
    with world.changing(folder) as state:
        service = found(state, names[0], "update-traffic")
        set_tags(
            service, pairs(flags.get("--update-tags", "")), tuple(flags.get("--remove-tags", "").split(","))
        )
        known = {each["name"]: each["ready"] for each in service["revisions"]}
        if unknown := [name for name in wanted if name not in known]:
            refuse(f"(gcloud.run.services.update-traffic) Revision {unknown} could not be found")
        if sum(wanted.values()) != 100:
            refuse("(gcloud.run.services.update-traffic) Over or under 100% of traffic is specified.")
        referred = {*wanted, *(target["revision"] for target in service["traffic"] if target["tag"])}
        if broken := [name for name in referred if not known.get(name, True)]:
            refuse(f"(gcloud.run.services.update-traffic) Revision '{broken[0]}' is not ready")
        if not cue.get("ignored"):
            tags = [{**target, "percent": 0} for target in service["traffic"] if target["tag"]]
            parts = [{"revision": name, "percent": percent, "tag": None} for name, percent in wanted.items()]
            service["traffic"] = parts + tags
    return None


def read_logs(folder: Path, names: list[str], flags: Flags) -> Any:
    text = names[0]
    revision = re.search(r'revision_name="([^"]+)"', text)
    bounds = dict(re.findall(r'timestamp(>=|<=)"([^"]+)"', text))
    state = world.read(folder)
    shown_until = (datetime.now(UTC) - timedelta(seconds=state["log_delay"])).isoformat()
    rows = [
        row
        for row in world.lines(folder, world.REQUESTS)
        if (revision is None or row["resource"]["labels"]["revision_name"] == revision[1])
        and bounds.get(">=", "") <= row["timestamp"] <= min(bounds.get("<=", shown_until), shown_until)
    ]
    return rows[::-1][: int(flags.get("--limit", "1000"))]


Run = Callable[[Path, list[str], Flags], Any]
COMMANDS: dict[tuple[str, ...], tuple[Run, set[str]]] = {
    ("run", "services", "describe"): (describe, set()),
    ("run", "services", "update-traffic"): (update_traffic, _TRAFFIC),
    ("run", "revisions", "list"): (revisions, {"--service", "--limit"}),
    ("run", "deploy"): (deploy, _DEPLOY),
    ("logging", "read"): (read_logs, {"--limit", "--order"}),
    ("secrets", "list"): (list_secrets, set()),
    ("secrets", "versions", "list"): (list_versions, set()),
    ("secrets", "versions", "access"): (access, {"--secret"}),
}


def take_cue(folder: Path, kind: str, line: str = "") -> dict[str, Any] | None:
    """The first cue of a kind that is still to come, used up."""
    path = folder / world.CUES
    cues = json.loads(path.read_text()) if path.exists() else []
    for cue in cues:
        if cue["kind"] == kind and cue.get("match", "") in line and cue.get("times", 1) > 0:
            cue["times"] = cue.get("times", 1) - 1
            path.write_text(json.dumps(cues))
            return dict(cue)
    return None


def main() -> None:
    folder, argv = Path(sys.argv[1]), sys.argv[2:]
    if argv[0] == "meta":
        real_gcloud(argv)
    command = next((key for key in COMMANDS if tuple(argv[: len(key)]) == key), None)
    if command is None:
        refuse(f"(gcloud) Invalid choice: {argv[:3]}", 2)
    run, known = COMMANDS[command]
    rest = argv[len(command) :]
    flags = dict(arg.partition("=")[::2] for arg in rest if arg.startswith("--"))
    if strange := set(flags) - known - _EVERYWHERE:
        refuse(f"(gcloud.{'.'.join(command)}) unrecognized arguments: {sorted(strange)}", 2)
    world.append(folder, world.CALLS, {"argv": argv, "at": time.time()})
    line = " ".join(argv)
    if take_cue(folder, "die-before", line):
        os.kill(os.getpid(), signal.SIGKILL)
    if cue := take_cue(folder, "fail", line):
        refuse(cue.get("stderr", "(gcloud) HttpError accessing <https://run.googleapis.com/>: <503>"))
    if cue := take_cue(folder, "hang", line):
        (folder / "hanging").touch()
        time.sleep(cue["seconds"])
    answer = run(folder, [arg for arg in rest if not arg.startswith("--")], flags)
    if take_cue(folder, "die-after", line):
        os.kill(os.getpid(), signal.SIGKILL)
    if flags.get("--format", "").startswith("json") and answer is not None:
        sys.stdout.write(json.dumps(answer))


def real_gcloud(argv: list[str]) -> NoReturn:
    """What touches no network is the real one's: the next on PATH."""
    path = os.pathsep.join(os.environ["PATH"].split(os.pathsep)[1:])
    real = shutil.which("gcloud", path=path)
    if real is None:
        refuse("(gcloud.meta) there is no real gcloud", 127)
    os.execv(real, [real, *argv])


main()
