"""Whether a day with a fault kept its promises: nothing false, no storm, recovery, a true status."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import requests

from deploy.local.driver import Driver
from deploy.replay.archive import ArchiveError
from deploy.replay.day_faults import DayFault
from deploy.replay.day_verdict import DayVerdict
from deploy.replay.operating_day import DayPlan, DayRun, Step
from orchestration.bus_setup import dead_subscription
from orchestration.pipeline import load_pipeline
from orchestration.state import PipelineState, State, States
from shared.warehouse.specs import spec_of

# A handler that is given a message more often than this, for each time of a day without a fault, storms.
MOST_DELIVERIES = 3
# So that one more delivery of what comes once is no storm.
_FEW = 5
_EVERY = timedelta(minutes=55)
_SECONDS = 30.0


@dataclass
class Watch:
    """Looks at the day about once an hour while it passes."""

    driver: Driver
    plan: DayPlan
    false_complete: list[str] = field(default_factory=list)
    lies: list[str] = field(default_factory=list)
    looks: int = 0
    _looked_at: datetime | None = None

    def look(self, step: Step) -> None:
        """To be called after each step."""
        if self._looked_at and step.at - self._looked_at < _EVERY:
            return
        self._looked_at, self.looks = step.at, self.looks + 1
        states = PipelineState(self.driver.stack.warehouse).read(self.plan.day, self.plan.day)
        when = f"{step.at:%d %H:%M} UTC"
        self.false_complete += [f"{when}: {each}" for each in unproven(states)]
        self.lies += [f"{when}: {each}" for each in self._untrue(states, step.at)]

    def _untrue(self, states: States, now: datetime) -> list[str]:
        """What the status says otherwise than the events do; a coordinator that is down says nothing."""
        stack, day = self.driver.stack, self.plan.day
        url = f"{stack.url('coordinator')}/api/v1/status/{day}"
        try:
            answer = requests.get(url, headers={"X-API-Key": stack.keys["coordinator"]}, timeout=_SECONDS)
        except requests.RequestException:
            return []
        if not answer.ok:
            return [f"the status answers {answer.status_code}"]
        body = answer.json()
        wrong = wrongs(states, self.plan, now)
        if wrong and body["health"] == "healthy":
            return [f"the status says healthy, and {'; '.join(wrong)}"]
        if not wrong and body["health"] != "healthy":
            return [f"the status says {body['health']}, and nothing is wrong"]
        told = {each["output"]: each["state"] for each in body["outputs"]}
        return [
            f"the status says {output} is {told.get(output)}, its last event says {state.state}"
            for (_, output), state in states.items()
            if output in told and told[output] != state.state
        ]


def unproven(states: States) -> list[str]:
    """Outputs that are called complete and have fewer games than the schedule."""
    return [
        f"{output} is COMPLETE with {state.games} of {state.games_expected} games"
        for (_, output), state in states.items()
        if state.state is State.COMPLETE and (state.games or 0) < (state.games_expected or 0)
    ]


def wrongs(states: States, plan: DayPlan, now: datetime) -> list[str]:
    """What of the date has failed, is degraded or overdue: from pipeline.yaml and the events alone."""
    found = []
    for rule in load_pipeline().phases.values():
        for output, each in rule.outputs.items():
            state = states.get((plan.day, output))
            overdue = each.due is not None and each.due.moment(plan.day) < now
            if state and state.state in (State.FAILED, State.DEGRADED):
                found.append(f"{output} is {state.state}")
            elif overdue and not (state and state.terminal):
                found.append(f"{output} is overdue")
    return found


@dataclass(frozen=True)
class FaultVerdict:
    """What a fault made of the promises; each a list of sentences, empty when it is kept.

    Args:
        false_complete: outputs called complete that were not. lies: of the status. storms: deliveries.
        unrecovered: what is not as it should be at the end although the fault has ended.
    """

    fault: str
    false_complete: tuple[str, ...]
    lies: tuple[str, ...]
    storms: tuple[str, ...]
    unrecovered: tuple[str, ...]

    @property
    def kept(self) -> bool:
        return not (self.false_complete or self.lies or self.storms or self.unrecovered)


def fault_free_deliveries(file: Path, day: date) -> dict[str, int]:
    """Deliveries by subscription of a day without a fault, from what `nba-props day --json` wrote.

    Raises:
        ArchiveError: it is no such file, or of another day.
    """
    try:
        found = json.loads(file.read_text())
        known, deliveries = found["day"], {str(k): int(v) for k, v in found["deliveries"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(
            f"--against {file} is not what `nba-props day {day} --json` writes: {error}"
        ) from None
    if known != str(day) or found["fault"] is not None:
        raise ArchiveError(f"--against {file} is of {known}, not of {day} without a fault")
    return deliveries


def judge_fault(
    fault: DayFault, watch: Watch, run: DayRun, day: DayVerdict, fault_free: dict[str, int]
) -> FaultVerdict:
    """Holds a day with a fault against one without.

    Args:
        fault_free: deliveries by subscription of that one.
    """
    ended = fault.until is not None or fault.name.startswith("messages-")
    return FaultVerdict(
        fault.name,
        tuple(watch.false_complete + _miscounted(watch)),
        tuple(watch.lies),
        storms(run.deliveries, fault_free),
        day.faults if ended else (),
    )


def storms(deliveries: dict[str, int], fault_free: dict[str, int]) -> tuple[str, ...]:
    """Subscriptions whose handlers were run far more often than without the fault, each a sentence.

    A dead letter is one more run for the message that it was, so a topic's are counted with its messages.
    """
    found = []
    for each in load_pipeline().subscriptions:
        dead = deliveries.get(dead_subscription(each.topic), 0)
        count, usual = deliveries.get(each.name, 0) + dead, fault_free.get(each.name, 0)
        if count > max(MOST_DELIVERIES * usual, _FEW):
            found.append(
                f"{each.name} was delivered {count} messages, {dead} of them as dead letters; "
                f"{usual} without the fault"
            )
    return tuple(found)


def _miscounted(watch: Watch) -> list[str]:
    """Outputs whose last event counts other rows than the table has at the end."""
    warehouse, day = watch.driver.stack.warehouse, watch.plan.day
    found = []
    for (_, output), state in PipelineState(warehouse).read(day, day).items():
        if state.state is not State.COMPLETE or "/" in output or output == "model_retraining":
            continue
        if spec_of(output).partition == "game_date":
            stored = warehouse.read(output, ["game_date"], day, day).num_rows
            if stored != state.rows_stored:
                found.append(f"{output} is COMPLETE with {state.rows_stored} rows, and has {stored}")
    return found
