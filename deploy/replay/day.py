"""One game day as the schedule would run it: before the games, and on the morning after."""

from datetime import date, timedelta
from typing import Literal

from deploy.local.driver import DriveError, Driver
from deploy.replay.archive import ReplayArchive, eastern_morning, next_morning
from orchestration.state import PipelineState
from shared.messages import AsOf

AsOfMode = Literal["tip", "morning"]
LEAD_MINUTES = 60


def before_games(driver: Driver, archive: ReplayArchive, day: date, mode: AsOfMode) -> None:
    """Scrapes what is known beforehand and lets the five phases run until the day's predictions are stored.

    Args:
        mode: `tip` predicts each game as of an hour before it, `morning` all of them as of ten o'clock.

    Raises:
        DriveError: the predictions are not complete; the message has every output's state.
    """
    _, last_tip = archive.tips(day)
    if mode == "tip":
        now, knowledge = last_tip - timedelta(minutes=LEAD_MINUTES), AsOf(lead_minutes=LEAD_MINUTES)
    else:
        now = eastern_morning(day)
        knowledge = AsOf(as_of=now)
    # Rosters are listed in the morning: what is listed after a game's cutoff is not known to it.
    driver.set_now(min(now, eastern_morning(day)))
    with driver.timed("slate: schedule, players, rosters"):
        driver.workflow("morning_operations", day, knowledge)
        driver.settle()
    driver.set_now(now)
    with driver.timed("slate: injuries"):
        driver.workflow("injury_report", day, knowledge)
        driver.settle()
    with driver.timed("slate: lines, features, predictions"):
        driver.workflow("betting_lines", day, knowledge)
        driver.settle()
    require(driver, day, "player_prop_predictions")


def after_games(driver: Driver, day: date) -> None:
    """Scrapes results on the morning after and lets them be summarised and graded.

    Raises:
        DriveError: the grading is not complete; the message has every output's state.
    """
    now = next_morning(day)
    knowledge = AsOf(as_of=now)
    driver.set_now(now)
    with driver.timed("results and grading"):
        driver.workflow("post_game", day, knowledge)
        driver.settle()
    require(driver, day, "prediction_accuracy")


def backfill(driver: Driver, first: date, last: date) -> None:
    """Scrapes the results of a span through the services, as an operator would."""
    driver.set_now(next_morning(last))
    with driver.timed("history: schedule"):
        driver.scrape("schedule", first, last)
        driver.settle()
    with driver.timed("history: box scores and analytics"):
        driver.scrape("box_scores", first, last)
        driver.settle()
    require(driver, last, "player_game_summary")


def require(driver: Driver, day: date, output: str) -> None:
    """Raises DriveError with the state of every output unless this one is complete for the date."""
    states = PipelineState(driver.stack.warehouse).read(day, day)
    state = states.get((day, output))
    if state and state.usable:
        return
    lines = [
        f"  {name}: {s.state} {s.reason or ''}"
        for (_, name), s in sorted(states.items(), key=lambda item: item[0][1])
    ]
    raise DriveError(f"{output} of {day} is not complete; the state is\n" + "\n".join(lines))
