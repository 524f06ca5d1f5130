"""When a date is complete: proven by the schedule and by what is stored, never assumed."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_player_boxscores.completeness import judge as judge_boxes
from data_processors.raw.nba_schedule.completeness import judge as judge_schedule
from data_processors.raw.nba_schedule.slate import Game, Slate, season_bounds
from data_processors.raw.odds_player_props.completeness import judge as judge_props
from data_processors.raw.table import Day, Problem
from orchestration.state import State
from shared.messages import DateSpan

DAY = date(2024, 12, 3)
TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)
DALLAS = Game("20241203_MEM_DAL", "0022400056", DAY, TIP, "DAL", "MEM", "FINAL")
LAKERS = Game("20241203_PHI_LAC", "0022400058", DAY, TIP, "LAC", "PHI", "SCHEDULED")
BROKEN = Problem("box_scores/0022400058", DAY, TIP, "points do not add up", nba_game_id="0022400058")
EVENT = "0" * 31 + "1"


def day(
    games: Sequence[Game] = (DALLAS, LAKERS), covered: bool = True, stored: Sequence[Game] = (), **more: Any
) -> Day:
    return Day(DAY, games, covered, {game.game_id: 26 for game in stored}, **more)


def body(event_id: str | None, content: Any = None) -> LandedBody:
    raw = json.dumps(content or []).encode()
    kind = "odds" if event_id else "events"
    return LandedBody(kind, "key", DAY, None, event_id, 200, TIP, TIP, TIP, None, raw)


def listing(*ids: str, at: str = "2024-12-04T00:30:00Z") -> LandedBody:
    teams = {"home_team": "Dallas Mavericks", "away_team": "Memphis Grizzlies"}
    return body(None, [{"id": each, "commence_time": at, **teams} for each in ids])


def test_a_schedule_with_games_is_complete() -> None:
    assert judge_schedule(day(stored=[DALLAS])).state is State.COMPLETE


def test_a_date_inside_the_season_without_games_is_empty_by_proof() -> None:
    assert judge_schedule(day(games=())).state is State.EMPTY_OK


def test_a_date_outside_the_loaded_season_is_unknown() -> None:
    judgement = judge_schedule(day(games=(), covered=False))
    assert judgement.state is None
    assert "does not cover" in str(judgement.reason)


def test_an_unknown_date_whose_schedule_is_broken_has_failed() -> None:
    assert judge_schedule(day(games=(), covered=False, problems=[BROKEN])).state is State.FAILED


def test_box_scores_are_complete_when_every_game_is_stored() -> None:
    assert judge_boxes(day(stored=[DALLAS, LAKERS])).state is State.COMPLETE


def test_a_game_without_a_box_score_is_awaited_by_name() -> None:
    judgement = judge_boxes(day(stored=[DALLAS]))
    assert judgement.state is None
    assert "20241203_PHI_LAC" in str(judgement.reason)
    assert "20241203_MEM_DAL" not in str(judgement.reason)


def test_a_broken_box_score_fails_the_date_by_name() -> None:
    judgement = judge_boxes(day(stored=[DALLAS], problems=[BROKEN]))
    assert judgement.state is State.FAILED
    assert judgement.reason == "20241203_PHI_LAC: box_scores/0022400058: points do not add up"


def test_a_broken_body_of_a_stored_game_takes_nothing_away() -> None:
    assert judge_boxes(day(stored=[DALLAS, LAKERS], problems=[BROKEN])).state is State.COMPLETE


def test_box_scores_of_a_date_without_games_are_empty_only_by_proof() -> None:
    assert judge_boxes(day(games=())).state is State.EMPTY_OK
    assert judge_boxes(day(games=(), covered=False)).state is None


def test_props_are_complete_when_each_listed_board_was_read() -> None:
    assert judge_props(day(stored=[DALLAS], bodies=[listing(EVENT), body(EVENT)])).state is State.COMPLETE


def test_boards_without_a_line_are_empty_and_not_complete() -> None:
    for bodies in ([listing(EVENT), body(EVENT)], [listing()]):
        judgement = judge_props(day(bodies=bodies))
        assert (judgement.state, judgement.reason) == (
            State.EMPTY_OK,
            "the provider has nothing for this date",
        )


def test_a_listed_event_without_its_board_fails_the_date() -> None:
    judgement = judge_props(day(bodies=[listing(EVENT)]))
    assert (judgement.state, judgement.reason) == (State.FAILED, f"no board of event {EVENT}")


def test_an_event_of_another_date_is_not_awaited() -> None:
    other = listing(EVENT, at="2024-12-05T00:30:00Z")
    assert judge_props(day(stored=[DALLAS], bodies=[other])).state is State.COMPLETE


def test_broken_boards_fail_the_date() -> None:
    assert judge_props(day(bodies=[listing()], problems=[BROKEN])).state is State.FAILED


def test_props_of_which_nothing_was_landed_are_unknown() -> None:
    assert judge_props(day()).state is None


def test_props_need_the_schedule_to_be_judged() -> None:
    assert judge_props(day(games=(), covered=False, bodies=[listing()])).state is None
    assert judge_props(day(games=())).state is State.EMPTY_OK


def test_a_season_covers_its_dates_from_august_to_its_last_game() -> None:
    slate = Slate((DALLAS,), ((date(2024, 8, 1), date(2025, 4, 13)),))
    covered = [date(2024, 8, 1), date(2024, 10, 1), DAY, date(2025, 4, 13)]
    assert all(slate.covers(each) for each in covered)
    assert not any(slate.covers(each) for each in (date(2024, 7, 31), date(2025, 4, 14)))


def test_a_postponed_game_is_not_awaited() -> None:
    postponed = Game("20241203_BOS_NYK", "0022400059", DAY, TIP, "NYK", "BOS", "POSTPONED")
    assert Slate((DALLAS, postponed)).on(DAY) == [DALLAS]


def test_seasons_turn_over_in_august() -> None:
    inside = season_bounds(DateSpan(from_date=date(2024, 8, 1), to_date=date(2025, 7, 31)))
    across = season_bounds(DateSpan(from_date=date(2024, 7, 31), to_date=date(2024, 8, 1)))
    assert inside == (date(2024, 8, 1), date(2025, 7, 31))
    assert across == (date(2023, 8, 1), date(2025, 7, 31))
