"""Each page in a browser on a predicted slate: the API's figures, no errors, readable by everybody."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from predictions.coordinator.console.formats import number, percent, signed
from shared.clock import utc_now
from shared.dead_letters import DeadLetter

PHONE = {"width": 375, "height": 760}
DESK = {"width": 1280, "height": 900}


@pytest.fixture
def slate(served: Any) -> Any:
    """A night that was predicted and graded, a scrape and a dead letter; a script for a name."""
    night = served.night
    night.add("lukadoncic", lines=[night.line(16.5), night.line(27.5, "fanduel", under_price=120)])
    night.add("jamorant", "BOS_LAL", player_name="<script>alert(1)</script>")
    night.add("kyrieirving", injury_status="Out")
    night.store()
    night.run()
    boxes = [night.box("lukadoncic", 37), night.box("jamorant", 20, "BOS_LAL")]
    night.finish_games(boxes, [night.schedule(), night.schedule("BOS_LAL")])
    night.grade()
    now = utc_now()
    scrape = {"run_id": f"run-{night.day}", "source": "odds", "from_date": night.day, "to_date": night.day}
    scrape |= {"status": "partial", "reason": "1 of 7 requests failed", "bodies": 6, "changed_bodies": 5}
    scrape |= {"failed_requests": 1, "unknown_fields": 2, "started_at": now, "finished_at": now}
    scrape |= {"quota_used": 5_000, "quota_remaining": 15_000}
    night.platform.warehouse.append("scrape_runs", [{**scrape, "correlation_id": f"odds{night.day:%Y%m%d}"}])
    letter = DeadLetter("odds", "events/7", "BodyError", "markets: is missing", '{"id": 7}')
    night.platform.dead_letters.record(letter)
    served.letter = letter.dead_letter_id
    return served


def paths(slate: Any) -> dict[str, str]:
    day = slate.night.day
    return {
        "grid": f"/console?to_date={day}&days=3",
        "date": f"/console/dates/{day}",
        "predictions": f"/console/predictions?game_date={day}",
        "record": f"/console/record?from_date={day}&to_date={day}",
        "sources": "/console/sources",
        "runs": "/console/runs",
        "letters": "/console/letters",
        "letter": f"/console/letters/{slate.letter}",
    }


def cells(page: Any, table: str) -> list[dict[str, str]]:
    """A table as one mapping a row, by its columns' titles."""
    region = page.get_by_role("region", name=table, exact=True)
    heads = [each.strip() for each in region.locator("thead th").all_inner_texts()]
    rows = [row.locator("th, td").all_inner_texts() for row in region.locator("tbody tr").all()]
    return [dict(zip(heads, (each.strip() for each in row), strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("size", "scheme"),
    [(DESK, "light"), pytest.param(DESK, "dark", marks=pytest.mark.slow), (PHONE, "light")],
)
def test_every_page_is_quiet_fits_and_can_be_read_by_everybody(
    slate: Any, browsing: Any, size: dict[str, int], scheme: str
) -> None:
    page = browsing(size, scheme)
    for name, path in paths(slate).items():
        answer = page.goto(slate.url + path)
        assert answer.status == 200, name
        assert page.noise == [], name
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{name} is {width} wide"
        loaded = page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        assert loaded, f"{name} has a chart that cannot be drawn"
        found = Axe().run(page).response["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == [], name
        page.noise.clear()


def test_the_predictions_are_those_of_the_api(slate: Any, browsing: Any) -> None:
    page = browsing(DESK)
    day = slate.night.day
    page.goto(f"{slate.url}/console/predictions?game_date={day}&system_id=")
    shown = cells(page, "Predictions")
    rows = slate.api(f"/api/v1/predictions/{day}")["rows"]
    assert len(shown) == len(rows) == 4
    for cell, row in zip(shown, rows, strict=True):
        better = [ev for ev in (row["ev_over"], row["ev_under"]) if ev is not None]
        assert cell["Player"] == row["player_name"]
        assert cell["Median"] == number(row["predicted_points"], 0)
        assert cell["Line"] == number(row["line"])
        assert cell["P(over)"] == percent(row["p_over"])
        assert cell["EV"] == signed(max(better, default=None), 3)
        assert cell["Recommendation"] == (row["recommendation"] or "–")
    assert page.locator("svg.spread path.line").count() == 2


def test_the_predictions_are_filtered_and_sorted_as_the_address_says(slate: Any, browsing: Any) -> None:
    page = browsing(DESK)
    day = slate.night.day
    page.goto(f"{slate.url}/console/predictions?game_date={day}")
    page.get_by_label("Book").select_option("fanduel")
    page.get_by_role("button", name="Show").click()
    (only,) = cells(page, "Predictions")
    assert only["Book"] == "fanduel"
    page.get_by_label("Book").select_option("")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="EV", exact=True).click()
    assert "sort=ev" in page.url
    values = [cell["EV"] for cell in cells(page, "Predictions") if cell["EV"] != "–"]
    assert values == sorted(values, key=float, reverse=True)
    assert page.locator("th[aria-sort=descending]").inner_text() == "EV"


def test_the_track_record_is_that_of_the_api(slate: Any, browsing: Any) -> None:
    page = browsing(DESK)
    day = str(slate.night.day)
    page.goto(slate.url + paths(slate)["record"])
    (row,) = slate.api("/api/v1/performance", from_date=day, to_date=day)["rows"]
    (errors,) = cells(page, "Errors")
    assert errors["Players"] == number(row["players_lined"], 0) == "1"
    assert errors["Line"] == number(row["line_mae_lined"], 2)
    assert errors["Of all"] == number(row["mae"], 2)
    (bets,) = cells(page, "Recommendations")
    assert bets["Won or lost"] == number(row["recommendations"], 0)
    # One slate has too few recommendations for a calibration, and its books have one pair of prices.
    assert page.locator("figure img").count() == 1
    assert bets["A bet"] == "no real prices"


def test_the_grid_and_the_date_are_those_of_the_api(slate: Any, browsing: Any) -> None:
    page = browsing(DESK)
    day = slate.night.day
    outputs = slate.api(f"/api/v1/status/{day}")["outputs"]
    page.goto(slate.url + paths(slate)["date"])
    shown = {cell["Output"]: cell["State"] for cell in cells(page, "Outputs of the date")}
    assert {each["output"]: each["state"] for each in outputs} == {
        output: state.removesuffix(" · overdue") for output, state in shown.items()
    }
    page.goto(slate.url + paths(slate)["grid"])
    row = page.locator("tr", has=page.get_by_role("rowheader", name="player_prop_predictions", exact=True))
    first = row.locator("td").first.inner_text()
    assert first.startswith("COMPLETE")
    assert "4 rows" in first


def test_sources_and_runs_say_what_was_scraped(slate: Any, browsing: Any) -> None:
    page = browsing(DESK)
    page.goto(f"{slate.url}/console/sources")
    odds = next(cell for cell in cells(page, "Sources") if cell["Source"] == "odds")
    assert odds["Newest run"].startswith("partial")
    assert odds["Reason"] == "1 of 7 requests failed"
    assert odds["Quota left"] == "15,000 of 20,000"
    page.get_by_role("link", name="odds", exact=True).click()
    runs = cells(page, "Runs")
    assert {run["What"] for run in runs} == {"odds"}
    assert f"odds{slate.night.day:%Y%m%d}" in {run["Log"] for run in runs}


def test_a_dead_letter_is_set_aside_with_a_reason(slate: Any, browsing: Any) -> None:
    page = browsing(PHONE)
    page.goto(f"{slate.url}/console/letters")
    page.get_by_role("link", name=slate.letter[:8]).click()
    page.get_by_label("What became of it").fill("scraped again")
    page.get_by_role("button", name="Discard").click()
    assert "DISCARDED" in page.locator("dl").inner_text()
    assert slate.api(f"/api/v1/dead-letters/{slate.letter}")["decision_reason"] == "scraped again"
    assert page.get_by_role("button", name="Discard").count() == 0


def test_what_cannot_be_replayed_is_said_on_a_page(slate: Any, browsing: Any) -> None:
    page = browsing(PHONE)
    page.goto(f"{slate.url}/console/letters/{slate.letter}")
    page.get_by_role("button", name="Replay").click()
    assert "Not replayed: it came from odds" in page.locator("main").inner_text()


def test_the_session_ends_with_the_logout(slate: Any, browsing: Any) -> None:
    page = browsing(PHONE)
    page.goto(f"{slate.url}/console/runs")
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{slate.url}/console/runs")
    assert page.get_by_role("heading", name="Log in").count() == 1
