"""The raw tables that a source fills, by name; pipeline.yaml says which source fills which."""

from data_processors.raw.nba_player_boxscores import completeness as boxes_complete
from data_processors.raw.nba_player_boxscores import parse as boxes
from data_processors.raw.nba_schedule import completeness as schedule_complete
from data_processors.raw.nba_schedule import parse as schedule
from data_processors.raw.odds_player_props import completeness as props_complete
from data_processors.raw.odds_player_props import parse as props
from data_processors.raw.table import RawTable
from orchestration.pipeline import load_pipeline
from shared.messages import Phase

SCHEDULE = "nba_schedule"
TABLES = {
    table.name: table
    for table in (
        RawTable(SCHEDULE, schedule.parse, schedule_complete.judge, whole_season=True),
        RawTable("nba_player_boxscores", boxes.parse, boxes_complete.judge),
        RawTable("odds_player_props", props.parse, props_complete.judge),
    )
}


def tables_by_source() -> dict[str, RawTable]:
    """Source -> the table that it fills."""
    outputs = load_pipeline().phases[Phase.RAW].outputs
    return {str(rule.source): TABLES[name] for name, rule in outputs.items()}
