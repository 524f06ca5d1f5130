"""Phase 2 on what phase 1 announces: delivered once, twice, late, out of order, broken or in vain."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.state import Event, PipelineState, State
from shared.clock import utc_now
from shared.messages import DateSpan, Phase, PhaseMessage, SourceRun, Status
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of

OPENING, SECOND, LAST = "2024-10-22", "2024-10-23", "2024-10-31"
BEFORE, HALFWAY, AFTER = "2024-10-22T12:00:00Z", "2024-10-23T03:00:00Z", "2024-11-02T12:00:00Z"
NBA = "/stats.nba.com"
TABLES = ("nba_schedule", "nba_player_boxscores", "odds_player_props")


def archive(league: Path, name: str, day: str) -> list[dict[str, Any]]:
    rows = pq.read_table(league / f"{name}.parquet").to_pylist()
    return [row for row in rows if row["game_date"] == date.fromisoformat(day)]


def load(chain: Any, *sources: str, day: str = OPENING) -> None:
    for source in sources:
        outcome = chain.run(source, day)
        assert outcome["outcome"] == "DONE", outcome
    chain.announced()


def announced(chain: Any, table: str) -> PhaseMessage:
    """The one completion since the last look that tells of a table."""
    (found,) = [message for message in chain.announced() if table in tables_of(message)]
    return found


def tables_of(message: PhaseMessage) -> list[str]:
    """The tables that a completion tells of."""
    return [output.table.partition(".")[2] for output in message.outputs]


def broken(kind: str, game: str) -> list[dict[str, Any]]:
    """A game whose box score is broken at the provider and at its backup."""
    hosts = (NBA, "/cdn.nba.com/static/json/liveData/boxscore/boxscore_" + game)
    return [
        {"path_prefix": hosts[0], "kind": kind, "contains": game},
        {"path_prefix": hosts[1], "kind": kind},
    ]


def without_run(row: dict[str, Any]) -> dict[str, Any]:
    """A stored row as one that can be stored again."""
    return {name: value for name, value in row.items() if name not in ("run_id", "written_at")}


def test_what_the_archive_has_is_what_is_stored(chain: Any, league: Path) -> None:
    load(chain, "schedule", "box_scores")
    chain.run("odds", OPENING, lead_minutes=60)
    games, players = archive(league, "games", OPENING), archive(league, "player_box", OPENING)
    assert {r["nba_game_id"] for r in chain.rows("nba_schedule", f"game_date = DATE '{OPENING}'")} == {
        game["game_id"] for game in games
    }
    stored = chain.rows("nba_player_boxscores")
    assert {(r["nba_game_id"], r["player_id"], r["points"]) for r in stored} == {
        (r["game_id"], r["player_id"], r["points"] or 0) for r in players
    }
    played = {(r["nba_game_id"], r["player_id"]) for r in stored if r["status"] == "PLAYED"}
    assert played == {(r["game_id"], r["player_id"]) for r in players if r["status"] == "PLAYED"}
    assert {state.state for state in (chain.state(OPENING, table) for table in TABLES)} == {State.COMPLETE}


def test_the_latest_board_an_hour_before_the_tip_is_what_is_stored(chain: Any, league: Path) -> None:
    load(chain, "schedule", "box_scores")
    chain.run("odds", OPENING, lead_minutes=60)
    ids = {row["nba_game_id"]: row["game_id"] for row in chain.rows("nba_schedule")}
    boards: dict[tuple[str, str], Any] = {}
    assert {row["market"] for row in chain.rows("odds_player_props")} == {
        "player_points",
        "player_points_alternate",
    }
    lines = [
        row
        for row in archive(league, "prop_lines", OPENING)
        if (row["commence_utc"] - row["snapshot_utc"]).total_seconds() >= 3600
    ]
    for row in lines:
        key = row["game_id"], row["bookmaker"]
        boards[key] = max(boards.get(key, row["snapshot_utc"]), row["snapshot_utc"])
    expected = {
        (ids[r["game_id"]], r["bookmaker"], r["player_name"], r["line"], r["over_odds"], r["under_odds"])
        for r in lines
        if r["snapshot_utc"] == boards[r["game_id"], r["bookmaker"]]
    }
    stored = {
        (r["game_id"], r["bookmaker"], r["player_name"], r["line"], r["over_price"], r["under_price"])
        for r in chain.rows("odds_player_props")
    }
    assert stored == expected
    assert len(stored) > 100


def test_delivering_every_message_twice_changes_nothing_and_announces_again(chain: Any) -> None:
    for source in ("schedule", "box_scores", "odds"):
        message = chain.scrape(source, OPENING, lead_minutes=60)
        assert chain.push(message)["outcome"] == "DONE"
        first = told(chain)
        tables = {table: chain.stable(table) for table in (*TABLES, "unresolved_names")}
        events = len(chain.rows("pipeline_events"))
        again = chain.push(message)
        assert (again["outcome"], "already processed" in again["reason"]) == ("DONE", True)
        assert {table: chain.stable(table) for table in tables} == tables
        assert len(chain.rows("pipeline_events")) == events
        assert told(chain) == first


def told(chain: Any) -> dict[str, Any]:
    """What was announced of each table, but for what differs from run to run."""
    said = {"status", "span", "generation", "outputs", "producer", "cause", "knowledge"}
    return {message.producer: message.model_dump(include=said) for message in chain.announced()}


def test_a_completion_says_what_was_stored_and_what_it_rests_on(chain: Any) -> None:
    load(chain, "schedule")
    scraped = chain.scrape("box_scores", OPENING, as_of=AFTER)
    chain.push(scraped)
    message = announced(chain, "nba_player_boxscores")
    state = chain.state(OPENING, "nba_player_boxscores")
    assert message.cause == scraped.message_key
    assert message.correlation_id == scraped.correlation_id
    assert message.knowledge == scraped.knowledge
    assert message.generation == scraped.generation == state.generation
    assert message.outputs[0].rows == state.rows_stored == len(chain.rows("nba_player_boxscores"))


def test_an_older_message_delivered_late_overwrites_nothing(chain: Any) -> None:
    chain.set_now(BEFORE)
    old = chain.scrape("schedule", OPENING)
    chain.set_now(AFTER)
    new = chain.scrape("schedule", OPENING)
    chain.push(new)
    tables = chain.stable("nba_schedule")
    assert {row["status"] for row in chain.rows("nba_schedule")} == {"FINAL"}
    assert chain.push(old)["outcome"] == "DONE"
    assert chain.stable("nba_schedule") == tables
    assert chain.state(OPENING, "nba_schedule").generation == new.generation


def test_a_late_message_still_stores_what_nobody_else_has(chain: Any) -> None:
    load(chain, "schedule")
    wide = chain.scrape("box_scores", OPENING, "2024-10-23")
    chain.push(chain.scrape("box_scores", OPENING))
    rows = chain.rows("nba_player_boxscores")
    newest = [{**without_run(row), "generation": utc_now()} for row in rows]
    replace_rows(chain.warehouse, spec_of("nba_player_boxscores"), newest, "newer")
    newer = {row["generation"] for row in chain.rows("nba_player_boxscores")}
    assert chain.push(wide)["outcome"] == "DONE"
    first = chain.rows("nba_player_boxscores", f"game_date = DATE '{OPENING}'")
    assert {row["generation"] for row in first} == newer
    assert chain.rows("nba_player_boxscores", "game_date = DATE '2024-10-23'")


def test_games_not_over_are_awaited_by_name_and_come_back(chain: Any) -> None:
    chain.set_now(HALFWAY)
    load(chain, "schedule")
    outcome = chain.run("box_scores", OPENING)
    assert outcome["outcome"] == "NOT_YET"
    assert "no final box score yet of 20241022_" in outcome["reason"]
    assert chain.state(OPENING, "nba_player_boxscores") is None
    assert chain.announced() == []
    chain.set_now(AFTER)
    assert chain.run("box_scores", OPENING)["outcome"] == "DONE"
    assert chain.state(OPENING, "nba_player_boxscores").state is State.COMPLETE


def test_a_date_without_games_is_empty_by_proof(chain: Any) -> None:
    load(chain, "schedule", day="2024-10-01")
    for source, table in (("box_scores", TABLES[1]), ("odds", TABLES[2])):
        message = chain.scrape(source, "2024-10-01")
        assert message.status is Status.NO_DATA
        assert chain.push(message)["outcome"] == "DONE"
        state = chain.state("2024-10-01", table)
        assert state.state is State.EMPTY_OK
        assert state.generation == chain.state("2024-10-01", "nba_schedule").generation
        assert announced(chain, table).status is Status.NO_DATA


def test_a_date_that_no_schedule_covers_is_not_yet(chain: Any) -> None:
    outcome = chain.run("schedule", "2025-07-01")
    assert outcome["outcome"] == "NOT_YET"
    assert "does not cover" in outcome["reason"]


@pytest.mark.parametrize("kind", ["malformed", "other_shape", "html"])
def test_a_malformed_box_score_fails_its_date_and_stores_the_others(chain: Any, kind: str) -> None:
    load(chain, "schedule")
    chain.set_faults(*broken(kind, "0022400001"))
    outcome = chain.run("box_scores", OPENING)
    assert outcome["outcome"] == "DONE"
    state = chain.state(OPENING, "nba_player_boxscores")
    assert state.state is State.FAILED
    assert "0022400001" in state.reason
    assert len({row["game_id"] for row in chain.rows("nba_player_boxscores")}) == 6
    message = announced(chain, "nba_player_boxscores")
    assert (message.status, "0022400001" in message.reason) == (Status.FAILED, True)
    assert {letter["origin"] for letter in chain.rows("dead_letters")} == {"box_scores"}
    assert chain.run("box_scores", OPENING)["outcome"] == "DONE"
    assert chain.state(OPENING, "nba_player_boxscores").state is State.COMPLETE


def test_a_broken_box_score_is_had_from_the_backup(chain: Any) -> None:
    load(chain, "schedule", "box_scores")
    well = {table: told_by(chain, table) for table in ("nba_player_boxscores", "nba_team_boxscores")}
    for table in well:
        chain.warehouse.run(f"DELETE FROM {spec_of(table).table} WHERE TRUE")
    chain.set_faults(*({**fault, "times": 99} for fault in broken("html", "00224")[:1]))
    outcome = chain.run("box_scores", OPENING)
    assert outcome["outcome"] == "DONE"
    assert {row["kind"] for row in chain.rows("scrape_landing", "source = 'box_scores' AND valid")} == {
        "box_score_v3",
        "box_score_live",
    }
    for table, rows in well.items():
        assert told_by(chain, table) == rows
    assert chain.state(OPENING, "nba_player_boxscores").state is State.COMPLETE


def told_by(chain: Any, table: str) -> list[dict[str, Any]]:
    """A table's rows without the comment, which each provider words in its own way."""
    own = set(spec_of(table).stable_columns()) - {"comment"}
    return [{name: row[name] for name in own} for row in chain.rows(table)]


