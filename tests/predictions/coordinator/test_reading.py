"""What can be read of a date: its predictions, page by page, and the best of them."""

from typing import Any

import pytest

from shared.http.pages import Page

KEY = {"X-API-Key": "first-test-key"}


def get(night: Any, path: str, **query: Any) -> Any:
    response = night.services.coordinator.get(path, query_string=query, headers=KEY)
    assert response.status_code == 200, response.text
    return response.get_json()


def vary_prices(night: Any) -> None:
    """Somebody who is out, with other prices of both books: only a book that varies them is believed."""
    lines = [night.line(12.5, book, over_price=-120, under_price=-102) for book in ("draftkings", "fanduel")]
    lines += [night.line(14.5, "draftkings", over_price=105, under_price=-130)]
    night.add("kyrieirving", injury_status="Out", lines=lines)


@pytest.fixture
def predicted(night: Any) -> Any:
    """Two games: a player with two books, one without a line, one who is out."""
    night.add("lukadoncic", lines=[night.line(16.5), night.line(27.5, "fanduel", under_price=120)])
    night.add("jamorant", "BOS_LAL")
    vary_prices(night)
    night.store()
    night.run()
    return night


def test_a_dates_predictions_are_read_in_pages(predicted: Any) -> None:
    path = f"/api/v1/predictions/{predicted.day}"
    everything = get(predicted, path)
    assert (everything["count"], everything["next_offset"]) == (4, None)
    assert everything["rows"][0]["tip_at"] == predicted.tip.isoformat()
    first = get(predicted, path, limit=3)
    rest = get(predicted, path, limit=3, offset=first["next_offset"])
    assert first["next_offset"] == 3
    assert [*first["rows"], *rest["rows"]] == everything["rows"]
    assert rest["next_offset"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"player_lookup": "lukadoncic"}, 2),
        ({"player_lookup": "lukadoncic", "bookmaker": "fanduel"}, 1),
        ({"system_id": "none"}, 1),
        ({"recommendation": "OVER"}, 1),
        ({"recommendation": "NO_LINE"}, 1),
        ({"min_ev": 0.02}, 2),
        ({"min_ev": 50}, 0),
    ],
)
def test_filters_are_held_together(predicted: Any, query: dict[str, Any], count: int) -> None:
    assert get(predicted, f"/api/v1/predictions/{predicted.day}", **query)["count"] == count


def test_what_a_system_predicted_that_predicts_no_more_is_still_read(predicted: Any) -> None:
    rows = [{**row, "system_id": "former"} for row in predicted.rows() if row["bookmaker"]]
    predicted.platform.warehouse.load("player_prop_predictions", rows)
    page = get(predicted, f"/api/v1/predictions/{predicted.day}", system_id="former")
    assert page["count"] == len(rows) > 0


def test_a_game_is_a_filter_too(predicted: Any) -> None:
    page = get(predicted, f"/api/v1/predictions/{predicted.day}", game_id=predicted.game("BOS_LAL"))
    assert [row["player_lookup"] for row in page["rows"]] == ["jamorant"]


def test_the_best_bets_come_first_with_the_chance_that_their_price_asks_for(predicted: Any) -> None:
    page = get(predicted, f"/api/v1/predictions/{predicted.day}/best")
    under, over = sorted(page["rows"], key=lambda row: row["side"], reverse=True)
    values = [row["expected_value"] for row in page["rows"]]
    assert values == sorted(values, reverse=True)
    assert (over["side"], over["price"], over["break_even_probability"]) == ("OVER", -110, 0.523810)
    assert (under["side"], under["price"], under["break_even_probability"]) == ("UNDER", 120, 0.454545)
    assert over["win_probability"] > over["break_even_probability"]
    assert over["market_probability"] == 0.5
    assert over["recommended_by"] == ["moving_average"]
    assert "no promise of profit" in page["note"]


def test_the_best_bets_need_a_price_of_both_sides(night: Any) -> None:
    night.add("lukadoncic", lines=[night.line(16.5, under_price=None), night.line(17.5, "fanduel")])
    vary_prices(night)
    night.store()
    night.run()
    recommended = get(night, f"/api/v1/predictions/{night.day}", recommendation="OVER")
    assert recommended["count"] == 2
    page = get(night, f"/api/v1/predictions/{night.day}/best")
    assert [row["bookmaker"] for row in page["rows"]] == ["fanduel"]


