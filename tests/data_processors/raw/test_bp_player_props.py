"""BettingPros offers: numbers and prices as they stand, the game by its players, and what is left out."""

import copy
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from data_processors.raw.bp_player_props.books import bookmaker_of
from data_processors.raw.bp_player_props.completeness import judge
from data_processors.raw.bp_player_props.parse import parse
from data_processors.raw.nba_schedule.slate import Game, Slate
from data_processors.raw.table import Day
from deploy.local.upstream.app import create_app as create_upstream
from orchestration.state import State
from scrapers.bettingpros.bodies import read_events, read_offers
from scrapers.bodies import BodyError
from shared.identity.resolver import Player, Resolver
from shared.identity.teams import tricode_of

DAY, OPENING = date(2024, 12, 3), "2024-10-22"
TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)
DALLAS = Game("20241203_NOP_DAL", "0022400056", DAY, TIP, "DAL", "NOP", "SCHEDULED")
PHOENIX = Game("20241203_PHX_LAC", "0022400058", DAY, TIP, "LAC", "PHX", "SCHEDULED")
SLATE = Slate((DALLAS, PHOENIX), ((date(2024, 8, 1), date(2025, 4, 13)),))
DONCIC = Player(1629029, "lukadoncic", "Luka Dončić", "DAL")


def line(number: float, cost: Any, at: str = "2024-12-03 22:00:00", **more: Any) -> dict[str, Any]:
    return {"id": 1, "line": number, "cost": cost, "updated": at, "active": True, "best": False, **more}


def selection(side: str, *books: tuple[int, dict[str, Any]], opening: Any = None) -> dict[str, Any]:
    told = [{"id": book, "lines": [found]} for book, found in books]
    return {"selection": side, "opening_line": opening, "books": told}


OVER = selection(
    "over",
    (10, line(30.5, -115, best=True)),
    (12, line(29.5, -120)),
    opening={"line": 29.5, "cost": -105, "book_id": 12, "created": "2024-12-03 14:00:00"},
)
UNDER = selection(
    "under",
    (10, line(30.5, -105, at="2024-12-03 22:05:00")),
    (77, line(31.5, 100)),
    opening={"line": 29.5, "cost": -115, "book_id": 12, "created": "2024-12-03 14:01:00"},
)


def offer(name: str = "Luka Doncic", team: str | None = "DAL", event: int = 7, **more: Any) -> dict[str, Any]:
    return {
        "id": 100,
        "event_id": event,
        "player_id": "5",
        "participants": [{"name": name, "player": {"team": team, "position": "G"}}],
        "selections": [OVER, UNDER],
        **more,
    }


def page(*offers: Any, number: int = 1, total: int = 1) -> dict[str, Any]:
    return {"offers": list(offers), "_pagination": {"page": number, "total_pages": total}}


@pytest.fixture
def parsed(landed: Any, known_here: Any) -> Callable[..., Any]:
    def run(*offers: Any, slate: Slate = SLATE) -> Any:
        return parse(landed(page(*offers), DAY, kind="bp_offers"), known_here(slate, Resolver([DONCIC])))

    return run


def test_both_sides_of_a_number_are_one_line_and_others_stand_alone(parsed: Any, fits: Any) -> None:
    found = parsed(offer())
    fits("bp_player_props", found.rows)
    assert [(r["bookmaker"], r["line"], r["over_price"], r["under_price"]) for r in found.rows] == [
        ("fanduel", 30.5, -115, -105),
        ("draftkings", 29.5, -120, None),
        ("book_77", 31.5, None, 100),
    ]
    fanduel = found.rows[0]
    assert fanduel["snapshot_at"] == datetime(2024, 12, 3, 22, 5, tzinfo=UTC)
    assert (fanduel["player_id"], fanduel["player_lookup"]) == (1629029, "lukadoncic")
    assert (fanduel["is_active"], fanduel["is_best_over"], fanduel["is_best_under"]) == (True, True, False)
    opening = {key.removeprefix("opening_"): value for key, value in fanduel.items() if "opening" in key}
    assert opening == {
        "over_line": 29.5,
        "over_price": -105,
        "under_line": 29.5,
        "under_price": -115,
        "bookmaker": "draftkings",
        "at": datetime(2024, 12, 3, 14, tzinfo=UTC),
    }


