"""What a date's status says is what its events, its schedule and its due times say together."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from deploy.local.bigquery.process import Emulator
from orchestration.pipeline import Pipeline, load_pipeline
from orchestration.platform import Platform
from orchestration.state import Event, OutputState, State
from orchestration.status import EXPECTED, DateStatus, Known, Slate, judge, read_statuses, required_outputs
from shared.messages import Phase
from shared.settings import Settings
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)
MADE = datetime(2024, 12, 3, 15, tzinfo=UTC)
NOON, NIGHT = datetime(2024, 12, 3, 17, tzinfo=UTC), datetime(2024, 12, 4, 4, tzinfo=UTC)
GAMES = Slate(games=2, final_games=0, first_tip=datetime(2024, 12, 4, 0, tzinfo=UTC))
OUTPUTS = [name for phase in load_pipeline().phases.values() for name in phase.outputs]


def due_at_three(*names: str) -> Pipeline:
    """The pipeline, of which these outputs alone are due: at 15:00 in New York, 20:00 UTC."""
    told = load_pipeline().model_dump(mode="json")
    for phase in told["phases"].values():
        for name, rule in phase["outputs"].items():
            rule["due"] = {"by": "15:00"} if name in names else None
    return Pipeline.model_validate(told)


def known(state: State, **details: Any) -> Known:
    return Known(OutputState(state, MADE, **details), MADE)


def status(
    found: dict[str, Known], now: datetime = NOON, slate: Slate = GAMES, due: tuple[str, ...] = ()
) -> DateStatus:
    return judge(due_at_three(*due), DAY, slate, found, now)


def test_every_output_of_the_pipeline_is_listed_with_or_without_an_event() -> None:
    listed = [output.output for output in status({}).outputs]
    assert listed == OUTPUTS
    assert {output.state for output in status({}).outputs} == {EXPECTED}


def test_what_predictions_and_grades_require_is_required_and_nothing_else() -> None:
    required = required_outputs(load_pipeline())
    assert {"nba_schedule", "ml_feature_store", "nba_player_boxscores", "prediction_accuracy"} <= required
    assert not required & {"odds_player_props", "player_daily_cache", "nba_shots", "espn_rosters"}


@pytest.mark.parametrize(
    ("found", "due", "now", "health"),
    [
        ({}, (), NIGHT, "healthy"),
        ({}, ("ml_feature_store",), NOON, "healthy"),
        ({}, ("ml_feature_store",), NIGHT, "failed"),
        ({}, ("odds_player_props",), NIGHT, "degraded"),
        ({"ml_feature_store": State.RUNNING}, ("ml_feature_store",), NOON, "healthy"),
        ({"ml_feature_store": State.RUNNING}, ("ml_feature_store",), NIGHT, "failed"),
        ({"ml_feature_store": State.COMPLETE}, ("ml_feature_store",), NIGHT, "healthy"),
        ({"ml_feature_store": State.DEGRADED}, ("ml_feature_store",), NIGHT, "degraded"),
        ({"ml_feature_store": State.FAILED}, (), NOON, "failed"),
        ({"odds_player_props": State.FAILED}, (), NOON, "degraded"),
        ({"odds_player_props": State.FAILED, "nba_schedule": State.FAILED}, (), NOON, "failed"),
    ],
)
def test_health_is_the_worst_of_the_outputs(
    found: dict[str, State], due: tuple[str, ...], now: datetime, health: str
) -> None:
    events = {name: known(state) for name, state in found.items()}
    assert status(events, now, due=due).health == health


def test_an_output_is_overdue_from_its_due_time_on_and_not_before() -> None:
    due_at = datetime(2024, 12, 3, 20, tzinfo=UTC)
    for minutes, overdue in ((-1, False), (0, False), (1, True)):
        judged = status({}, due_at + timedelta(minutes=minutes), due=("ml_feature_store",))
        assert judged.output("ml_feature_store").due_at == due_at
        assert judged.output("ml_feature_store").overdue is overdue


def test_a_date_without_games_lacks_nothing_once_the_schedule_proves_it() -> None:
    every = tuple(OUTPUTS)
    proven = status({"nba_schedule": known(State.EMPTY_OK)}, NIGHT, Slate(), every)
    assert proven.health == "healthy"
    assert {output.state for output in proven.outputs} == {State.EMPTY_OK}
    assert "no games" in str(proven.output("ml_feature_store").reason)


@pytest.mark.parametrize("schedule", [None, State.RUNNING, State.FAILED])
def test_an_absent_schedule_is_no_proof_of_a_date_without_games(schedule: State | None) -> None:
    events = {"nba_schedule": known(schedule)} if schedule else {}
    judged = status(events, NIGHT, Slate(), ("nba_schedule", "ml_feature_store"))
    assert judged.health == "failed"
    assert judged.output("ml_feature_store").state == EXPECTED


@pytest.fixture
def platform(warehouse: Warehouse, bigquery_emulator: Emulator, settings: Settings) -> Platform:
    hosts = {
        "BIGQUERY_EMULATOR_HOST": bigquery_emulator.rest,
        "BIGQUERY_STORAGE_EMULATOR_HOST": bigquery_emulator.grpc,
    }
    return Platform(settings.model_copy(update=hosts))


def game(teams: str, status: str, day: date = DAY) -> dict[str, Any]:
    away, home = teams.split("_")
    row = {
        "game_id": f"{day:%Y%m%d}_{teams}",
        "nba_game_id": f"00{sum(map(ord, teams)):08d}",
        "game_date": day,
        "season_year": 2024,
        "season_type": "regular",
        "tip_at": datetime(day.year, day.month, day.day, 23, tzinfo=UTC) + timedelta(minutes=ord(away[0])),
        "tip_assumed": False,
        "home_team": home,
        "away_team": away,
        "status": status,
        "neutral_site": False,
    }
    stamps = {"generation": MADE, "run_id": "test", "written_at": MADE}
    assert set(row) | set(stamps) <= set(spec_of("nba_schedule").column_names())
    return row | stamps


def test_the_warehouse_says_what_was_written(platform: Platform) -> None:
    games = [game("MEM_DAL", "FINAL"), game("BOS_NYK", "LIVE"), game("LAL_UTA", "POSTPONED")]
    platform.warehouse.load("nba_schedule", games)
    raw, four = Phase.RAW, Phase.PRECOMPUTE
    platform.state.append(
        [
            Event(DAY, raw, "nba_schedule", State.COMPLETE, MADE, "r", 3, 3, occurred_at=MADE),
            Event(DAY, four, "ml_feature_store", State.RUNNING, MADE, "r", attempt=1, occurred_at=MADE),
            Event(DAY, four, "ml_feature_store", State.RUNNING, MADE, "r", attempt=2, occurred_at=NOON),
            Event(DAY, Phase.PREDICTIONS, "chunk/x/y", State.FAILED, MADE, "r"),
            Event(
                DAY - timedelta(days=1), raw, "odds_events", State.FAILED, MADE, "r", reason="no credential"
            ),
        ]
    )
    before, today = read_statuses(platform, DAY - timedelta(days=1), DAY, NOON + timedelta(seconds=90))
    assert (today.games, today.slate.final_games, today.slate.all_final) == (2, 1, False)
    assert today.first_tip == datetime(2024, 12, 4, 0, 6, tzinfo=UTC)
    schedule, store = today.output("nba_schedule"), today.output("ml_feature_store")
    assert (schedule.state, schedule.rows_stored, schedule.rows_expected) == (State.COMPLETE, 3, 3)
    assert (store.state, store.attempts, store.asked_at, store.age_seconds) == (State.RUNNING, 2, NOON, 90)
    assert today.states[(DAY, "ml_feature_store")].state is State.RUNNING
    assert before.games == 0
    odds = before.output("odds_events")
    assert (odds.state, odds.reason, odds.attempts) == (State.FAILED, "no credential", 0)
    told = today.as_json()
    # By noon much is due that was never written.
    assert (told["game_date"], told["games"], told["health"]) == ("2024-12-03", 2, "failed")
    assert [output["output"] for output in told["outputs"]] == OUTPUTS
