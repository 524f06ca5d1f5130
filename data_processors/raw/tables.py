"""The raw tables by name; pipeline.yaml says which source fills which."""

from collections import defaultdict

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


def tables_by_source() -> dict[str, list[RawTable]]:
    """Source -> the tables that it fills."""
    found: defaultdict[str, list[RawTable]] = defaultdict(list)
    for name, rule in load_pipeline().phases[Phase.RAW].outputs.items():
        found[str(rule.source)].append(TABLES[name])
    return dict(found)
