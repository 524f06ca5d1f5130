"""What can go wrong on a simulated day: sources, services and the bus, each from one time to another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from deploy.local.driver import Driver
from deploy.local.scheduler import Answer
from deploy.registry import services
from deploy.replay.operating_day import Act, DayPlan
from shared.clock import eastern_moment

_ALWAYS = 1_000_000
_CDN = "/cdn.nba.com/static/json"
_STATS = "/stats.nba.com/stats"
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class SourceFaults:
    """Where a source is asked, and until when one that is two hours late is missing.

    Args:
        paths: prefixes of what it asks. some: of a part of that; none where all comes in one body.
        late_until: two hours after its first call; on the day after when that is in the night.
    """

    paths: tuple[str, ...]
    late_until: time
    some: tuple[str, ...] = ()
    next_day: bool = False


SOURCES = {
    "schedule": SourceFaults(
        (f"{_STATS}/scheduleleaguev2int", f"{_CDN}/staticData/scheduleLeagueV2"), time(8)
    ),
    "player_index": SourceFaults((f"{_STATS}/playerindex",), time(8)),
    # Team ids that begin with 1: 1 and 10 to 19.
    "rosters": SourceFaults(
        ("/site.api.espn.com/",),
        time(8),
        some=("/site.api.espn.com/apis/site/v2/sports/basketball/nba/teams/1",),
    ),
    "injury_report": SourceFaults(("/ak-static.cms.nba.com/",), time(12)),
    # The events come, their boards do not.
    "odds": SourceFaults(
        ("/api.the-odds-api.com/",),
        time(10),
        some=("/api.the-odds-api.com/v4/sports/basketball_nba/events/",),
    ),
    "bettingpros": SourceFaults(
        ("/api.bettingpros.com/",), time(10), some=("/api.bettingpros.com/v3/offers",)
    ),
    "box_scores": SourceFaults(
        (f"{_STATS}/boxscoretraditionalv3", f"{_CDN}/liveData/boxscore"), time(3), next_day=True
    ),
    "play_by_play": SourceFaults((f"{_CDN}/liveData/playbyplay",), time(3), next_day=True),
    "bdl_box_scores": SourceFaults(("/api.balldontlie.io/",), time(3), next_day=True),
}
_BY_GAME = {"box_scores", "play_by_play"}


@dataclass(frozen=True)
class DayFault:
    """Something wrong for a while.

    Args:
        begin, end: do it and undo it, and say what they did.
        first, until: when; `until` None for one that lasts all day.
    """

    name: str
    begin: Callable[[Driver], str]
    end: Callable[[Driver], str]
    first: datetime
    until: datetime | None

    def acts(self) -> tuple[Act, ...]:
        """What happens when."""
        acts = [Act(self.first, f"fault: {self.name}", _told(self.begin))]
        if self.until:
            acts.append(Act(self.until, f"end of: {self.name}", _told(self.end)))
        return tuple(acts)


def _told(do: Callable[[Driver], str]) -> Callable[[Driver], Answer]:
    return lambda driver: Answer(200, {"reason": do(driver)})


def day_faults(plan: DayPlan) -> dict[str, DayFault]:
    """Every fault that a day can have, by name."""
    found = [*_source_faults(plan), *_service_faults(plan), *_bus_faults(plan)]
    return {fault.name: fault for fault in found}


def _source_faults(plan: DayPlan) -> Iterator[DayFault]:
    for source, at in SOURCES.items():
        back = eastern_moment(plan.day + timedelta(days=at.next_day), at.late_until)
        absent = [{"path_prefix": path, "kind": "status", "status": 404} for path in at.paths]
        late = [{"path_prefix": path, "kind": "status", "status": 503} for path in at.paths]
        corrupted = [{"path_prefix": path, "kind": "malformed"} for path in at.paths]
        yield _source_fault(f"{source}-missing", absent, plan.begins, None)
        yield _source_fault(f"{source}-late", late, plan.begins, back)
        yield _source_fault(f"{source}-corrupted", corrupted, plan.begins, back)
        if some := _some(plan, source, at):
            yield _source_fault(f"{source}-partial", some, plan.begins, back)


def _some(plan: DayPlan, source: str, at: SourceFaults) -> list[dict[str, Any]]:
    """Faults of a part of what a source asks: of the date's first game, or as declared."""
    if source in _BY_GAME:
        games = plan.archive.games
        game = min(games.loc[games["game_date"] == plan.day, "nba_game_id"])
        paths = [f"{path}/{path.rpartition('/')[2]}_{game}" for path in at.paths if path.startswith(_CDN)]
        found: list[dict[str, Any]] = [{"path_prefix": path} for path in paths]
        if source == "box_scores":
            found.append({"path_prefix": f"{_STATS}/boxscoretraditionalv3", "contains": str(game)})
    else:
        found = [{"path_prefix": path} for path in at.some]
    return [{**each, "kind": "status", "status": 404} for each in found]


def _source_fault(
    name: str, faults: list[dict[str, Any]], first: datetime, until: datetime | None
) -> DayFault:
    def begin(driver: Driver) -> str:
        plan = [{**fault, "times": _ALWAYS} for fault in faults]
        driver.set_faults(f"{driver.stack.url('upstream')}/_control/faults", {"faults": plan})
        return ", ".join(
            f"{fault['path_prefix']} answers {fault.get('status', 'nonsense')}" for fault in plan
        )

    def end(driver: Driver) -> str:
        driver.set_faults(f"{driver.stack.url('upstream')}/_control/faults", {"faults": []})
        return "answers as it should"

    return DayFault(name, begin, end, first, until)


def _service_faults(plan: DayPlan) -> Iterator[DayFault]:
    """An hour in the morning, as the first injury report comes, and one in the night, as box scores come."""
    morning = eastern_moment(plan.day, time(10)) - _MINUTE
    night = eastern_moment(plan.day + timedelta(days=1), time(1)) - _MINUTE
    for service in services():
        for when, first in (("morning", morning), ("night", night)):
            yield _down(service, f"{service}-down-{when}", first)


def _down(service: str, name: str, first: datetime) -> DayFault:
    def begin(driver: Driver) -> str:
        driver.stack.supervisor.take_down(service)
        return f"{service} is down"

    def end(driver: Driver) -> str:
        driver.stack.supervisor.bring_up(service)
        driver.stack.wait_until_ready(service)
        return f"{service} is up"

    return DayFault(name, begin, end, first, first + timedelta(hours=1))


def _bus_faults(plan: DayPlan) -> Iterator[DayFault]:
    morning = eastern_moment(plan.day, time(10)) - _MINUTE
    yield _bus_fault("messages-duplicated", {"duplicate": 1}, {"duplicate": 0}, plan.begins, None)
    yield _bus_fault(
        "messages-reordered", {"disorder_seconds": 3}, {"disorder_seconds": 0}, plan.begins, None
    )
    yield _bus_fault("bus-outage", {"outage": True}, {"outage": False}, morning, morning + timedelta(hours=1))


def _bus_fault(
    name: str, on: dict[str, Any], off: dict[str, Any], first: datetime, until: datetime | None
) -> DayFault:
    def set_to(body: dict[str, Any]) -> Callable[[Driver], str]:
        def do(driver: Driver) -> str:
            driver.set_faults(f"{driver.stack.url('pubsub-http')}/faults", body)
            return ", ".join(f"{key}: {value}" for key, value in body.items())

        return do

    return DayFault(name, set_to(on), set_to(off), first, until)
