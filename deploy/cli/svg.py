"""Plots as SVG text, for pages that load nothing: points with error bars, joined by lines; a divided bar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

# Okabe & Ito (2008): told apart also by who sees few colours.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")
_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 190, 16, 60
_TICKS = 5


@dataclass(frozen=True)
class Point:
    """A mark in a plot's own units; `error` is half the height of its bar, 0 draws none."""

    x: float
    y: float
    error: float = 0.0


@dataclass(frozen=True)
class Series:
    """Marks of one name and colour, joined by a line."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Plot:
    """What is drawn.

    Args:
        labels: names of x = 0, 1, ..., a line each part after a line break; the axis is numeric without.
        diagonal: draws y = x.
    """

    series: Sequence[Series]
    x_title: str
    y_title: str
    labels: Sequence[str] = ()
    diagonal: bool = False


def draw(plot: Plot) -> str:
    """The plot as an <svg> element; says so when there is nothing to draw."""
    points = [point for series in plot.series for point in series.points]
    if not points:
        return "<p>Nothing to draw.</p>"
    scale = _Scale.around(points, plot)
    parts = [_axes(plot, scale), _diagonal(scale) if plot.diagonal else ""]
    for number, series in enumerate(plot.series):
        # A few pixels aside where x is a name, so that error bars of several series do not hide each other.
        aside = (number - (len(plot.series) - 1) / 2) * 6 if plot.labels else 0.0
        colour = COLOURS[number % len(COLOURS)]
        parts += [_marks(series, colour, scale, aside), _legend(series.name, colour, number)]
    title = escape(f"{plot.y_title} by {plot.x_title}")
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def draw_bar(parts: Mapping[str, float], title: str) -> str:
    """One bar from left to right, divided by the parts' shares of their sum, with a legend below."""
    whole, left, drawn = sum(parts.values()), 0.0, []
    for number, (name, value) in enumerate(parts.items()):
        width, colour = value / whole * _WIDTH, COLOURS[number % len(COLOURS)]
        drawn.append(f'<rect x="{left:.1f}" y="0" width="{width:.1f}" height="40" fill="{colour}"/>')
        top = 62 + 20 * number
        drawn.append(f'<rect x="4" y="{top - 10}" width="12" height="12" fill="{colour}"/>')
        drawn.append(_text(24, top, f"{name}: {value:.2f} s, {100 * value / whole:.1f} %", "start"))
        left += width
    height = 60 + 20 * len(parts)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}" '
        f'font-family="sans-serif" font-size="14" xmlns="http://www.w3.org/2000/svg">{"".join(drawn)}</svg>'
    )


@dataclass(frozen=True)
class _Scale:
    """From a plot's units to those of the picture."""

    left: float
    right: float
    low: float
    high: float

    @classmethod
    def around(cls, points: Sequence[Point], plot: Plot) -> "_Scale":
        """With a twentieth of free space around what is drawn; a diagonal has both axes alike."""
        low, high = min(p.y - p.error for p in points), max(p.y + p.error for p in points)
        left, right = min(p.x for p in points), max(p.x for p in points)
        if plot.labels:
            left, right = -0.5, len(plot.labels) - 0.5
        if plot.diagonal:
            left = low = min(left, low)
            right = high = max(right, high)
        across, up = (right - left or 1) / 20, (high - low or 1) / 20
        return cls(left - across * (not plot.labels), right + across * (not plot.labels), low - up, high + up)

    def x(self, value: float) -> float:
        return _LEFT + (value - self.left) / (self.right - self.left) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - (value - self.low) / (self.high - self.low) * (_HEIGHT - _TOP - _BOTTOM)


def _axes(plot: Plot, scale: _Scale) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = [f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="#444"/>']
    for value in _ticks(scale.low, scale.high):
        y = scale.y(value)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{value:g}", "end"))
    named = [(float(at), name) for at, name in enumerate(plot.labels)]
    named = named or [(value, f"{value:g}") for value in _ticks(scale.left, scale.right)]
    for value, name in named:
        for number, text in enumerate(name.split("\n")):
            parts.append(_text(scale.x(value), bottom + 16 + 14 * number, text, "middle"))
    parts.append(_text((_LEFT + right) / 2, _HEIGHT - 8, plot.x_title, "middle"))
    middle = (_TOP + bottom) / 2
    turned = f'transform="rotate(-90 14 {middle:.0f})"'
    parts.append(_text(14, middle, plot.y_title, "middle", turned))
    return "".join(parts)


def _ticks(low: float, high: float) -> list[float]:
    """Round values between two ends, about five."""
    rough = (high - low) / _TICKS
    magnitude = 10.0 ** int(f"{rough:e}".split("e")[1])
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= rough)
    first = int(low // step) + 1
    return [round(n * step, 10) for n in range(first, int(high // step) + 1)]


def _diagonal(scale: _Scale) -> str:
    ends = "L".join(f"{scale.x(value):.1f} {scale.y(value):.1f}" for value in (scale.left, scale.right))
    return f'<path d="M{ends}" stroke="#888" stroke-dasharray="5 4"/>'


def _marks(series: Series, colour: str, scale: _Scale, aside: float) -> str:
    places = [(scale.x(p.x) + aside, scale.y(p.y), p) for p in series.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in places)
    parts = [f'<path d="M{path}" fill="none" stroke="{colour}" stroke-opacity="0.5"/>']
    for x, y, point in places:
        if point.error:
            high, low = scale.y(point.y + point.error), scale.y(point.y - point.error)
            parts.append(f'<path d="M{x:.1f} {high:.1f}V{low:.1f}" stroke="{colour}"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
    return "".join(parts)


def _legend(name: str, colour: str, number: int) -> str:
    top, left = _TOP + 14 + 18 * number, _WIDTH - _RIGHT + 14
    return f'<circle cx="{left}" cy="{top - 4}" r="4" fill="{colour}"/>' + _text(
        left + 10, top, name, "start"
    )


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(text)}</text>'
