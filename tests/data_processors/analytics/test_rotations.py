"""Who was reported out of a game that is over: the newest report counts, and silence is no health."""

from datetime import date, timedelta
from typing import Any

from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)
GAME = "20241203_MEM_DAL"
SUMMARIES = (
    "team_offense_game_summary",
    "team_defense_game_summary",
    "player_game_summary",
    "team_rotation_game_summary",
)


def test_a_report_replaces_the_one_before_it_and_a_silent_team_is_unknown(
    warehouse: Warehouse, make_raw: Any, make_tables: Any
) -> None:
    raw, tables = make_raw(warehouse), make_tables(warehouse)
    days = [DAY - timedelta(days=ago) for ago in (6, 4, 2, 0)]
    for day in days:
        game_id = f"{day:%Y%m%d}_MEM_DAL"
        raw.load(raw.game(game_id, status="FINAL"))
        for team in ("MEM", "DAL"):
            line = {"fg_attempts": 15, "turnovers": 2}
            raw.load(*(raw.box(game_id, team, f"{team} {n}", 20, 48, **line) for n in range(5)))
    for minutes, out in ((300, ("DAL 0", "DAL 1")), (120, ("DAL 1",))):
        raw.load(*(raw.injury(GAME, name, "Out", minutes, team_abbr="DAL") for name in out))
        silent = {"team_abbr": "MEM", "submitted": False, "player_lookup": None, "player_id": None}
        raw.load(raw.injury(GAME, "MEM", "Not Yet Submitted", minutes, **silent))
    tables.make(SUMMARIES, *days)
    rows = {row["team_abbr"]: row for row in tables.rows("team_rotation_game_summary", DAY)}
    assert rows["DAL"]["out_minutes"] == 48, "only whom the newest report names"
    assert rows["DAL"]["available_minutes"] == 4 * 48
    assert (rows["MEM"]["out_minutes"], rows["MEM"]["available_minutes"]) == (None, None)
