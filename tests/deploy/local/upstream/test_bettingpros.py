import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient

from deploy.local.upstream.app import create_app
from deploy.local.upstream.archive import ArchiveError
from deploy.local.upstream.provider_ids import bettingpros_event_id, bettingpros_player_id

V3 = "/api.bettingpros.com/v3"
CAPTURE = "payloads/captures/tests_samples/bp_events/raw_75470647.json"
KEY = {"X-Api-Key": "k"}
# MEM@DAL tips off at 00:30 UTC on 2024-12-04; its books have it at 00:40
GAME, TIP = "0022400056", "2024-12-04T00:40:00Z"
EVENT = bettingpros_event_id(GAME)
DONCIC, MORANT = 1629029, 1629630
LINES = [
    # player, book, line, over, under, snapshot
    (DONCIC, "Luka Doncic", "draftkings", 29.5, -110, -110, "14:00"),
    (MORANT, "Ja Morant", "draftkings", 22.5, 100, -120, "14:00"),
    (DONCIC, "Luka Dončić", "fanduel", 30.5, -105, -115, "15:00"),
    (DONCIC, "Luka Doncic", "draftkings", 30.5, -115, -105, "22:00"),
    (DONCIC, "Luka Doncic", "draftkings", 34.5, 250, -320, "22:00"),
    (DONCIC, "Luka Dončić", "prizepicks", 29.5, -137, None, "22:00"),
    (DONCIC, "Luka Dončić", "bovada", 31.5, -110, -110, "15:00"),
]

At = Callable[..., FlaskClient]


def lines_table(lines: list[tuple[Any, ...]], commence: str) -> pd.DataFrame:
    names = ["player_id", "player_name", "bookmaker", "line", "over_odds", "under_odds", "time"]
    table = pd.DataFrame(lines, columns=names)
    table["snapshot_utc"] = pd.to_datetime("2024-12-03T" + table.pop("time") + ":00Z", utc=True)
    table["team"] = table["player_id"].map({DONCIC: "DAL", MORANT: "MEM"}).fillna("DAL")
    return table.assign(game_id=GAME, market="player_points", commence_utc=pd.Timestamp(commence))


