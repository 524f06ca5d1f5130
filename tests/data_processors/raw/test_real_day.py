"""A full real date through both phases: 2024-12-03, 11 games, 242 players, 210 lines on 123 players."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from deploy.local.upstream.__main__ import QuietHandler
from deploy.local.upstream.app import create_app as create_upstream
from orchestration.state import State

DAY = "2024-12-03"
TABLES = ("nba_schedule", "nba_player_boxscores", "odds_player_props")


@pytest.fixture(scope="module")
def upstream(real_archive: Path) -> Iterator[str]:
    """The real archive in place of the simulated league."""
    app = create_upstream(real_archive, "2024-12-06T12:00:00Z")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def day(chain: Any) -> Callable[[str], list[dict[str, Any]]]:
    chain.set_now("2024-12-06T12:00:00Z")
    for source, more in (("schedule", {}), ("box_scores", {}), ("odds", {"lead_minutes": 60})):
        outcome = chain.run(source, DAY, **more)
        assert outcome["outcome"] == "DONE", outcome
    assert {chain.state(DAY, table).state for table in TABLES} == {State.COMPLETE}
    return lambda table: list(chain.rows(table, f"game_date = DATE '{DAY}'"))


def test_the_real_day_is_stored_as_it_was(day: Callable[[str], list[dict[str, Any]]]) -> None:
    games, players, lines = (day(table) for table in TABLES)
    assert len(games) == 11
    played = {row["player_lookup"]: row for row in players if row["status"] == "PLAYED"}
    assert len(played) == 242
    assert (played["lukadoncic"]["points"], played["nikolajokic"]["points"]) == (37, 38)
    assert played["lukadoncic"]["game_id"] == "20241203_MEM_DAL"
    assert len(lines) == 210
    assert len({row["player_lookup"] for row in lines}) == 123
    assert {row["bookmaker"] for row in lines} == {"prizepicks", "underdog"}
    assert all(row["snapshot_assumed"] for row in lines)
    assert {row["game_id"] for row in lines} <= {row["game_id"] for row in games}