def test_the_game_is_the_one_in_which_most_of_its_players_play(parsed: Any) -> None:
    mates = [offer(name=f"Mate {n}", team="NOR", id=n) for n in "ab"]
    stale = offer(name="Just Traded", team="LAC")
    free = offer(name="Free Agent", team="FA")
    found = parsed(offer(), *mates, stale, free, offer(name="A Sun", team="PHO", event=8))
    games = {row["player_name"]: row["game_id"] for row in found.rows}
    assert set(games.values()) == {"20241203_NOP_DAL", "20241203_PHX_LAC"}
    assert games.pop("A Sun") == "20241203_PHX_LAC"
    assert set(games.values()) == {"20241203_NOP_DAL"}
    assert {each.player_name for each in found.unresolved} == {*games, "A Sun"} - {"Luka Doncic"}


def test_an_event_of_no_game_is_told_and_not_stored(parsed: Any) -> None:
    found = parsed(offer(team="BOS"), offer(team=None, event=9))
    assert list(found.rows) == []
    assert found.unmatched == [
        "no game of event 7 on 2024-12-03 in the schedule",
        "no game of event 9 on 2024-12-03 in the schedule",
    ]


def test_a_line_after_the_tip_off_is_no_pregame_line(parsed: Any) -> None:
    late = selection("over", (10, line(30.5, -115, at="2024-12-04 00:30:00")), (12, line(29.5, -110)))
    found = parsed(offer(selections=[late]))
    assert [row["bookmaker"] for row in found.rows] == ["draftkings"]


def test_without_a_schedule_nothing_is_judged(parsed: Any) -> None:
    found = parsed(offer(), slate=Slate())
    assert (list(found.rows), list(found.unmatched)) == ([], [])


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (lambda o: o.pop("event_id"), "event_id"),
        (lambda o: o["participants"].clear(), "participants"),
        (lambda o: o["participants"][0].update(name="  "), "participants.0.name"),
        (lambda o: o["participants"][0].update(name="???"), "participants.name"),
        (lambda o: o["selections"][0].update(selection="both"), "selection"),
        (lambda o: o["selections"][0]["books"][0].update(id="ten"), "id"),
        (lambda o: o["selections"][0]["books"][0]["lines"][0].update(cost=50.5 - 100), "cost"),
        (lambda o: o["selections"][0]["books"][0]["lines"][0].update(updated="noon"), "updated"),
        (lambda o: o["selections"][0]["books"][0]["lines"][0].update(line="many"), "line"),
    ],
)
def test_a_bad_part_is_left_out_by_its_field_and_the_others_stand(
    parsed: Any, spoil: Any, field: str
) -> None:
    bad = copy.deepcopy(offer(name="Bad Part", id=101))
    spoil(bad)
    found = parsed(bad, offer())
    assert [each.reason.partition(":")[0] for each in found.rejected] == [field]
    assert len([row for row in found.rows if row["player_lookup"] == "lukadoncic"]) == 3


def test_a_date_is_complete_when_every_page_was_read(landed: Any) -> None:
    listing = landed({"events": [event(7)]}, DAY, kind="bp_events")
    first, second = (landed(page(number=n, total=2), DAY, kind="bp_offers") for n in (1, 2))

    def judged(*bodies: Any, stored: Any = {DALLAS.game_id: 3}) -> Any:  # noqa: B006  never changed
        found = judge(Day(DAY, [DALLAS], True, stored, bodies=bodies))
        return found.state, found.reason

    assert judged(listing, first, second) == (State.COMPLETE, None)
    assert judged(listing, first) == (State.FAILED, "no page 2 of the offers")
    assert judged(listing) == (State.FAILED, "no page 1 of the offers")
    nothing = landed({"events": []}, DAY, kind="bp_events")
    assert judged(nothing, stored={}) == (State.EMPTY_OK, "the provider has nothing for this date")
    assert judged()[0] is None
    assert judge(Day(DAY, [], True, {})).state is State.EMPTY_OK
    assert judge(Day(DAY, [], False, {})).state is None


def event(number: int) -> dict[str, Any]:
    return {"id": number, "scheduled": "2024-12-04 00:30:00", "home": "DAL", "visitor": "NOR"}