def test_a_bet_that_two_systems_recommend_is_one_row_that_names_both(predicted: Any) -> None:
    rows = [row for row in predicted.rows() if row["bookmaker"]]
    better = [{**row, "system_id": "another", "ev_over": 0.9, "ev_under": 0.9} for row in rows]
    predicted.platform.warehouse.load("player_prop_predictions", better)
    path = f"/api/v1/predictions/{predicted.day}/best"
    page = get(predicted, path)
    assert [(row["system_id"], sorted(row["recommended_by"])) for row in page["rows"]] == [
        ("another", ["another", "moving_average"])
    ] * 2
    one = get(predicted, path, system_id="moving_average", limit=1)
    assert (one["count"], one["next_offset"]) == (1, 1)
    assert one["rows"][0]["recommended_by"] == ["moving_average"]


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/api/v1/predictions/2024-12-03", {"limit": 1001}, "limit"),
        ("/api/v1/predictions/2024-12-03", {"offset": -1}, "offset"),
        ("/api/v1/predictions/2024-12-03", {"player_lookup": "' OR TRUE"}, "player_lookup"),
        ("/api/v1/predictions/2024-12-03", {"team": "DAL"}, "team: is unknown; use limit, offset, system_id"),
        ("/api/v1/predictions/2024-12-03", {"system_id": "nope"}, "nope is unknown; use moving_average"),
        ("/api/v1/predictions/2024-12-03/best", {"system_id": "nope"}, "nope is unknown; use moving_average"),
        ("/api/v1/predictions/2024-12-03", {"game_id": "0022400001"}, "game_id"),
        ("/api/v1/predictions/2024-12-03", {"recommendation": "BUY"}, "'OVER', 'UNDER', 'PASS'"),
        ("/api/v1/predictions/2024-12-03", {"min_ev": "much"}, "min_ev"),
        ("/api/v1/predictions/december", {}, "use YYYY-MM-DD"),
        ("/api/v1/predictions/2024-12-03/best", {"bookmaker": "x"}, "bookmaker"),
        ("/api/v1/predictions/december/best", {}, "game_date"),
        ("/batches", {}, "game_date"),
        ("/batches", {"game_date": "december"}, "use YYYY-MM-DD"),
        ("/batches/december", {}, "batch_id must look like 20241203-1733200000000000"),
        ("/batches/20241303-1733200000000000", {}, "batch_id"),
        ("/api/v1/performance", {}, "from_date"),
        (
            "/api/v1/performance",
            {"from_date": "2024-12-03", "to_date": "2024-12-02"},
            "to_date: 2024-12-02 is before from_date 2024-12-03",
        ),
        ("/api/v1/performance", {"from_date": "x", "to_date": "2024-12-02"}, "from_date: must be a date"),
        ("/api/v1/performance", {"from_date": "2023-01-01", "to_date": "2024-12-02"}, "400 days"),
        (
            "/api/v1/performance",
            {"from_date": "2024-12-01", "to_date": "2024-12-02", "by": "mood"},
            "'system', 'bookmaker'",
        ),
        (
            "/api/v1/performance",
            {"from_date": "2024-12-01", "to_date": "2024-12-02", "system_id": "a b"},
            "system_id",
        ),
        (
            "/api/v1/performance",
            {"from_date": "2024-12-01", "to_date": "2024-12-02", "system_id": "nope"},
            "nope is unknown; use moving_average",
        ),
    ],
)
def test_a_bad_question_names_the_field(services: Any, path: str, query: dict[str, Any], field: str) -> None:
    response = services.coordinator.get(path, query_string=query, headers=KEY)
    assert response.status_code == 422
    assert field in response.get_json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/batches",
        "/batches/x",
        "/api/v1/predictions/2024-12-03",
        "/api/v1/predictions/2024-12-03/best",
        "/api/v1/performance",
    ],
)
def test_nobody_without_a_key_reads_anything(services: Any, path: str) -> None:
    assert services.coordinator.get(path).status_code == 401


def test_a_page_reads_one_row_more_than_it_shows() -> None:
    assert Page(limit=10, offset=20).bounds == {"skipped": 20, "taken": 11}
