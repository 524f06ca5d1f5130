"""What is drawn and written is what is stored; nothing is a dash and no chart brings a script."""

import base64
import sys
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from predictions.coordinator.console import charts
from predictions.coordinator.console.charts import Figure
from predictions.coordinator.console.formats import FILTERS
from predictions.coordinator.console.logs_links import log_url
from predictions.coordinator.console.pages.record import FEWEST, pictures
from predictions.coordinator.console.spread import WIDTH, Spread
from predictions.grading.performance import PerformanceQuery

ROW = {
    "p10_points": 10.0,
    "p25_points": 15.0,
    "predicted_points": 20.0,
    "p75_points": 25.5,
    "p90_points": 61.0,
}


def test_a_distribution_is_drawn_to_scale_and_cut_at_the_edge() -> None:
    drawn = Spread.of({**ROW, "line": 22.5})
    assert drawn is not None
    assert (drawn.p10, drawn.p25, drawn.median, drawn.p75, drawn.p90) == (24.0, 36.0, 48.0, 61.2, WIDTH)
    assert drawn.line == 54.0
    assert (
        drawn.label == "median 20, half between 15.0 and 25.5, four fifths between 10.0 and 61.0, line 22.5"
    )


def test_without_a_line_none_is_drawn_and_without_a_prediction_nothing() -> None:
    drawn = Spread.of({**ROW, "line": None})
    assert drawn is not None
    assert drawn.line is None
    assert "line" not in drawn.label
    assert Spread.of({**ROW, "line": 20.5, "p90_points": None}) is None


@pytest.mark.parametrize("kind", ["bars", "calibration"])
def test_a_chart_is_an_image_without_script_or_link(kind: str) -> None:
    series = {"a": [Figure(0.5, 0.1), Figure(None)], "b": [Figure(0.4), Figure(0.7, 0.05)]}
    if kind == "bars":
        address = charts.bars(["x", "y"], series, "units")
    else:
        address = charts.calibration(["x", "y"], [0.55, 0.65], series)
    kind_of_data, _, body = address.partition(",")
    assert kind_of_data == "data:image/svg+xml;base64"
    drawing = ElementTree.fromstring(base64.b64decode(body))
    tags = {each.tag.rpartition("}")[2] for each in drawing.iter()}
    assert "style" in tags
    assert not tags & {"script", "a", "image", "foreignObject"}
    assert not [finder for finder in sys.meta_path if type(finder).__module__ == "pygal"]
    assert not [name for each in drawing.iter() for name in each.attrib if name.endswith("href")]


@pytest.mark.parametrize(
    ("recommendations", "priced_rows", "drawn"), [(FEWEST, 9, 3), (19, 9, 2), (19, 0, 1)]
)
def test_what_is_too_little_or_has_no_real_price_is_not_drawn(
    recommendations: int, priced_rows: int, drawn: int
) -> None:
    figures = ("mae_lined", "line_mae_lined", "season_mae_lined", "ewma_mae_lined", "hit_rate", "roi")
    row: dict[str, Any] = dict.fromkeys(figures, 0.5) | {f"{name}_se": 0.1 for name in figures}
    row |= {"system_id": "ensemble", "group": "06", "players_lined": 5, "bets": 3}
    row |= {"recommendations": recommendations, "priced_rows": priced_rows}
    query = PerformanceQuery(from_date=date(2024, 12, 3), to_date=date(2024, 12, 3))
    assert len(pictures(query, [row], [row])) == drawn


@pytest.mark.parametrize(
    ("name", "value", "arguments", "written"),
    [
        ("number", 1234.56, (), "1,234.6"),
        ("percent", 0.5238, (), "52.4 %"),
        ("signed", -0.05, (3,), "-0.050"),
        ("american", 105, (), "+105"),
        ("moment", "2024-12-04T00:30:00+00:00", (), "2024-12-03 19:30 ET"),
        ("moment", "2024-07-04T00:30:00+00:00", (), "2024-07-03 20:30 ET"),
        ("age", 59, (), "59 s"),
        ("age", 7_200, (), "2 h"),
        ("age", 200_000, (), "2 d"),
        *((name, None, (), "–") for name in FILTERS),
    ],
)
def test_a_value_is_written_for_people(
    name: str, value: Any, arguments: tuple[int, ...], written: str
) -> None:
    assert FILTERS[name](value, *arguments) == written


def test_a_cause_leads_to_its_logs_in_the_cloud_and_nowhere_on_one_machine(settings: Any) -> None:
    url = log_url(settings, "correlation_id", 'a"b&c')
    assert url == (
        "https://console.cloud.google.com/logs/query;"
        "query=jsonPayload.correlation_id%3D%22a%22b%26c%22;duration=P30D?project=nba-local"
    )
    local = settings.model_copy(update={"BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1"})
    assert log_url(local, "correlation_id", "a") is None