def test_a_failed_scrape_of_props_lets_downstream_go_on_and_heals(chain: Any) -> None:
    load(chain, "schedule", "box_scores")
    good = chain.scrape("odds", OPENING, lead_minutes=60)
    chain.set_faults({"path_prefix": "/api.the-odds-api.com", "kind": "status", "status": 403, "times": 99})
    failed = chain.scrape("odds", OPENING, lead_minutes=60)
    assert chain.push(failed)["outcome"] == "DONE"
    assert chain.state(OPENING, "odds_player_props").state is State.FAILED
    assert announced(chain, "odds_player_props").status is Status.FAILED
    assert chain.push(good)["outcome"] == "DONE"
    assert chain.state(OPENING, "odds_player_props").state is State.COMPLETE


def test_what_was_fetched_first_and_is_stored_last_is_news_to_what_was_made_without_it(chain: Any) -> None:
    load(chain, "schedule", "box_scores")
    late = chain.scrape("odds", OPENING, lead_minutes=60)
    day, made = date.fromisoformat(OPENING), utc_now()
    context = Event(day, Phase.ANALYTICS, "upcoming_player_game_context", State.COMPLETE, made, "run", 1)
    PipelineState(chain.warehouse).append([context])
    chain.push(late)
    assert chain.state(OPENING, "odds_player_props").generation > made > late.generation
    assert announced(chain, "odds_player_props").generation > made
    # Nobody rests on these yet that was made without them.
    assert chain.state(OPENING, "odds_events").generation == late.generation
    state = chain.state(OPENING, "odds_player_props")
    for again in (late, late.model_copy(update={"retry": True})):
        PipelineState(chain.warehouse).append([replace(context, generation=utc_now())])
        chain.push(again)
        found = chain.state(OPENING, "odds_player_props")
        assert (found.state, found.generation) == (state.state, state.generation)


