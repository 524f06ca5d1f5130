"""Which body's rows are stored where two fill the same group."""

from datetime import UTC, date, datetime, timedelta

from data_processors.raw.landed import LandedBody
from data_processors.raw.store import newest_rows
from data_processors.raw.tables import tables, tables_by_source
from orchestration.pipeline import load_pipeline
from scrapers.registry import SOURCES
from shared.messages import Phase
from shared.warehouse.specs import spec_of

DAY = date(2024, 12, 3)
NOON = datetime(2024, 12, 3, 17, tzinfo=UTC)
BOXES = spec_of("nba_player_boxscores")


def body(hours: int) -> LandedBody:
    moment = NOON + timedelta(hours=hours)
    return LandedBody("kind", f"key-{hours}", DAY, None, None, 200, moment, moment, moment, None, b"")


def rows(game_id: str, *players: int) -> list[dict[str, object]]:
    return [{"game_date": DAY, "game_id": game_id, "player_id": player} for player in players]


def test_a_newer_body_replaces_the_whole_group_of_an_older_one() -> None:
    parsed = [(body(2), rows("g", 1, 2)), (body(1), rows("g", 1, 2, 3))]
    assert [(row["player_id"], row["generation"]) for row in newest_rows(parsed, BOXES)] == [
        (1, NOON + timedelta(hours=2)),
        (2, NOON + timedelta(hours=2)),
    ]


def test_other_groups_keep_their_own_body() -> None:
    parsed = [(body(1), rows("g", 1)), (body(2), rows("h", 1))]
    generations = {row["game_id"]: row["generation"] for row in newest_rows(parsed, BOXES)}
    assert generations == {"g": NOON + timedelta(hours=1), "h": NOON + timedelta(hours=2)}


def test_a_newer_body_without_rows_takes_none_away() -> None:
    assert len(newest_rows([(body(1), rows("g", 1)), (body(2), [])], BOXES)) == 1


def test_every_raw_output_of_the_pipeline_has_its_table_and_source() -> None:
    assert set(load_pipeline().phases[Phase.RAW].outputs) == set(tables())
    assert set(tables_by_source()) == set(SOURCES)
