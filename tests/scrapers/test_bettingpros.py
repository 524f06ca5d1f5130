"""BettingPros: a date's events, every page of their offers, and nothing without a key."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from data_processors.raw.nba_schedule.slate import Game, Slate
from scrapers.bettingpros.bettingpros import SOURCE
from scrapers.bettingpros.bodies import OffersBody, read_events, read_offers
from scrapers.bodies import BodyError, kept, rejected
from scrapers.source import NothingToFetchError, RequestSpec, Task
from shared.messages import AsOf, DateSpan

DAY = date(2021, 10, 21)
TIP = datetime(2021, 10, 21, 23, 30, tzinfo=UTC)
GAME = Game("20211021_DAL_ATL", "0022100014", DAY, TIP, "ATL", "DAL", "SCHEDULED")
TASK = Task(DateSpan(from_date=DAY, to_date=DAY))
SAMPLES = "payloads/captures/tests_samples/bp_events"
URL = "https://api.bettingpros.com/v3"


def listing(*games: Game) -> RequestSpec:
    (spec,) = SOURCE.requests(
        TASK, lambda _: Slate(games or (GAME,), ((date(2021, 8, 1), date(2022, 4, 10)),))
    )
    return spec


def offers(page: int, total: int) -> OffersBody:
    return OffersBody.model_validate({"offers": [], "_pagination": {"page": page, "total_pages": total}})


def test_the_events_of_the_date_are_asked_for_first() -> None:
    spec = listing()
    assert (spec.url, spec.params) == (f"{URL}/events", {"sport": "NBA", "date": "2021-10-21"})


def test_a_date_without_games_is_proven_by_the_schedule() -> None:
    with pytest.raises(NothingToFetchError, match="the schedule has no games"):
        SOURCE.requests(TASK, lambda _: Slate((), ((date(2021, 8, 1), date(2022, 4, 10)),)))


@pytest.mark.parametrize("name", ["raw_75470647.json", "raw_865cd116.json", "raw_e58219f4.json"])
def test_real_events_lead_to_one_first_page_of_their_offers(real_data: Path, name: str) -> None:
    body = read_events((real_data / SAMPLES / name).read_bytes())
    assert not rejected(body.events)
    assert [(e.id, e.visitor, e.home, e.scheduled) for e in kept(body.events)] == [
        (20879, "DAL", "ATL", TIP),
        (20880, "MIL", "MIA", datetime(2021, 10, 22, 0, 0, tzinfo=UTC)),
        (20881, "LAC", "GSW", datetime(2021, 10, 22, 2, 0, tzinfo=UTC)),
    ]
    (first,) = SOURCE.follow_ups(TASK, listing(), body)
    assert first.url == f"{URL}/offers"
    assert first.params == {
        "sport": "NBA",
        "market_id": "156",
        "event_id": "20879:20880:20881",
        "limit": "25",
        "page": "1",
    }


@pytest.mark.parametrize(
    "knowledge", [AsOf(lead_minutes=60), AsOf(as_of=datetime(2021, 10, 21, 12, tzinfo=UTC))]
)
def test_it_asks_the_same_whatever_may_be_known_as_it_has_only_the_present(knowledge: AsOf) -> None:
    def known(_: DateSpan) -> Slate:
        return Slate((GAME,), ((date(2021, 8, 1), date(2022, 4, 10)),))

    assert SOURCE.requests(replace(TASK, knowledge=knowledge), known) == [listing()]
    assert SOURCE.days == 1


def test_an_event_of_another_eastern_date_is_left_out() -> None:
    body = read_events(
        b'{"events": [{"id": 1, "scheduled": "2021-10-22 23:30:00", "home": "A", "visitor": "B"}]}'
    )
    assert SOURCE.follow_ups(TASK, listing(), body) == []


def first_page(day: RequestSpec) -> RequestSpec:
    raw = b'{"events": [{"id": 1, "scheduled": "2021-10-21 23:30:00", "home": "ATL", "visitor": "DAL"}]}'
    (spec,) = SOURCE.follow_ups(TASK, day, read_events(raw))
    return spec


@pytest.mark.parametrize(
    ("total", "pages"), [(0, []), (1, []), (3, ["2", "3"]), (10_000, [str(n) for n in range(2, 51)])]
)
def test_the_first_page_leads_to_all_others_and_never_to_endless_ones(total: int, pages: list[str]) -> None:
    found = SOURCE.follow_ups(TASK, first_page(listing()), offers(1, total))
    assert [spec.params["page"] for spec in found] == pages
    assert len({spec.request_key for spec in found}) == len(pages)


def test_a_further_page_leads_to_no_other() -> None:
    (second,) = SOURCE.follow_ups(TASK, first_page(listing()), offers(1, 2))
    assert SOURCE.follow_ups(TASK, second, offers(2, 9)) == ()


@pytest.mark.parametrize(
    ("read", "raw", "what"),
    [
        (read_events, b"<html>", "not JSON"),
        (read_events, b'{"message": "Unauthorized"}', "events"),
        (read_offers, b'{"offers": []}', "_pagination"),
        (read_offers, b'{"_pagination": {"page": 1, "total_pages": 1}}', "offers"),
    ],
)
def test_another_body_is_refused_by_name(read: Callable[[bytes], Any], raw: bytes, what: str) -> None:
    with pytest.raises(BodyError, match=what):
        read(raw)


@pytest.mark.parametrize("key", [None, "", " ", "PLACEHOLDER", "change-me", "REPLACE_ME", "<todo>"])
def test_without_a_key_it_has_failed_and_everything_else_goes_on(
    serve: Callable[..., Any], key: str | None
) -> None:
    service = serve(BETTINGPROS_API_KEY=key)
    service.upstream.set_now("2024-10-22T20:00:00Z")
    answer = service.client.post(
        "/workflows/betting_lines", json={"game_date": "2024-10-22"}, headers={"X-API-Key": "first-test-key"}
    )
    runs = {run["source"]: run for run in answer.get_json()["runs"]}
    assert runs["bettingpros"]["status"] == "failed"
    assert runs["bettingpros"]["reason"].startswith("failed: no credential: set BETTINGPROS_API_KEY")
    assert runs["odds"]["status"] == "success"
    assert not [path for path in service.upstream.requests() if "bettingpros" in path]


def test_its_pages_are_landed_and_its_key_is_nowhere(serve: Callable[..., Any], capsys: Any) -> None:
    service = serve(BETTINGPROS_API_KEY="bp-canary-4e1d")
    service.load_schedule()
    service.upstream.set_now("2024-10-22T20:00:00Z")
    run = service.scrape("bettingpros", "2024-10-22")
    rows = service.landed(run["run_id"])
    pages = [read_offers(row_body(row)).pagination for row in rows if row["kind"] == "bp_offers"]
    assert run["status"] == "success"
    assert sorted(page.page for page in pages) == list(range(1, pages[0].total_pages + 1))
    assert len(pages) > 1
    seen = [
        str(run),
        str(service.announced.read()),
        capsys.readouterr().err,
        str(service.rows("scrape_runs")),
    ]
    seen += [str(row | {"body": row_body(row)}) for row in rows]
    assert not [text for text in seen if "canary" in text]


def row_body(row: dict[str, Any]) -> bytes:
    return zlib.decompress(row["body"])