def test_a_failed_scrape_takes_nothing_good_away(chain: Any) -> None:
    load(chain, "schedule")
    state, rows = chain.state(OPENING, "nba_schedule"), chain.stable("nba_schedule")
    chain.set_faults(*({"path_prefix": host, "kind": "html"} for host in (NBA, "/cdn.nba.com")))
    assert chain.run("schedule", OPENING)["outcome"] == "DONE"
    assert (chain.state(OPENING, "nba_schedule"), chain.stable("nba_schedule")) == (state, rows)
    assert chain.announced() == []


def test_one_board_that_fails_fails_the_date_and_keeps_the_others(chain: Any) -> None:
    load(chain, "schedule", "box_scores")
    chain.set_faults(
        {
            "path_prefix": "/api.the-odds-api.com/v4/historical/sports/basketball_nba/events/",
            "kind": "status",
            "status": 403,
        }
    )
    chain.run("odds", OPENING, lead_minutes=60)
    state = chain.state(OPENING, "odds_player_props")
    assert state.state is State.FAILED
    assert "no board of event" in state.reason
    assert len({row["game_id"] for row in chain.rows("odds_player_props")}) == 6


def test_props_landed_before_the_schedule_wait_for_it(chain: Any) -> None:
    props = chain.scrape("odds", OPENING, lead_minutes=60)
    outcome = chain.push(props)
    assert outcome["outcome"] == "NOT_YET"
    assert "does not cover this date" in outcome["reason"]
    assert chain.rows("dead_letters") == []
    chain.run("schedule", OPENING)
    assert chain.state(OPENING, "odds_player_props").state is State.COMPLETE
    assert [tables_of(message) for message in chain.announced()] == [
        ["nba_schedule"],
        ["odds_events", "odds_game_lines", "odds_player_props"],
    ]


