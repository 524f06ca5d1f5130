"""The backtest's figures as one page that loads nothing: plots as SVG, tables, and how to read them."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from deploy.cli.backtest import BETS, CHANCES, MEMBERS, lines_note
from deploy.cli.figures import cell
from deploy.cli.svg import Plot, Point, Series, draw

_ERRORS = {
    "system": "system",
    "n": "n",
    "mae": "MAE",
    "rmse": "RMSE",
    "bias": "bias",
    "minus_line": "MAE minus the line's",
    "minus_ewma": "MAE minus EWMA's",
    "crps": "CRPS",
    "coverage_80": "in the 80 % interval",
}
_BAND = "line "
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:.5rem 0 1.5rem;font-size:13px;display:block;overflow-x:auto}
th,td{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}
th:first-child,td:first-child,td.text{text-align:left}
caption{text-align:left;font-weight:600;padding:.3rem 0}
figure{margin:1rem 0}figcaption,.note{color:#555;font-size:13px}
svg{width:100%;height:auto;font:12px system-ui,sans-serif}
"""


def page(found: Mapping[str, Any]) -> str:
    """A self-contained HTML document of what run_backtest found."""
    title = escape(found["title"])
    sections = [_errors(found), _bands(found), _chances(found), _calibration(found), _betting(found)]
    notes = "".join(f"<li>{escape(note)}</li>" for note in found["notes"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Backtest {title}</title>'
        '<meta name="viewport" content="width=device-width"><style>'
        f"{_STYLE}</style></head><body><h1>Backtest</h1><p>{title}</p>"
        f"<p>{escape(lines_note(found['lines']))}</p><ul>{notes}</ul>{''.join(sections)}</body></html>\n"
    )


def _errors(found: Mapping[str, Any]) -> str:
    by_population = _grouped(found["errors"], "population")
    tables = [_table(rows, _ERRORS, population) for population, rows in by_population.items()]
    if found["ensemble"]:
        tables.append(_table(found["ensemble"], MEMBERS, "the ensemble beside its members"))
    return (
        "<h2>Points</h2><p class=note>Errors of the median, in points, ± one standard error clustered by "
        "date. Every difference is of the same rows.</p>" + "".join(tables)
    )


def _bands(found: Mapping[str, Any]) -> str:
    bands = {
        population.removeprefix(_BAND): rows
        for population, rows in _grouped(found["errors"], "population").items()
        if population.startswith(_BAND)
    }
    if not bands:
        return ""
    names = list(dict.fromkeys(row["system"] for rows in bands.values() for row in rows))
    series = [
        Series(
            name,
            [
                _error_mark(at, row)
                for at, rows in enumerate(bands.values())
                for row in rows
                if row["system"] == name
            ],
        )
        for name in names
        if name in ("learned", "learned_with_line", "ensemble", "EWMA 8", "line")
    ]
    counts = [max(row["n"] for row in rows) for rows in bands.values()]
    labels = [f"{band}\nn {count:,}" for band, count in zip(bands, counts, strict=True)]
    plot = Plot(series, "band of the line, points", "mean absolute error, points", labels)
    return _figure("Error by band of the line", plot, "Bars are one standard error, clustered by date.")


def _error_mark(at: int, row: Mapping[str, Any]) -> Point:
    return Point(at, row["mae"], row["mae_se"] or 0.0)


def _chances(found: Mapping[str, Any]) -> str:
    if not found["probabilities"]:
        return ""
    shown = {name: text for name, text in CHANCES.items() if name != "population"}
    shown |= {"log_loss_minus_market": "log loss minus market's", "pushes": "pushes"}
    by_lines = _grouped(found["probabilities"], "population")
    tables = [_table(rows, shown, f"main lines, {population}") for population, rows in by_lines.items()]
    weight = found["lines"]["market_weight"]
    market = found["lines"]["no_market"]
    missing = f"<p>No-vig market and pooled P(over): {escape(market)}.</p>" if market else ""
    return (
        "<h2>P(over) at the books' main lines</h2><p class=note>A line is a book's main line on a player "
        "who played; pushes and voids are not scored. Own: the system's chance of over, if it is no push. "
        "Believed: the same with its median drawn towards the line, as far as earlier lines say. "
        f"Pooled: {weight:g} logit(market) + {1 - weight:g} logit(believed). Constant 0.5 knows nothing.</p>"
        + missing
        + "".join(tables)
    )


def _calibration(found: Mapping[str, Any]) -> str:
    drawn = []
    for kind, rows in _grouped(found["calibration"], "chance").items():
        series = [
            Series(system, [Point(r["predicted"], r["observed"], r["observed_se"] or 0.0) for r in own])
            for system, own in _grouped(rows, "system").items()
            if system in ("learned", "learned_with_line", "ensemble", "-")
        ]
        named = [Series(kind if each.name == "-" else each.name, each.points) for each in series]
        count = max(sum(r["n"] for r in own) for own in _grouped(rows, "system").values())
        plot = Plot(named, "predicted P(over)", "share that went over", diagonal=True)
        text = f"Tenths of {count:,} lines by their chance. Bars are one standard error, clustered by date."
        drawn.append(_figure(f"Calibration: {kind}", plot, text))
    return "".join(drawn)


def _betting(found: Mapping[str, Any]) -> str:
    if not found["betting"]:
        return ""
    note = f"<h2>Bets</h2><p class=note>{escape(found['betting_note'])}</p>"
    shown = {name: text for name, text in BETS.items() if name != "system"}
    tables = [_table(rows, shown, system) for system, rows in _grouped(found["betting"], "system").items()]
    return note + "".join(tables)


def _figure(title: str, plot: Plot, caption: str) -> str:
    return f"<h2>{escape(title)}</h2><figure>{draw(plot)}<figcaption>{escape(caption)}</figcaption></figure>"


def _table(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], caption: str) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in columns.values())
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell(row, name))}</td>" for name in columns) + "</tr>" for row in rows
    )
    return f"<table><caption>{escape(caption)}</caption><tr>{head}</tr>{body}</table>"


def _grouped(rows: Iterable[Mapping[str, Any]], name: str) -> dict[str, list[Mapping[str, Any]]]:
    """Rows by a value, in the order in which the values come."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    return groups
