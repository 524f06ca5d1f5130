"""What is watched, as steps: log-based metrics, the policies that are about them, and dashboards."""

import json
from typing import Any

from deploy.gcp.changes import Change, Difference, Found, Step, commanded
from deploy.gcp.gcloud import Command, Gcloud
from deploy.gcp.monitoring.files import File, differences, files

POLICY_LABEL = "nba-props-policy"
CHANNEL_LABEL = "nba-props"
_REMEDY = "`nba-props gcp monitoring apply --email ADDRESS --yes` makes a channel"
# Stands for a channel that is made in the same run, whose name only Google knows.
_PENDING = "THE-NEW-CHANNEL"


class Metrics:
    """The log-based metrics, which count the lines that the services write."""

    name = "log-based metrics"

    def look(self, gcloud: Gcloud) -> Found:
        there = {row["name"]: row for row in gcloud.find("logging", "metrics", "list") or ()}
        changes = [change for file in files("metrics") if (change := _metric(file, there.get(file.name)))]
        return Found(tuple(changes))


class Policies:
    """The alert policies, which tell the channels of this platform.

    Args:
        email: a channel for it is made where there is none; without it there has to be one.
    """

    name = "alert policies"

    def __init__(self, email: str | None) -> None:
        self._email = email

    def look(self, gcloud: Gcloud) -> Found:
        """Policies that would tell nobody are not made."""
        channels = _channels(gcloud)
        changes = []
        if self._email and self._email not in channels.values():
            changes.append(_channel(self._email))
        if not channels and not changes:
            return Found(broken=(f"alerts would tell nobody: {_REMEDY}",))
        rows = gcloud.find("alpha", "monitoring", "policies", "list") or ()
        there = {name: row for row in rows if (name := row.get("userLabels", {}).get(POLICY_LABEL))}
        known = [file.name for file in files("policies")]
        told = set(channels) | ({_PENDING} if changes else set())
        for file in files("policies"):
            if change := _policy(file, there.get(file.name), told):
                changes.append(change)
        return Found(tuple(changes), strange=tuple(f"policy {n}" for n in sorted(there) if n not in known))


class Dashboards:
    """The dashboards, found again by their titles."""

    name = "dashboards"

    def look(self, gcloud: Gcloud) -> Found:
        rows = gcloud.find("monitoring", "dashboards", "list") or ()
        there = {row.get("displayName"): row for row in rows}
        found = [_dashboard(file, there.get(file.body["displayName"])) for file in files("dashboards")]
        return Found(tuple(change for change in found if change))


def steps(email: str | None) -> list[Step]:
    """Everything that is watched, in the order in which it can be made."""
    return [Metrics(), Policies(email), Dashboards()]


def _metric(file: File, row: Any) -> Change | None:
    what, config = f"metric {file.name}", f"--config-from-file={file.path}"
    if row is None:
        create = Command(("logging", "metrics", "create", file.name, config), file.body["description"])
        return commanded(what, create)
    differs = tuple(differences(row, file.body))
    update = Command(("logging", "metrics", "update", file.name, config), file.body["description"])
    return commanded(what, update, differs) if differs else None


def _channels(gcloud: Gcloud) -> dict[str, str]:
    """Name -> address of the channels that this platform has made."""
    rows = gcloud.find("beta", "monitoring", "channels", "list") or ()
    own = [row for row in rows if CHANNEL_LABEL in row.get("userLabels", {}) and row.get("enabled", True)]
    return {row["name"]: row.get("labels", {}).get("email_address", "") for row in own}


def _channel(email: str) -> Change:
    create = (
        *("beta", "monitoring", "channels", "create", "--type=email"),
        f"--display-name=NBA props: {email}",
        f"--channel-labels=email_address={email}",
        f"--user-labels={CHANNEL_LABEL}=operator",
    )
    return commanded(f"notification channel {email}", Command(create, "alerts tell it"))


def _policy(file: File, row: Any, told: set[str]) -> Change | None:
    """The channels are read when the change is made: one may have been made just before."""
    channels = set(row.get("notificationChannels", ())) if row else set()
    differs = tuple(differences(row, file.body)) if row else ()
    if row and not told <= channels:
        differs = (*differs, Difference("channels told", str(len(channels)), str(len(told))))
    if row and not differs:
        return None

    def do(gcloud: Gcloud) -> None:
        names = ",".join(sorted(_channels(gcloud))) or _PENDING
        if row is None:
            verb = ["create", f"--notification-channels={names}"]
        else:
            verb = ["update", row["name"], f"--set-notification-channels={names}"]
        args = ("alpha", "monitoring", "policies", *verb, f"--policy-from-file={file.path}")
        gcloud.run(Command(args, file.body["displayName"]))

    return Change(f"policy {file.name}", do, differs)


def _dashboard(file: File, row: Any) -> Change | None:
    what, title = f"dashboard {file.name}", file.body["displayName"]
    if row is None:
        create = ("monitoring", "dashboards", "create", f"--config-from-file={file.path}")
        return commanded(what, Command(create, title))
    differs = tuple(differences(row, file.body))
    # The etag says which version this one follows, so that nobody else's change is lost.
    config = json.dumps({**file.body, "etag": row.get("etag", "")})
    update = ("monitoring", "dashboards", "update", row["name"], f"--config={config}")
    return commanded(what, Command(update, title), differs) if differs else None