def process_again(chain: Any, source: str, first: str = OPENING, last: str = OPENING) -> None:
    body = {"source": source, "from_date": first, "to_date": last}
    response = chain.raw.post("/process-date-range", json=body, headers={"X-API-Key": "first-test-key"})
    assert (response.status_code, response.get_json()["outcome"]) == (200, "DONE")


def test_names_of_nobody_keep_their_lines_and_are_listed(chain: Any) -> None:
    load(chain, "schedule")
    chain.run("odds", OPENING, lead_minutes=60)
    lines = chain.rows("odds_player_props")
    assert {row["player_id"] for row in lines} == {None}
    assert {row["player_name"] for row in chain.rows("unresolved_names")} == {r["player_name"] for r in lines}
    load(chain, "box_scores")
    process_again(chain, "odds")
    again = chain.rows("odds_player_props")
    assert len(again) == len(lines)
    assert len([row for row in again if row["player_id"] is not None]) > 0.9 * len(lines)


def test_an_alias_says_whom_a_spelling_means(chain: Any) -> None:
    load(chain, "schedule", "box_scores")
    chain.run("odds", OPENING, lead_minutes=60)
    line = next(row for row in chain.rows("odds_player_props") if row["player_id"])
    chain.warehouse.run(
        "UPDATE nba_raw.nba_player_boxscores SET player_name = 'Another Name', player_lookup = 'anothername' "
        "WHERE player_id = @player",
        player=line["player_id"],
    )
    alias = {
        "alias_lookup": line["player_lookup"],
        "player_id": line["player_id"],
        "note": "test",
        "added_on": date(2024, 10, 1),
        "generation": utc_now(),
    }
    replace_rows(chain.warehouse, spec_of("player_aliases"), [alias], "alias")
    process_again(chain, "odds")
    meant = {
        (row["player_id"], row["player_lookup"])
        for row in chain.rows("odds_player_props")
        if row["player_name"] == line["player_name"]
    }
    assert meant == {(line["player_id"], "anothername")}


