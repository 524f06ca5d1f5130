"""The backtest as a page and as tables: everything in it, nothing loaded, nothing promised."""

import re
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from deploy.cli.backtest import NOTES, Backtest, as_json, lines_note, tables
from deploy.cli.backtest_page import page
from deploy.cli.svg import Plot, Point, Series, draw
from predictions.training.betting import NOTE

ERROR = {"mae": 4.5, "mae_se": 0.03, "rmse": 6.0, "bias": -0.5, "n": 1234, "crps": 3.2, "crps_se": 0.02}
LINES = {
    "played": 120,
    "void": 4,
    "with_market": 100,
    "no_market": None,
    "constant_books": [],
    "market_weight": 0.75,
}


@pytest.fixture
def found() -> dict[str, Any]:
    """Figures as run_backtest gives them."""
    bands = ("to 7.5", "above 24.5")
    chance = {"n": 120, "brier": 0.249, "brier_se": 0.001, "log_loss": 0.69, "log_loss_se": 0.01, "ece": 0.01}
    return {
        "title": Backtest(date(2024, 10, 22), date(2025, 4, 13), "none", True, False, "tip").title,
        "notes": list(NOTES),
        "errors": [
            {"population": population, "system": system, **ERROR}
            for population in ("all", *(f"line {band}" for band in bands))
            for system in ("learned", "ensemble", "line", "<script>")
        ],
        "ensemble": [
            {
                "population": "all",
                "member": "learned",
                "n": 9,
                "crps_minus_member": -0.01,
                "crps_minus_member_se": 0.01,
            }
        ],
        "lines": LINES,
        "probabilities": [{"population": "all", "system": "learned", "chance": "own", **chance}],
        "calibration": [
            {
                "system": "learned",
                "chance": "own",
                "bin": n,
                "n": 12,
                "predicted": n / 11,
                "observed": n / 12,
                "observed_se": 0.05,
            }
            for n in range(1, 11)
        ],
        "betting": [
            {
                "system": "learned",
                "band": "all",
                "bets": 100,
                "hit_rate": 0.5,
                "break_even": 0.524,
                "roi": -0.04,
                "roi_se": 0.1,
            }
        ],
        "betting_note": NOTE,
    }


def test_the_page_loads_nothing_and_escapes_what_it_shows(found: dict[str, Any]) -> None:
    made = page(found)
    assert "<script" not in made
    assert "&lt;script&gt;" in made
    assert not re.findall(r"""(?:src|href|url)\s*[=(]""", made)
    assert re.findall(r"https?://[^\"' <]+", made) == ["http://www.w3.org/2000/svg"] * made.count("<svg")


def test_the_page_has_every_section_with_its_counts(found: dict[str, Any]) -> None:
    made = page(found)
    for text in (
        "Points",
        "Error by band of the line",
        "Calibration: own",
        "P(over)",
        "Bets",
        "1,234",
        "break-even",
    ):
        assert text in made, text
    assert "no promise of profit" in made


def test_every_plot_is_well_formed(found: dict[str, Any]) -> None:
    plots = re.findall(r"<svg.*?</svg>", page(found), re.DOTALL)
    assert len(plots) == 2
    for plot in plots:
        assert ElementTree.fromstring(plot).tag.endswith("svg")


def test_constant_prices_are_said_and_no_bets_are_shown(found: dict[str, Any]) -> None:
    lines = {**LINES, "no_market": "price constant", "constant_books": ["underdog"], "with_market": 0}
    without = {**found, "lines": lines, "betting": []}
    assert "price constant at underdog" in lines_note(lines)
    assert "<h2>Bets" not in page(without)
    assert "price constant" in page(without)
    assert len(tables(without)) == len(tables(found)) - 2


def test_without_lines_the_page_is_about_points(found: dict[str, Any]) -> None:
    empty = {name: [] for name in ("probabilities", "calibration", "betting", "ensemble")}
    errors = [row for row in found["errors"] if row["population"] == "all"]
    bare = {**found, **empty, "errors": errors, "lines": {**LINES, "no_market": "no lines"}}
    assert "No lines" in page(bare)
    assert "<svg" not in page(bare)
    assert all(isinstance(part, str) or part.row_count for part in tables(bare))


def test_json_holds_everything(found: dict[str, Any]) -> None:
    text = as_json({**found, "asked": {"first": date(2024, 10, 22)}})
    assert all(f'"{name}"' in text for name in found)
    assert "2024-10-22" in text


def test_a_plot_of_one_point_or_none_is_drawn() -> None:
    assert draw(Plot([], "x", "y")) == "<p>Nothing to draw.</p>"
    assert "circle" in draw(Plot([Series("one", [Point(0.5, 0.5, 0.1)])], "x", "y", diagonal=True))