@pytest.fixture(scope="module")
def served(league: Path) -> Any:
    """Bodies of the simulated league's first evening."""
    client = create_upstream(league, f"{OPENING}T22:00:00Z").test_client()
    base, headers = "/api.bettingpros.com/v3", {"X-Api-Key": "k"}
    events = client.get(f"{base}/events?sport=NBA&date={OPENING}", headers=headers).data
    ids = ":".join(str(e["id"]) for e in json.loads(events)["events"])
    url = f"{base}/offers?sport=NBA&market_id=156&event_id={ids}&limit=100"
    return events, client.get(url, headers=headers).data


@pytest.mark.parametrize("count", [150, pytest.param(2000, marks=pytest.mark.slow)])
def test_spoiled_bodies_are_refused_or_become_rows(
    served: Any, mutants: Any, landed: Any, fits: Any, known_here: Any, count: int
) -> None:
    day = date.fromisoformat(OPENING)
    found = json.loads(served[0])["events"]
    games = tuple(game_of(day, tricode_of(e["visitor"]), tricode_of(e["home"])) for e in found)
    known = known_here(Slate(games, ((date(2024, 8, 1), date(2025, 4, 13)),)))
    refused = rows = 0
    for raw in mutants(served[1], count):
        try:
            read_offers(raw)
            made = parse(landed(raw, day, kind="bp_offers"), known).rows
            fits("bp_player_props", made)
            rows += len(made)
        except BodyError as error:
            refused += bool(str(error))
    assert 0 < refused < count
    assert rows > 50 * (count - refused)
    assert refusals(read_events, mutants(served[0], count)) > 0


def refusals(read: Callable[[bytes], Any], bodies: Iterable[bytes]) -> int:
    """How many bodies are refused with a reason; the others are read."""
    refused = 0
    for raw in bodies:
        try:
            read(raw)
        except BodyError as error:
            refused += bool(str(error))
    return refused


def game_of(day: date, away: str, home: str) -> Game:
    tip = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
    return Game(f"{day:%Y%m%d}_{away}_{home}", "0022400001", day, tip, home, away, "SCHEDULED")


def openings(rows: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    return {
        (r["bp_offer_id"], side, r[f"opening_{side}_line"], r[f"opening_{side}_price"])
        for r in rows
        for side in ("over", "under")
        if r[f"opening_{side}_price"] is not None
    }


def test_what_bettingpros_offers_is_what_is_stored(chain: Any) -> None:
    chain.run("schedule", OPENING)
    chain.run("box_scores", OPENING)
    chain.set_now(f"{OPENING}T22:00:00Z")
    outcome = chain.run("bettingpros", OPENING)
    assert outcome["http"] == 200
    rows = chain.rows("bp_player_props")
    base, headers = f"{chain.upstream}/api.bettingpros.com/v3", {"X-Api-Key": "a-key"}
    events = requests.get(f"{base}/events?sport=NBA&date={OPENING}", headers=headers, timeout=5).json()[
        "events"
    ]
    ids = ":".join(str(e["id"]) for e in events)
    url = f"{base}/offers?sport=NBA&market_id=156&event_id={ids}&limit=100"
    pages = [requests.get(f"{url}&page={n}", headers=headers, timeout=5).json() for n in (1, 2, 3)]
    offered = {
        (o["id"], book["id"], found["line"], side["selection"], found["cost"])
        for body in pages
        for o in body["offers"]
        for side in o["selections"]
        for book in side["books"]
        for found in book["lines"]
    }
    stored = {
        (r["bp_offer_id"], r["book_id"], r["line"], side, r[f"{side}_price"])
        for r in rows
        for side in ("over", "under")
        if r[f"{side}_price"] is not None
    }
    opened = {
        (o["id"], side["selection"], opening["line"], opening["cost"], opening["book_id"])
        for body in pages
        for o in body["offers"]
        for side in o["selections"]
        if (opening := side["opening_line"])
    }
    assert len(stored) > 200
    assert stored == offered
    assert openings(rows) == {(offer, side, number, cost) for offer, side, number, cost, _ in opened}
    assert {(r["bp_offer_id"], r["opening_bookmaker"]) for r in rows} == {
        (offer, bookmaker_of(book)) for offer, side, _, _, book in opened if side == "over"
    }
    assert sum(r["player_id"] is None for r in rows) < len(rows) / 10
    assert chain.state(OPENING, "bp_player_props").state is State.COMPLETE
    before = chain.stable("bp_player_props")
    chain.run("bettingpros", OPENING)
    assert chain.stable("bp_player_props") == before
