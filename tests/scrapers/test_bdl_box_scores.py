"""balldontlie is asked for each date with games, page after page."""

from datetime import UTC, date, datetime

import pytest

from data_processors.raw.nba_schedule.slate import Game, Slate
from scrapers.balldontlie.bdl_box_scores import SOURCE
from scrapers.balldontlie.bodies import BoxScoresBody
from scrapers.source import NothingToFetchError, Task
from shared.messages import DateSpan

DAY, NEXT = date(2024, 12, 3), date(2024, 12, 4)
TASK = Task(DateSpan(from_date=DAY, to_date=NEXT))
TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)
GAME = Game("20241203_MEM_DAL", "0022400001", DAY, TIP, "DAL", "MEM", "SCHEDULED")
SEASON = ((date(2024, 8, 1), date(2025, 6, 30)),)


def test_only_dates_with_games_are_asked_for() -> None:
    (spec,) = SOURCE.requests(TASK, lambda _: Slate((GAME,), SEASON))
    assert (spec.params, spec.game_date) == ({"date": "2024-12-03", "per_page": "100"}, DAY)
    with pytest.raises(NothingToFetchError):
        SOURCE.requests(TASK, lambda _: Slate((), SEASON))
    assert len(SOURCE.requests(TASK, lambda _: Slate())) == 2, "an unknown schedule proves nothing"


def test_pages_follow_the_cursor_to_its_end_and_never_for_ever() -> None:
    (spec,) = SOURCE.requests(TASK, lambda _: Slate((GAME,), SEASON))
    more = BoxScoresBody.model_validate({"data": [], "meta": {"next_cursor": 25, "per_page": 100}})
    (second,) = SOURCE.follow_ups(TASK, spec, more)
    assert (second.params["cursor"], second.request_key) == ("25", "bdl_box_scores/2024-12-03/2")
    assert SOURCE.follow_ups(TASK, spec, BoxScoresBody.model_validate({"data": []})) == ()
    pages = 1
    while following := SOURCE.follow_ups(TASK, spec, more):
        (spec,) = following
        pages += 1
    assert pages == 50
