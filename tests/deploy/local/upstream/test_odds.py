from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from deploy.local.upstream.app import create_app
from deploy.local.upstream.archive import Archive
from deploy.local.upstream.market import Market, decimal_price, event_id_of
from deploy.local.upstream.quotes import Quote, prop_quotes

ClientAt = Callable[..., FlaskClient]
EVENT = event_id_of("0022400056")
V4 = "/api.the-odds-api.com/v4"
EVENTS = f"{V4}/sports/basketball_nba/events"
PAST_EVENTS = f"{V4}/historical/sports/basketball_nba/events"
ODDS = {"apiKey": "k", "markets": "player_points", "regions": "us,us_dfs", "oddsFormat": "american"}


def boards(event: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {book["key"]: book["markets"][0] for book in event["bookmakers"]}


def points_of(market: dict[str, Any]) -> dict[tuple[str, str], tuple[float, float]]:
    return {
        (each["description"], each["name"]): (each["point"], each["price"]) for each in market["outcomes"]
    }


def live(client: FlaskClient, **changes: str) -> Any:
    return client.get(f"{EVENTS}/{EVENT}/odds", query_string=ODDS | changes).get_json()


def past(client: FlaskClient, date: str, **changes: str) -> Any:
    return client.get(f"{PAST_EVENTS}/{EVENT}/odds", query_string=ODDS | {"date": date} | changes).get_json()


def test_events_are_those_to_come_within_two_weeks(client_at: ClientAt) -> None:
    events = client_at("2024-12-03T18:00:00Z").get(EVENTS, query_string={"apiKey": "k"}).get_json()
    assert [event["commence_time"] for event in events] == [
        "2024-12-04T00:40:00Z",
        "2024-12-04T03:00:00Z",
        "2024-12-06T00:00:00Z",
    ]
    assert events[0] == {
        "id": EVENT,
        "sport_key": "basketball_nba",
        "sport_title": "NBA",
        "commence_time": "2024-12-04T00:40:00Z",
        "home_team": "Dallas Mavericks",
        "away_team": "Memphis Grizzlies",
    }


def test_events_vanish_at_tipoff(client_at: ClientAt) -> None:
    before = client_at("2024-12-04T00:39:59Z").get(EVENTS, query_string={"apiKey": "k"}).get_json()
    after = client_at("2024-12-04T00:40:00Z").get(EVENTS, query_string={"apiKey": "k"}).get_json()
    assert EVENT in {event["id"] for event in before}
    assert EVENT not in {event["id"] for event in after}


def test_events_are_limited_to_the_time_asked_for(client_at: ClientAt) -> None:
    window = {"commenceTimeFrom": "2024-12-04T00:40:00Z", "commenceTimeTo": "2024-12-04T02:59:59Z"}
    events = client_at("2024-12-03T18:00:00Z").get(EVENTS, query_string={"apiKey": "k"} | window).get_json()
    assert [event["id"] for event in events] == [EVENT]


def test_an_event_id_is_32_hexadecimal_digits_and_does_not_change() -> None:
    assert event_id_of("0022400056") == "9b672825b1cb9dace726f060fd01de1f"


@pytest.mark.parametrize(
    ("now", "line"),
    [("2024-12-03T13:59:59Z", None), ("2024-12-03T14:00:00Z", 29.5), ("2024-12-03T22:00:00Z", 30.5)],
)
def test_no_line_is_known_before_its_snapshot(client_at: ClientAt, now: str, line: float | None) -> None:
    found = boards(live(client_at(now))).get("draftkings")
    assert (points_of(found)["Luka Dončić", "Over"][0] if found else None) == line


def test_a_line_withdrawn_from_the_newest_board_is_gone(client_at: ClientAt) -> None:
    board = boards(live(client_at("2024-12-03T22:00:00Z")))["draftkings"]
    assert set(points_of(board)) == {("Luka Dončić", "Over"), ("Luka Dončić", "Under")}
    assert board["last_update"] == "2024-12-03T22:00:00Z"


def test_a_line_without_time_appears_an_hour_before_the_earlier_start_and_says_so(
    client_at: ClientAt,
) -> None:
    """The books' start is 00:40, the league's 00:30."""
    assert "prizepicks" not in boards(live(client_at("2024-12-03T23:29:59Z")))
    board = boards(live(client_at("2024-12-03T23:30:00Z")))["prizepicks"]
    assert board["last_update"] == "2024-12-03T23:30:00Z"
    assert board["assumed_time"] is True
    assert "assumed_time" not in boards(live(client_at("2024-12-03T23:40:00Z")))["draftkings"]


def test_a_line_given_twice_is_served_once_and_a_side_without_price_is_left_out(client_at: ClientAt) -> None:
    outcomes = boards(live(client_at("2024-12-03T23:40:00Z")))["prizepicks"]["outcomes"]
    assert [(each["description"], each["name"]) for each in outcomes] == [
        ("Ja Morant", "Over"),
        ("Ja Morant", "Under"),
        ("Luka Dončić", "Over"),
    ]


def test_prices_are_decimal_unless_american_is_asked_for(client_at: ClientAt) -> None:
    client = client_at("2024-12-03T15:00:00Z")
    american = points_of(boards(live(client))["draftkings"])
    decimal = points_of(boards(live(client, oddsFormat="decimal"))["draftkings"])
    assert (american["Ja Morant", "Over"][1], american["Ja Morant", "Under"][1]) == (100, -10000)
    assert (decimal["Ja Morant", "Over"][1], decimal["Ja Morant", "Under"][1]) == (2.0, 1.01)
    assert decimal_price(-137) == 1.73


def test_bookmakers_and_regions_choose_the_boards(client_at: ClientAt) -> None:
    client = client_at("2024-12-03T23:45:00Z")
    assert set(boards(live(client, regions="us"))) == {"draftkings"}
    assert set(boards(live(client, regions="us_dfs"))) == {"prizepicks"}
    assert set(boards(live(client, regions="us", bookmakers="prizepicks,fanduel"))) == {"prizepicks"}


def test_closing_game_lines_are_a_consensus_whose_time_and_price_are_assumed(client_at: ClientAt) -> None:
    markets = live(client_at("2024-12-03T23:40:00Z"), markets="spreads,totals")["bookmakers"][0]["markets"]
    spreads, totals = markets
    assert {each["name"]: each["point"] for each in spreads["outcomes"]} == {
        "Dallas Mavericks": -4.5,
        "Memphis Grizzlies": 4.5,
    }
    assert [(each["name"], each["point"]) for each in totals["outcomes"]] == [
        ("Over", 244.0),
        ("Under", 244.0),
    ]
    assert spreads["assumed_time"]
    assert spreads["assumed_price"]


def test_an_event_without_lines_has_no_bookmakers(client_at: ClientAt) -> None:
    url = f"{EVENTS}/{event_id_of('0022400058')}/odds"
    body = client_at("2024-12-04T02:30:00Z").get(url, query_string=ODDS).get_json()
    assert body["bookmakers"] == []


def test_history_gives_the_newest_board_not_later_than_the_date(client_at: ClientAt) -> None:
    client = client_at("2024-12-10T00:00:00Z")
    early, late = past(client, "2024-12-03T21:59:59Z"), past(client, "2024-12-03T22:00:00Z")
    assert points_of(boards(early["data"])["draftkings"])["Luka Dončić", "Over"] == (29.5, -110)
    assert points_of(boards(late["data"])["draftkings"])["Luka Dončić", "Over"] == (30.5, -115)


def test_history_can_be_walked_from_snapshot_to_snapshot(client_at: ClientAt) -> None:
    body = past(client_at("2024-12-10T00:00:00Z"), "2024-12-03T22:30:00Z")
    assert body["previous_timestamp"] == "2024-12-03T14:00:00Z"
    assert body["timestamp"] == "2024-12-03T22:00:00Z"
    assert body["next_timestamp"] == "2024-12-03T23:30:00Z"


def test_a_snapshot_still_to_come_is_not_announced(client_at: ClientAt) -> None:
    assert past(client_at("2024-12-03T23:00:00Z"), "2024-12-03T22:30:00Z")["next_timestamp"] is None


def test_history_before_the_first_snapshot_is_empty(client_at: ClientAt) -> None:
    body = past(client_at("2024-12-10T00:00:00Z"), "2024-12-03T10:00:00Z")
    assert body["data"]["bookmakers"] == []
    assert body["previous_timestamp"] is None


def test_historical_events_are_those_that_had_not_begun(client_at: ClientAt) -> None:
    query = {"apiKey": "k", "date": "2024-12-04T01:02:03Z"}
    body = client_at("2024-12-10T00:00:00Z").get(PAST_EVENTS, query_string=query).get_json()
    assert EVENT not in {event["id"] for event in body["data"]}
    assert len(body["data"]) == 2
    assert body["timestamp"] == "2024-12-04T01:00:00Z"
    assert body["next_timestamp"] == "2024-12-04T01:05:00Z"


@pytest.mark.parametrize(
    ("url", "changes", "status", "code"),
    [
        (EVENTS, {"apiKey": ""}, 401, "MISSING_KEY"),
        (EVENTS, {"apiKey": "wrong"}, 401, "INVALID_KEY"),
        (EVENTS.replace("_nba", "_wnba"), {}, 404, "UNKNOWN_SPORT"),
        (EVENTS, {"commenceTimeFrom": "2024-12-03"}, 422, "INVALID_COMMENCE_TIME_FROM"),
        (EVENTS, {"commenceTimeTo": "soon"}, 422, "INVALID_COMMENCE_TIME_TO"),
        (
            EVENTS,
            {"commenceTimeFrom": "2024-12-04T00:00:00Z", "commenceTimeTo": "2024-12-03T00:00:00Z"},
            422,
            "INVALID_COMMENCE_TIME_RANGE",
        ),
        (EVENTS, {"dateFormat": "unix"}, 422, "INVALID_DATE_FORMAT"),
        (f"{EVENTS}/{'0' * 32}/odds", {}, 404, "EVENT_NOT_FOUND"),
        (f"{EVENTS}/123/odds", {}, 422, "INVALID_EVENT_ID"),
        (f"{EVENTS}/{EVENT}/odds", {"regions": ""}, 422, "MISSING_REGION"),
        (f"{EVENTS}/{EVENT}/odds", {"regions": "mars"}, 422, "INVALID_REGION"),
        (f"{EVENTS}/{EVENT}/odds", {"markets": "points"}, 422, "INVALID_MARKET"),
        (f"{EVENTS}/{EVENT}/odds", {"oddsFormat": "roman"}, 422, "INVALID_ODDS_FORMAT"),
        (PAST_EVENTS, {}, 422, "MISSING_HISTORICAL_TIMESTAMP"),
        (PAST_EVENTS, {"date": "2024-12-03T18:00:01Z"}, 422, "INVALID_HISTORICAL_TIMESTAMP"),
        (PAST_EVENTS, {"date": "2024-12-03T12:00:00+00:00"}, 422, "INVALID_HISTORICAL_TIMESTAMP"),
        (PAST_EVENTS, {"date": "2024-12-03T12:00:00.000Z"}, 422, "INVALID_HISTORICAL_TIMESTAMP"),
        (PAST_EVENTS, {"date": "2024-13-03T12:00:00Z"}, 422, "INVALID_HISTORICAL_TIMESTAMP"),
    ],
)
def test_a_bad_request_is_refused_with_upstreams_code(
    client_at: ClientAt, url: str, changes: dict[str, str], status: int, code: str
) -> None:
    client = client_at("2024-12-03T18:00:00Z", odds_api_key="right")
    response = client.get(url, query_string=ODDS | {"apiKey": "right"} | changes)
    assert (response.status_code, response.get_json()["error_code"]) == (status, code)
    assert response.get_json()["message"]


def test_an_event_that_has_begun_is_not_found(client_at: ClientAt) -> None:
    client = client_at("2024-12-04T00:40:00Z")
    assert live(client)["error_code"] == "EVENT_NOT_FOUND"
    assert past(client, "2024-12-04T00:40:00Z")["error_code"] == "EVENT_NOT_FOUND"
    assert past(client, "2024-12-04T00:39:59Z")["data"]["id"] == EVENT


def test_each_answer_says_what_it_cost(client_at: ClientAt) -> None:
    client = client_at("2024-12-03T23:45:00Z")
    free = client.get(EVENTS, query_string={"apiKey": "k"})
    paid = client.get(f"{EVENTS}/{EVENT}/odds", query_string=ODDS)
    history = client.get(f"{PAST_EVENTS}/{EVENT}/odds", query_string=ODDS | {"date": "2024-12-03T23:40:00Z"})
    assert [r.headers["x-requests-last"] for r in (free, paid, history)] == ["0", "2", "20"]
    assert history.headers["x-requests-used"] == "22"
    assert int(history.headers["x-requests-remaining"]) == int(free.headers["x-requests-remaining"]) - 22


def test_the_quota_counts_down_from_twenty_thousand(client_at: ClientAt) -> None:
    headers = client_at("2024-12-03T23:45:00Z").get(EVENTS, query_string={"apiKey": "k"}).headers
    assert (headers["x-requests-remaining"], headers["x-requests-used"]) == ("20000", "0")


COMMENCE = datetime(2024, 12, 4, 0, 40, tzinfo=UTC)
MORNING, EVENING = datetime(2024, 12, 3, 14, tzinfo=UTC), datetime(2024, 12, 3, 22, tzinfo=UTC)


def row(line: float, over: float | None, under: float | None, **changes: Any) -> dict[str, Any]:
    known = {"bookmaker": "draftkings", "market": "player_points", "player_name": "Luka Dončić"}
    prices = {"line": line, "over_odds": over, "under_odds": under, "snapshot_utc": MORNING}
    return known | prices | changes


def markets_of(rows: list[dict[str, Any]]) -> dict[float, str]:
    quotes: list[Quote] = list(prop_quotes(rows, COMMENCE))
    return {quote.point: quote.market.removeprefix("player_points") for quote in quotes}


def test_the_line_nearest_to_even_is_the_main_one_and_the_rest_are_alternates() -> None:
    rows = [row(24.5, -400, 290), row(29.5, -112, -108), row(34.5, 310, -420)]
    assert markets_of(rows) == {24.5: "_alternate", 29.5: "", 34.5: "_alternate"}


@pytest.mark.parametrize(
    "rows",
    [
        [row(29.5, -137, -137), row(30.5, -137, -137)],
        [row(29.5, -110, -110), row(34.5, 250, None)],
        [row(29.5, -110, -110), row(30.5, 250, -320, bookmaker="fanduel")],
        [row(29.5, -110, -110), row(30.5, 250, -320, player_name="Ja Morant")],
        [row(29.5, -110, -110), row(30.5, 250, -320, snapshot_utc=EVENING)],
        [row(29.5, -150, 130), row(29.5, -150, 130, commence_utc=COMMENCE)],
    ],
    ids=["equal prices", "a price missing", "other book", "other player", "other snapshot", "given twice"],
)
def test_lines_that_prices_do_not_tell_apart_are_all_main(rows: list[dict[str, Any]]) -> None:
    assert set(markets_of(rows).values()) == {""}


ALL = "player_points,player_points_alternate,spreads,totals"


def league_boards(client: FlaskClient, event: str, **query: str) -> dict[str, set[str]]:
    """Market keys by bookmaker; of the live endpoint, or with `date` of the historical one."""
    args = ODDS | {"markets": ALL} | query
    url = f"{PAST_EVENTS if 'date' in query else EVENTS}/{event}/odds"
    body = client.get(url, query_string=args).get_json()
    books = body.get("data", body)["bookmakers"]
    return {book["key"]: {market["key"] for market in book["markets"]} for book in books}


def test_one_request_answers_every_market_live_and_historical(league: Path) -> None:
    market = Market(Archive(league))
    event = next(iter(market.events.values()))
    alternates = {q.bookmaker for q in market.quotes(event) if q.market == "player_points_alternate"}
    assert alternates == {"draftkings", "fanduel"}
    client = create_app(league, event.commence.replace(hour=event.commence.hour - 1)).test_client()
    live_boards = league_boards(client, event.event_id)
    date = f"{event.commence.replace(hour=event.commence.hour - 1):%Y-%m-%dT%H:%M:%SZ}"
    assert live_boards == league_boards(client, event.event_id, date=date)
    assert live_boards["consensus"] == {"spreads", "totals"}
    for book in ("draftkings", "fanduel"):
        assert live_boards[book] == {"player_points", "player_points_alternate"}
    assert live_boards["betmgm"] == {"player_points"}


def test_each_player_of_a_book_has_one_main_line(league: Path) -> None:
    market = Market(Archive(league))
    for event in list(market.events.values())[:10]:
        main = [
            (quote.bookmaker, quote.snapshot, quote.description)
            for quote in market.quotes(event)
            if quote.market == "player_points" and quote.name == "Over"
        ]
        assert len(main) == len(set(main))


def test_alternates_go_with_the_board_that_they_were_on(league: Path) -> None:
    """A newer board without alternates withdraws those of the board before."""
    market = Market(Archive(league))
    event = next(iter(market.events.values()))
    quotes = [quote for quote in market.quotes(event) if quote.bookmaker == "draftkings"]
    newest = max(quote.snapshot for quote in quotes)
    client = create_app(league, newest).test_client()
    args = ODDS | {"markets": "player_points_alternate", "bookmakers": "draftkings"}
    body = client.get(f"{EVENTS}/{event.event_id}/odds", query_string=args).get_json()
    shown = {o["point"] for b in body["bookmakers"] for m in b["markets"] for o in m["outcomes"]}
    last = [q for q in quotes if q.snapshot == newest and q.market == "player_points_alternate"]
    assert shown == {quote.point for quote in last}
