"""Seasons of history in the real tables: one is computed, the earlier ones are its copies, moved in time."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from string import Template

from deploy.replay.archive import ReplayArchive
from deploy.replay.store import fill
from orchestration.pipeline import load_pipeline
from orchestration.state import Event, PipelineState, State
from shared.clock import utc_now
from shared.messages import Phase
from shared.warehouse.specs import Column, TableSpec, all_specs
from shared.warehouse.warehouse import Warehouse

# A season later the same days of the week fall on other dates.
SEASON_DAYS = 364
_RUN = "bench-history"
_PHASES = (Phase.RAW, Phase.ANALYTICS, Phase.PRECOMPUTE)
_PREDICTED = ("player_prop_predictions", "prediction_history", "prediction_requests")
_ONE_BOOK = Template("""
CREATE TABLE $kept AS
SELECT * REPLACE (d.game_date AS game_date)
FROM $table AS t
CROSS JOIN (
  SELECT DISTINCT game_date FROM nba_raw.nba_player_boxscores
) AS d
WHERE t.game_date = @slate $only
""")
_KEEP = Template("CREATE TABLE $kept AS SELECT * FROM $table")
_ADD = Template("INSERT INTO $table ($columns) SELECT $moved FROM $kept")
_DROP = Template("DELETE FROM $table WHERE $partition >= @day")
_FORGET = Template("DELETE FROM $table WHERE $which")
_MOVES = {
    "DATE": Template("DATE_SUB($name, INTERVAL @days DAY)"),
    "TIMESTAMP": Template("TIMESTAMP_SUB($name, INTERVAL @days DAY)"),
}
_WRITTEN = {"generation", "written_at", "occurred_at", "predicted_at", "as_of"}
_GAME_ID = "CONCAT(FORMAT_DATE('%Y%m%d', DATE_SUB(game_date, INTERVAL @days DAY)), SUBSTR(game_id, 9))"


def compute_season(warehouse: Warehouse, archive: ReplayArchive, say: Callable[[str], None]) -> None:
    """Every table of phases 2 to 4 for all dates of an archive, and the events that say so."""
    fill(warehouse, archive, say)
    now = utc_now()
    outputs = [(phase, name) for phase in _PHASES for name in load_pipeline().phases[phase].outputs]
    PipelineState(warehouse).append(
        Event(day, phase, name, State.COMPLETE, now, _RUN, 1)
        for day in archive.dates
        for phase, name in outputs
    )


def dated_tables() -> list[TableSpec]:
    """The tables whose rows are of a game date."""
    return [spec for spec in all_specs().values() if spec.partition == "game_date"]


def keep_season(warehouse: Warehouse) -> None:
    """Sets aside what every dated table has, to be copied from."""
    for spec in dated_tables():
        if spec.name not in _PREDICTED:
            warehouse.run(_KEEP.substitute(kept=_kept(spec), table=spec.table))


def keep_predictions(warehouse: Warehouse, slate: date) -> None:
    """Sets aside predictions for each date of the season: a slate's, of one line a player and system."""
    for spec in dated_tables():
        if spec.name in _PREDICTED:
            only = "" if spec.name == "prediction_requests" else "AND t.is_main_line AND t.bookmaker = @book"
            sql = _ONE_BOOK.substitute(kept=_kept(spec), table=spec.table, only=only)
            warehouse.run(sql, slate=slate, **({"book": _book(warehouse, slate)} if only else {}))


def _book(warehouse: Warehouse, slate: date) -> str:
    rows = warehouse.read("player_prop_predictions", ["bookmaker"], slate, slate)
    books = Counter[str](filter(None, rows["bookmaker"].to_pylist()))
    return books.most_common(1)[0][0]


def add_season(warehouse: Warehouse, back: int) -> None:
    """The season that was set aside once more, so many seasons earlier."""
    for spec in dated_tables():
        columns = spec.column_names()
        moved = ", ".join(_moved(column) for column in spec.columns)
        sql = _ADD.substitute(table=spec.table, columns=", ".join(columns), moved=moved, kept=_kept(spec))
        warehouse.run(sql, days=SEASON_DAYS * back, **({"back": back} if "@back" in sql else {}))


def _moved(column: Column) -> str:
    """A column as it was the season before."""
    if column.name == "game_id":
        return _GAME_ID
    if column.name == "season_year":
        return "season_year - @back"
    if column.type in _MOVES and column.name not in _WRITTEN:
        return _MOVES[column.type].substitute(name=column.name)
    return column.name


def end_before(warehouse: Warehouse, day: date) -> None:
    """Takes away what is of a date or later: the season has come so far."""
    for spec in dated_tables():
        warehouse.run(_DROP.substitute(table=spec.table, partition=spec.partition), day=day)


def forget_scrapes(warehouse: Warehouse) -> None:
    """Takes away what was landed and staged, so that the same slate is new again."""
    for name in ("scrape_landing", "scrape_runs", "prediction_staging"):
        warehouse.run(_FORGET.substitute(table=all_specs()[name].table, which="TRUE"))


def _kept(spec: TableSpec) -> str:
    return f"nba_staging.season_{spec.name}"
