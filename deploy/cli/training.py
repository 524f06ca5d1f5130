"""`nba-props train` and `models`: what is learned, how good it is, and which model predicts."""

import json
import os
from collections.abc import Callable
from datetime import date
from typing import Any

from rich import box
from rich.table import Table

from deploy.replay.archive import ReplayArchive
from deploy.replay.store import computed_archive
from predictions.systems.contract import load_contract
from predictions.training.champion import write_champion
from predictions.training.frame import read_games
from predictions.training.models import ModelRow
from predictions.training.train import Training, train
from shared.warehouse.client import make_client
from shared.warehouse.warehouse import Warehouse

Say = Callable[[str], None]
_SHOWN = {
    "population": "population",
    "system": "system",
    "n": "rows",
    "mae": "MAE",
    "rmse": "RMSE",
    "minus_line": "minus line",
    "minus_ewma": "minus EWMA",
    "crps": "CRPS",
    "coverage_80": "80 %",
    "bias": "bias",
}


def run_training(archive: ReplayArchive, through: date, package: bool, say: Say) -> Training:
    """A model of an archive's games up to a date; `package` makes it the one that ships."""
    contract = load_contract()
    with computed_archive(archive, say, availability=True) as computed:
        say("reading the features")
        rows = read_games(computed.storage, contract, archive.dates[0], through)
    training = train(rows, contract, "trained", say)
    if package:
        write_champion(training)
    return training


def figures(found: list[dict[str, Any]], title: str) -> Table:
    """A table to look at."""
    shown = Table(title=title, box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    for name in _SHOWN.values():
        shown.add_column(name, justify="left" if name in ("population", "system") else "right")
    before = None
    for row in found:
        if before not in (None, row["population"]):
            shown.add_section()
        before = row["population"]
        shown.add_row(*(_cell(row, name) for name in _SHOWN))
    return shown


def _cell(row: dict[str, Any], name: str) -> str:
    value, se = row.get(name), row.get(f"{name}_se")
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}" + (f" ± {se:.4f}" if se is not None else "")
    return str(value)


def warehouse_of(project: str, location: str) -> Warehouse:
    """A project's warehouse, or the emulated one that BIGQUERY_EMULATOR_HOST names."""
    return Warehouse(make_client(project, location, os.environ.get("BIGQUERY_EMULATOR_HOST")))


def models_table(models: list[ModelRow]) -> Table:
    """Models to look at, the newest first."""
    shown = Table(title="Models")
    for name in ("model", "status", "trained", "games", "MAE of the learned system, unseen seasons"):
        shown.add_column(name)
    for model in models:
        span = f"{model.trained_from} to {model.trained_through}"
        shown.add_row(model.model_id, model.status, span, f"{model.training_rows:,}", _headline(model))
    return shown


def _headline(model: ModelRow) -> str:
    found = [
        row for row in json.loads(model.metrics) if (row["population"], row["system"]) == ("all", "learned")
    ]
    return f"{found[0]['mae']:.3f} ± {found[0]['mae_se']:.3f}, {found[0]['n']:,} rows" if found else "-"
