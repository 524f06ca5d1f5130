"""A slate gives the same tables however often it runs, is delivered, or is interrupted."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deploy.chaos.contents import Contents, differences, read_contents
from deploy.local.driver import Driver
from deploy.local.stack import PROJECT, StackOptions, running_stack
from deploy.registry import services
from deploy.replay.archive import ReplayArchive
from deploy.replay.day import AsOfMode, after_games, before_games
from deploy.replay.replay import ReplayOptions, ReplayResult, replay
from deploy.replay.store import Computed, compute
from shared.warehouse.storage import StorageReader

DAYS = 2
# As of when -> what was said of the last date.
Saids = dict[AsOfMode, Any]


@pytest.fixture(scope="module")
def archive(league: Path) -> ReplayArchive:
    return ReplayArchive(league)


@pytest.fixture(scope="module")
def driver(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A platform that nothing but a replay has touched."""
    with running_stack(StackOptions(tmp_path_factory.mktemp("stack"), league)) as stack:
        yield Driver(stack)


@pytest.fixture(scope="module")
def slates(archive: ReplayArchive) -> list[date]:
    return archive.dates[-DAYS:]


def options(archive: ReplayArchive, slates: list[date]) -> ReplayOptions:
    return ReplayOptions(archive, slates[0], slates[-1], bulk_until=slates[0])


@pytest.fixture(scope="module")
def clean(driver: Driver, archive: ReplayArchive, slates: list[date]) -> ReplayResult:
    return replay(driver, options(archive, slates), lambda *_: None)


@pytest.fixture(scope="module")
def expected(driver: Driver, clean: ReplayResult) -> Contents:
    tables = read_contents(driver.stack.warehouse)
    assert tables["nba_predictions.player_prop_predictions"]
    assert tables["nba_predictions.prediction_accuracy"]
    return tables


def assert_equal(found: Contents, expected: Contents) -> None:
    assert differences(found, expected) == []


@pytest.mark.slow
def test_running_a_date_again_changes_nothing(
    driver: Driver, archive: ReplayArchive, slates: list[date], expected: Contents
) -> None:
    before_games(driver, archive, slates[-1], "tip")
    after_games(driver, slates[-1])
    assert_equal(read_contents(driver.stack.warehouse), expected)


@pytest.fixture
def second(league: Path, tmp_path: Path) -> Iterator[Driver]:
    """Another platform beside the first."""
    with running_stack(StackOptions(tmp_path / "stack", league)) as stack:
        yield Driver(stack)


@pytest.mark.slow
def test_every_message_delivered_twice_gives_equal_tables(
    second: Driver, archive: ReplayArchive, slates: list[date], expected: Contents
) -> None:
    second.set_faults(f"{second.stack.url('pubsub-http')}/faults", {"duplicate": 1})
    replay(second, options(archive, slates), lambda *_: None)
    assert_equal(read_contents(second.stack.warehouse), expected)


@pytest.mark.slow
def test_killing_each_service_once_during_a_slate_gives_equal_tables(
    second: Driver, archive: ReplayArchive, slates: list[date], expected: Contents
) -> None:
    names = list(services())
    victims = {str(slates[0]): names[::2], str(slates[1]): names[1::2]}
    killers: list[threading.Thread] = []

    def kill_some_soon(what: str, *_: int) -> None:
        for victim in victims.get(what, []):
            killers.append(threading.Thread(target=_kill_when_busy, args=(second, victim)))
            killers[-1].start()

    replay(second, options(archive, slates), kill_some_soon)
    for killer in killers:
        killer.join()
    assert len(killers) == len(names)
    assert_equal(read_contents(second.stack.warehouse), expected)


def _kill_when_busy(driver: Driver, victim: str) -> None:
    """Kills a service as soon as its log grows, that is, while it works."""
    log = driver.stack.options.folder / f"{victim}.log"
    size = log.stat().st_size
    for _ in range(2000):
        if log.stat().st_size > size:
            break
        time.sleep(0.01)
    driver.stack.supervisor.kill(victim)


@pytest.fixture(scope="module")
def live(
    driver: Driver,
    archive: ReplayArchive,
    slates: list[date],
    expected: Contents,
    served: Callable[..., Any],
    in_the_morning: Callable[..., None],
) -> Saids:
    """The last date as replayed, an hour before each tip, and as the services predict it in the morning."""
    replayed = served(driver.stack.warehouse, slates[-1])
    in_the_morning(driver, archive, slates[-1])
    return {"tip": replayed, "morning": served(driver.stack.warehouse, slates[-1])}


@pytest.fixture(scope="module")
def computed(driver: Driver, archive: ReplayArchive, live: Saids, backtested: Callable[..., Any]) -> Saids:
    """The same by the backtest: all dates in one statement a table, over the same raw tables."""
    stack = driver.stack
    storage = StorageReader(PROJECT, stack.address("bigquery-grpc"))

    def made(mode: AsOfMode) -> Any:
        compute(stack.warehouse, archive.dates, lambda _: None, mode)
        return backtested(Computed(storage, stack.warehouse), live[mode].batch)

    return {"tip": made("tip"), "morning": made("morning")}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["tip", "morning"])
def test_backtest_replay_and_live_services_say_the_same(
    mode: AsOfMode, live: Saids, computed: Saids, assert_parity: Callable[..., None]
) -> None:
    """At one as_of, for every player, system, book and line; last here, as it computes dates again."""
    assert_parity(live[mode], computed[mode])
    assert any(line for *_, line in live["tip"].rows)