def test_processing_again_from_landing_gives_the_same_tables_without_the_network(chain: Any) -> None:
    for source in ("schedule", "box_scores", "odds"):
        chain.run(source, OPENING, LAST, **({"lead_minutes": 60} if source == "odds" else {}))
    tables = {table: chain.stable(table) for table in TABLES}
    states = {table: chain.state(OPENING, table).state for table in TABLES}
    for table in TABLES:
        chain.warehouse.run(f"DELETE FROM {spec_of(table).table} WHERE TRUE")
    hosts = ("/stats.nba.com", "/cdn.nba.com", "/api.the-odds-api.com")
    chain.set_faults(*({"path_prefix": host, "kind": "drop", "times": 1000} for host in hosts))
    for source in ("schedule", "box_scores", "odds"):
        process_again(chain, source, OPENING, LAST)
    assert {table: chain.stable(table) for table in TABLES} == tables
    assert {table: chain.state(OPENING, table).state for table in TABLES} == states


def test_every_snapshot_of_a_board_is_kept(chain: Any) -> None:
    load(chain, "schedule", "box_scores")
    for moment in ("2024-10-22T13:00:00Z", "2024-10-22T21:30:00Z"):
        chain.run("odds", OPENING, as_of=moment)
    snapshots = {row["snapshot_at"] for row in chain.rows("odds_player_props")}
    assert len({moment for moment in snapshots if moment.hour < 13}) >= 1
    assert len({moment for moment in snapshots if moment.hour >= 13}) >= 1
    assert all(row["snapshot_at"] < row["commence_at"] for row in chain.rows("odds_player_props"))


def test_a_rescheduled_game_leaves_no_stale_row(chain: Any) -> None:
    load(chain, "schedule")
    rows = chain.rows("nba_schedule")
    moved = {**rows[0], "game_date": date(2025, 1, 15), "game_id": "20250115" + rows[0]["game_id"][8:]}
    before = [without_run(row) for row in (moved, *rows[1:])]
    bounds = date(2024, 8, 1), date(2025, 7, 31)
    replace_rows(chain.warehouse, spec_of("nba_schedule"), before, "moved", bounds)
    chain.set_now(BEFORE)
    assert chain.run("schedule", OPENING)["outcome"] == "DONE"
    ids = [row["nba_game_id"] for row in chain.rows("nba_schedule")]
    assert len(ids) == len(set(ids)) == len(rows)


def message(**changes: Any) -> PhaseMessage:
    day = date.fromisoformat(OPENING)
    values: dict[str, Any] = {
        "message_key": "scrapers:x:1",
        "phase": "scrapers",
        "producer": "schedule",
        "run_id": "no-such-run",
        "span": DateSpan(from_date=day, to_date=day),
        "status": "success",
        "correlation_id": "c",
    }
    return PhaseMessage(**(values | changes))


@pytest.mark.parametrize("changes", [{"producer": "nonsense"}, {"phase": "raw"}])
def test_a_message_that_no_table_wants_is_permanent(chain: Any, changes: dict[str, Any]) -> None:
    outcome = chain.push(message(**changes))
    assert (outcome["http"], outcome["outcome"]) == (200, "PERMANENT")
    assert len(chain.rows("dead_letters")) == 1
    assert chain.rows("pipeline_events") == []


def test_what_is_no_message_is_permanent(chain: Any) -> None:
    outcome = chain.push_data(b'{"phase": "scrapers"}')
    assert (outcome["http"], outcome["outcome"]) == (200, "PERMANENT")


def test_a_run_that_landed_nothing_completes_nothing(chain: Any) -> None:
    outcome = chain.push(message())
    assert outcome["outcome"] == "NOT_YET"
    assert chain.rows("pipeline_events") == []