@pytest.fixture(scope="module")
def archive(tiny_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bettingpros") / "archive"
    shutil.copytree(tiny_archive, folder)
    lines_table(LINES, TIP).to_parquet(folder / "prop_lines.parquet")
    return folder


@pytest.fixture
def at(archive: Path) -> At:
    def build(now: str, **options: Any) -> FlaskClient:
        return create_app(archive, now, **options).test_client()

    return build


def events(client: FlaskClient, day: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{V3}/events?sport=NBA&date={day}", headers=KEY).get_json()[
        "events"
    ]
    return found


def body(client: FlaskClient, event: object = EVENT, **query: object) -> Any:
    args = {"sport": "NBA", "market_id": 156, "event_id": event, "book_id": "null", "limit": 10} | query
    return client.get(f"{V3}/offers", query_string=args, headers=KEY).get_json()


def offers(client: FlaskClient) -> dict[str, dict[str, Any]]:
    return {offer["participants"][0]["name"]: offer for offer in body(client)["offers"]}


def side(client: FlaskClient, player: str, name: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = (each for each in offers(client)[player]["selections"] if each["selection"] == name)
    return found


def current(selection: dict[str, Any]) -> dict[int, list[tuple[float, int]]]:
    return {
        book["id"]: [(line["line"], line["cost"]) for line in book["lines"]] for book in selection["books"]
    }


def test_events_are_those_of_the_eastern_day(at: At) -> None:
    found = events(at("2024-12-03T18:00:00Z"), "2024-12-03")
    assert [(each["home"], each["visitor"], each["scheduled"]) for each in found] == [
        ("DAL", "MEM", "2024-12-04 00:30:00"),
        ("LAC", "PHI", "2024-12-04 03:00:00"),
    ]
    assert (found[0]["id"], found[0]["season"], found[0]["season_type"]) == (EVENT, 2024, "REG")
    assert events(at("2024-12-03T18:00:00Z"), "2024-12-04") == []


@pytest.mark.parametrize(
    ("now", "status", "known"),
    [
        ("2024-12-04T00:29:59Z", "scheduled", False),
        ("2024-12-04T00:30:00Z", "inprogress", False),
        ("2024-12-04T03:30:00Z", "closed", True),
    ],
)
def test_a_result_is_known_once_the_game_is_over(at: At, now: str, status: str, known: bool) -> None:
    event = events(at(now), "2024-12-03")[0]
    assert (event["status"], event["results"] is not None) == (status, known)


def test_event_keys_are_those_of_the_real_body(at: At, real_json: Callable[[str], Any]) -> None:
    real = real_json(CAPTURE)
    ours = at("2024-12-04T12:00:00Z").get(f"{V3}/events?sport=NBA&date=2024-12-03", headers=KEY).get_json()
    assert set(ours) == set(real)
    assert set(ours["events"][0]) <= set(real["events"][0])
    for key in ("venue", "results"):
        assert set(ours["events"][0][key]) <= set(real["events"][0][key])
    mine, theirs = (each["events"][0]["participants"][0] for each in (ours, real))
    assert set(mine) == set(theirs)
    assert set(mine["team"]) <= set(theirs["team"])


def test_an_offer_names_player_team_and_event(at: At) -> None:
    offer = offers(at("2024-12-03T23:00:00Z"))["Luka Doncic"]
    assert (offer["event_id"], offer["player_id"]) == (EVENT, bettingpros_player_id(DONCIC))
    participant = offer["participants"][0]
    assert (participant["id"], participant["player"]["team"]) == (str(offer["player_id"]), "DAL")
    assert participant["player"]["position"] is None
    assert [selection["selection"] for selection in offer["selections"]] == ["over", "under"]


def test_ids_are_bettingpros_own_and_never_shared() -> None:
    games = [f"00{season}{number:05d}" for season in (221, 224, 424) for number in range(1, 1231)]
    players = [*range(1, 3_000), *range(1_620_000, 1_650_000)]
    assert len({bettingpros_event_id(game) for game in games}) == len(games)
    assert len({bettingpros_player_id(player) for player in players}) == len(players)


def test_the_opening_line_is_the_earliest_of_all_books(at: At) -> None:
    for now in ("2024-12-03T14:00:00Z", "2024-12-03T23:00:00Z", "2024-12-05T00:00:00Z"):
        assert side(at(now), "Luka Doncic", "over")["opening_line"] == {
            "line": 29.5,
            "cost": -110,
            "book_id": 12,
            "created": "2024-12-03 14:00:00",
        }


def test_no_line_is_known_before_its_snapshot(at: At) -> None:
    assert body(at("2024-12-03T13:59:59Z"))["offers"] == []
    assert current(side(at("2024-12-03T14:00:00Z"), "Luka Doncic", "over")) == {12: [(29.5, -110)]}
    at_nine = side(at("2024-12-03T21:00:00Z"), "Luka Doncic", "over")
    assert current(at_nine) == {10: [(30.5, -105)], 12: [(29.5, -110)]}


def test_each_books_newest_main_line_is_current_and_unknown_books_have_none(at: At) -> None:
    over, under = (side(at("2024-12-03T23:00:00Z"), "Luka Doncic", name) for name in ("over", "under"))
    assert current(over) == {10: [(30.5, -105)], 12: [(30.5, -115)], 60: [(29.5, -137)]}
    assert current(under) == {10: [(30.5, -115)], 12: [(30.5, -105)]}
    assert over["books"][1]["lines"][0]["updated"] == "2024-12-03 22:00:00"


def test_a_withdrawn_line_stays_and_is_inactive(at: At) -> None:
    before, after = (
        offers(at(f"2024-12-03T{time}:00Z"))["Ja Morant"]["selections"][0] for time in ("21:59", "22:00")
    )
    assert (before["active"], before["books"][0]["lines"][0]["active"]) == (True, True)
    assert (after["active"], after["books"][0]["lines"][0]["active"]) == (False, False)
    assert offers(at("2024-12-03T22:00:00Z"))["Ja Morant"]["active"] is False


def test_after_tip_off_the_last_lines_stand_inactive(at: At) -> None:
    over = side(at("2024-12-05T00:00:00Z"), "Luka Doncic", "over")
    assert current(over) == {10: [(30.5, -105)], 12: [(30.5, -115)], 60: [(29.5, -137)]}
    assert not any(line["active"] or line["best"] for book in over["books"] for line in book["lines"])


@pytest.mark.parametrize(("name", "book"), [("over", 60), ("under", 12)])
def test_the_best_line_is_the_easiest_and_then_the_one_that_pays_most(at: At, name: str, book: int) -> None:
    selection = side(at("2024-12-03T23:00:00Z"), "Luka Doncic", name)
    assert [each["id"] for each in selection["books"] if each["lines"][0]["best"]] == [book]


def test_a_snapshot_after_tip_off_is_never_served(at: At, archive: Path, tmp_path: Path) -> None:
    shutil.copytree(archive, tmp_path / "late")
    lines_table(LINES, "2024-12-03T22:00:00Z").to_parquet(tmp_path / "late" / "prop_lines.parquet")
    client = create_app(tmp_path / "late", "2024-12-05T00:00:00Z").test_client()
    assert current(side(client, "Luka Doncic", "over")) == {10: [(30.5, -105)], 12: [(29.5, -110)]}


def test_pages_of_a_simulated_slate_hold_each_offer_once(league: Path) -> None:
    client = create_app(league, "2024-10-30T22:55:00Z").test_client()
    slate = events(client, "2024-10-30")
    asked = ":".join(str(event["id"]) for event in slate)
    pages = [body(client, asked)]
    pages += [body(client, asked, page=n) for n in range(2, pages[0]["_pagination"]["total_pages"] + 1)]
    assert [page["_pagination"]["page"] for page in pages] == list(range(1, len(pages) + 1))
    assert {len(page["offers"]) for page in pages[:-1]} == {10}
    found = [offer["id"] for page in pages for offer in page["offers"]]
    assert len(found) == len(set(found)) == pages[0]["_pagination"]["total_items"] > 50
    assert {offer["event_id"] for page in pages for offer in page["offers"]} == {e["id"] for e in slate}


def test_every_book_of_the_simulated_league_has_an_id(league: Path) -> None:
    client = create_app(league, "2024-10-30T22:55:00Z").test_client()
    asked = ":".join(str(event["id"]) for event in events(client, "2024-10-30"))
    found = body(client, asked, limit=100)["offers"]
    books = {b["id"] for offer in found for selection in offer["selections"] for b in selection["books"]}
    assert books == {10, 12, 13, 19}


def test_unknown_events_and_other_markets_have_no_offers(at: At) -> None:
    client = at("2024-12-03T23:00:00Z")
    assert body(client, "1:2")["_pagination"]["total_pages"] == 0
    assert body(client, market_id=157)["offers"] == []
    assert len(body(client, f"1:{EVENT}:{EVENT}")["offers"]) == 2


@pytest.mark.parametrize("path", ["events?sport=NBA&date=2024-12-03", "offers?sport=NBA"])
def test_a_key_is_required_in_the_header(at: At, path: str) -> None:
    client = at("2024-12-03T23:00:00Z", bettingpros_api_key="right")
    for headers in ({}, {"X-Api-Key": ""}, {"X-Api-Key": "wrong"}):
        assert client.get(f"{V3}/{path}", headers=headers).status_code == 401
    assert client.get(f"{V3}/{path}", headers={"X-Api-Key": "right"}).status_code != 401


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("events?sport=NFL&date=2024-12-03", "sport"),
        ("events?sport=NBA", "date"),
        ("events?sport=NBA&date=20240", "date"),
        ("offers?sport=NBA&market_id=156", "event_id"),
        ("offers?sport=NBA&market_id=156&event_id=1,2", "event_id"),
        ("offers?sport=NBA&event_id=1", "market_id"),
        ("offers?sport=NBA&market_id=156&event_id=1&page=0", "page"),
        ("offers?sport=NBA&market_id=156&event_id=1&limit=x", "limit"),
    ],
)
def test_a_bad_parameter_is_named(at: At, path: str, field: str) -> None:
    response = at("2024-12-03T23:00:00Z").get(f"{V3}/{path}", headers=KEY)
    assert response.status_code == 400
    assert response.get_json()["message"].startswith(field)


def test_lines_without_player_ids_are_refused_by_name(tiny_archive: Path) -> None:
    app = create_app(tiny_archive, "2024-12-03T23:45:00Z")
    app.testing = True
    with pytest.raises(ArchiveError, match="player_id, team"):
        body(app.test_client())
