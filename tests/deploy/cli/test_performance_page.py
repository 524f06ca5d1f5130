"""docs/performance.md says what the benchmarks saved."""

import pytest

from deploy.bench.figures import read
from deploy.cli.performance_page import BAR, FOLDER, PAGE, bar, figures_in, page
from deploy.cli.svg import draw_bar


def test_page_and_picture_are_what_make_docs_writes() -> None:
    assert PAGE.read_text() == page(figures_in(FOLDER)), "docs/figures have changed: run `make docs`"
    assert BAR.read_text() == bar(read(FOLDER / "profile.json"))


@pytest.mark.parametrize("name", ["profile", "cold-start", "load", "cost"])
def test_every_benchmark_has_its_figures_and_its_command_on_the_page(name: str) -> None:
    found = read(FOLDER / f"{name}.json")
    assert found["bench"] == name
    assert f"`{found['command']}`" in PAGE.read_text()


def test_every_row_of_a_table_has_the_cells_of_its_header() -> None:
    widths: list[int] = []
    for line in PAGE.read_text().splitlines():
        if not line.startswith("|"):
            widths = []
            continue
        widths.append(line.count("|"))
        assert widths[-1] == widths[0], line


def test_a_bar_is_divided_by_shares_and_names_every_part() -> None:
    drawn = draw_bar({"scrape": 3.0, "idle <b>": 1.0}, "time")
    assert 'x="0.0" y="0" width="540.0"' in drawn
    assert 'x="540.0" y="0" width="180.0"' in drawn
    assert "scrape: 3.00 s, 75.0 %" in drawn
    assert "idle &lt;b&gt;: 1.00 s, 25.0 %" in drawn