def broken_row(day: str) -> dict[str, Any]:
    """Five points without a make, by one team alone."""
    bad = dict.fromkeys(spec_of("nba_player_boxscores").column_names(), 0) | {
        "game_id": f"{day.replace('-', '')}_XXX_YYY",
        "nba_game_id": "0022499999",
        "game_date": date.fromisoformat(day),
        "season_type": "regular",
        "team_abbr": "XXX",
        "opponent_team_abbr": "YYY",
        "is_home": True,
        "player_lookup": "x",
        "player_name": "X",
        "status": "PLAYED",
        "comment": None,
        "is_starter": True,
        "position": None,
        "points": 5,
        "generation": utc_now(),
    }
    return without_run(bad)


def test_a_failing_check_fails_the_dates_and_is_announced(chain: Any) -> None:
    load(chain, "schedule")
    scraped = chain.scrape("box_scores", OPENING)
    replace_rows(chain.warehouse, spec_of("nba_player_boxscores"), [broken_row(OPENING)], "bad")
    outcome = chain.push(scraped)
    assert outcome["outcome"] == "PERMANENT"
    assert "points follow from makes (1)" in outcome["reason"]
    assert chain.state(OPENING, "nba_player_boxscores").state is State.FAILED
    message = announced(chain, "nba_player_boxscores")
    assert message.status is Status.PARTIAL
    assert tables_of(message) == ["nba_player_boxscores", "nba_team_boxscores"]
    assert "points follow from makes" in message.reason


def test_scrapes_announced_together_are_told_of_in_one_message(chain: Any) -> None:
    load(chain, "schedule")
    told, along = chain.scrape("bettingpros", OPENING), chain.scrape("odds", OPENING, lead_minutes=60)
    joined = told.model_copy(update={"along": (source_run(along),)})
    assert chain.push(joined)["outcome"] == "DONE"
    (message,) = chain.announced()
    states = {table: chain.state(OPENING, table) for table in tables_of(message)}
    assert list(states) == ["bp_player_props", "odds_events", "odds_game_lines", "odds_player_props"]
    assert {state.state for state in states.values()} == {State.COMPLETE}
    assert message.generation == max(state.generation for state in states.values())
    assert {output.table.partition(".")[2]: output.rows for output in message.outputs} == {
        table: state.rows_stored for table, state in states.items()
    }


def test_of_scrapes_announced_together_one_that_failed_stops_no_other(chain: Any) -> None:
    load(chain, "schedule")
    told = chain.scrape("odds", OPENING, lead_minutes=60)
    chain.set_faults({"path_prefix": "/api.bettingpros.com", "kind": "html", "times": 99})
    failed = chain.scrape("bettingpros", OPENING)
    assert failed.status is Status.FAILED
    first = failed.model_copy(update={"along": (source_run(told),)})
    assert chain.push(first)["outcome"] == "DONE"
    (message,) = chain.announced()
    assert message.status is Status.PARTIAL
    assert "bp_player_props: body: not JSON" in message.reason
    assert chain.state(OPENING, "bp_player_props").state is State.FAILED
    assert chain.state(OPENING, "odds_player_props").state is State.COMPLETE


def source_run(message: PhaseMessage) -> SourceRun:
    """What a scrape announced, as it stands along with another."""
    return SourceRun(**{name: getattr(message, name) for name in SourceRun.model_fields})


def test_a_failing_check_fails_only_its_own_date(chain: Any) -> None:
    chain.run("schedule", OPENING, SECOND)
    chain.announced()
    scraped = chain.scrape("box_scores", OPENING, SECOND)
    replace_rows(chain.warehouse, spec_of("nba_player_boxscores"), [broken_row(SECOND)], "bad")
    assert chain.push(scraped)["outcome"] == "DONE"
    good, bad = (chain.state(day, "nba_player_boxscores") for day in (OPENING, SECOND))
    assert (good.state, bad.state) == (State.COMPLETE, State.FAILED)
    assert "points follow from makes (1)" in bad.reason
    assert announced(chain, "nba_player_boxscores").status is Status.PARTIAL
    (letter,) = chain.rows("dead_letters")
    assert f"{SECOND}: " in letter["reason"]
    assert "already processed" in chain.push(scraped)["reason"]
