"""The daily look: each question has an answer in a line, and what is not well has a remedy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from deploy.gcp.addresses import addresses
from deploy.gcp.changes import Step, look_at
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.keys import service_key
from deploy.gcp.secret_store import secret_specs
from deploy.gcp.secrets import check_secrets, refusals
from deploy.registry import services

# GET of a service: (address, key, path) -> the JSON that it answers. Raises what `failing` names.
Get = Callable[[str, str, str], dict[str, Any]]


@dataclass(frozen=True)
class Answer:
    """What was found about one thing, and whether it is well."""

    well: bool
    text: str


class Daily:
    """The questions of a morning.

    Args:
        get: asks a service. failing: what `get` raises when it is refused or gets no answer.
    """

    def __init__(self, gcloud: Gcloud, get: Get, failing: type[Exception]) -> None:
        self._gcloud, self._get, self._failing = gcloud, get, failing
        self._urls = addresses(gcloud)

    def ask(self, today: date, steps: list[Step]) -> Iterator[Answer]:
        """Every question in turn, and nothing is left out because of an answer before. Raises GcloudError."""
        for name in services():
            yield self._asked(name, "/ready", lambda found: (True, "ready"))
        for day in (today - timedelta(days=1), today):
            yield self._asked("coordinator", f"/api/v1/status/{day}", _standing)
        yield self._asked("coordinator", "/api/v1/dead-letters?limit=1000", _letters)
        lacking = refusals(check_secrets(self._gcloud, secret_specs()), ())
        yield Answer(not lacking, "; ".join(lacking) or "secrets: every required one holds a value")
        found = look_at(steps, self._gcloud, lambda _: None)
        count = found.changes + len(found.waiting) + len(found.strange) + len(found.broken)
        told = f"{count} things differ from the repository: `nba-props gcp drift`" if count else "drift: none"
        yield Answer(not count, told)

    def _asked(self, name: str, path: str, judge: Callable[[dict[str, Any]], tuple[bool, str]]) -> Answer:
        if name not in self._urls:
            return Answer(False, f"{name}: not deployed: `nba-props gcp deploy {name}`")
        key = service_key(self._gcloud, services()[name])
        try:
            well, told = judge(self._get(self._urls[name], key, path))
        except self._failing as error:
            return Answer(False, f"{name}: {error}: `nba-props gcp logs {name} --errors`")
        return Answer(well, f"{name}: {told}")


def _standing(found: dict[str, Any]) -> tuple[bool, str]:
    day, health = found["game_date"], found["health"]
    wrong = [o["output"] for o in found["outputs"] if o["health"] != "healthy"]
    games = f"{found['final_games']} of {found['games']} games final"
    told = f"{day} is {health}, {games}" + (f"; not well: {', '.join(wrong)}" if wrong else "")
    return health == "healthy", told


def _letters(found: dict[str, Any]) -> tuple[bool, str]:
    count = found["count"]
    return not count, f"{count} dead letters that nobody has decided about" if count else "no dead letters"
