"""Charts as images that stand in the page itself: drawn by pygal from the rows that the page's tables show.

pygal puts its style into the drawing, which the page's policy forbids in inline SVG. As an image the drawing
is a document of its own and costs neither a route nor a second query.
"""

import base64
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Of these, any two are told apart by the colour-blind too (Okabe and Ito, 2008).
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c")
WIDTH, HEIGHT = 520, 400
# The drawing follows the page's ground.
_DARK = """inline:@media (prefers-color-scheme: dark) {
  .pygal-chart .background { fill: #292524 !important; }
  .pygal-chart text { fill: #f5f5f4 !important; }
  .pygal-chart .axis .line, .pygal-chart .guide.line, .pygal-chart .ci { stroke: #c4bfbb !important; }
}"""


@dataclass(frozen=True)
class Figure:
    """A figure with its standard error, which is None where there is none."""

    value: float | None
    error: float | None = None

    @property
    def ends(self) -> tuple[float, ...]:
        """Two standard errors to either side; none of nothing."""
        if self.value is None:
            return ()
        reach = 2 * (self.error or 0.0)
        return self.value - reach, self.value + reach


def bars(labels: Sequence[str], series: Mapping[str, Sequence[Figure]], y_title: str) -> str:
    """Bars from zero over labels, each with a bar of two standard errors, as an image's address."""
    ends = [0.0, *(end for figures in series.values() for figure in figures for end in figure.ends)]
    return _image("Bar", labels, series, y_title, (min(ends), max(ends)))


def calibration(labels: Sequence[str], ideal: Sequence[float], series: Mapping[str, Sequence[Figure]]) -> str:
    """What came true over what was said to be likely, beside the line on which both are alike, as `bars`."""
    known = {"as said": [Figure(value) for value in ideal], **series}
    return _image("Line", labels, known, "share that won", (0.0, 1.0), dots_size=4)


def _pygal() -> Any:
    """Imported by the first chart. It adds a finder of plugins to all imports, which Python 3.11 warns of."""
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != pygal.__name__]
    return pygal


def _image(
    kind: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[Figure]],
    y_title: str,
    bounds: tuple[float, float],
    **more: Any,
) -> str:
    pygal = _pygal()
    style = pygal.style.Style(
        colors=_COLOURS,
        background="#ffffff",
        plot_background="#ffffff",
        font_family="sans-serif",
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=13,
        title_font_size=14,
    )
    chart = getattr(pygal, kind)(
        style=style,
        css=["file://style.css", "file://graph.css", _DARK],
        js=[],
        width=WIDTH,
        height=HEIGHT,
        explicit_size=True,
        disable_xml_declaration=True,
        legend_at_bottom=True,
        legend_at_bottom_columns=3,
        truncate_legend=-1,
        truncate_label=-1,
        x_label_rotation=25,
        y_title=y_title,
        range=bounds,
        **more,
    )
    chart.add_xml_filter(_without_script)
    chart.x_labels = list(labels)
    for name, figures in series.items():
        chart.add(name, [_value(figure, bounds) for figure in figures])
    drawn: str = chart.render(is_unicode=True)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"


def _without_script(drawing: Any) -> Any:
    """It is for tooltips, which an image cannot have."""
    for parent in list(drawing.iter()):
        for script in parent.findall("script"):
            parent.remove(script)
    return drawing


def _value(figure: Figure, bounds: tuple[float, float]) -> Any:
    if figure.value is None or figure.error is None:
        return figure.value
    low, high = (min(max(end, bounds[0]), bounds[1]) for end in figure.ends)
    return {"value": figure.value, "ci": {"low": low, "high": high}}
