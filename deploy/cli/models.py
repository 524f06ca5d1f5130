"""`nba-props train` and `models`: what is learned, how two models compare, and which one predicts."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd
from rich.table import Table

from deploy.replay.archive import ReplayArchive
from deploy.replay.store import computed_archive
from predictions.grading.scores import Estimate
from predictions.systems.contract import load_contract
from predictions.training.champion import write_champion
from predictions.training.evidence import Difference
from predictions.training.frame import read_games
from predictions.training.history import History, last_finished_date
from predictions.training.models import ModelRow
from predictions.training.promotion import Judge, Judgement
from predictions.training.train import Training, train
from shared.outcomes import PermanentError
from shared.warehouse.client import make_client
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

Say = Callable[[str], None]


@dataclass(frozen=True)
class Project:
    """A Google Cloud project, or the local one that BIGQUERY_EMULATOR_HOST names."""

    name: str
    location: str

    @cached_property
    def warehouse(self) -> Warehouse:
        client = make_client(self.name, self.location, os.environ.get("BIGQUERY_EMULATOR_HOST"))
        return Warehouse(client, StorageReader(self.name, os.environ.get("BIGQUERY_STORAGE_EMULATOR_HOST")))

    @cached_property
    def history(self) -> History:
        """Its feature store, read through the Storage API.

        Raises:
            PermanentError: BigQuery is a local one and where its Storage API listens is not said.
        """
        if os.environ.get("BIGQUERY_EMULATOR_HOST") and not self.warehouse.storage.emulator:
            raise PermanentError(
                "BIGQUERY_EMULATOR_HOST is set and BIGQUERY_STORAGE_EMULATOR_HOST is not: features are read "
                "through the Storage API, so set it to host:port of the same emulator"
            )
        return History(self.warehouse, self.warehouse.storage, load_contract())

    def _between(self, first: date, last: date) -> pd.DataFrame:
        return self.history.between(first, last)

    @contextmanager
    def judge(self, archive: Path | None, say: Say) -> Iterator[Judge]:
        """Compares its models on its own games, or on those of an archive."""
        contract = load_contract()
        if archive is None:
            yield Judge(self.warehouse, self._between, last_finished_date(), contract)
            return
        source = ReplayArchive(archive)
        source.check()
        with computed_archive(source, say, availability=True) as computed:
            yield Judge(
                self.warehouse,
                lambda first, last: read_games(computed.storage, contract, first, last),
                source.dates[-1],
                contract,
            )


def train_on_archive(archive: Path, through: date | None, package: bool, say: Say) -> Training:
    """A model of an archive's games up to a date, all without one; `package` makes it the one that ships."""
    source, contract = ReplayArchive(archive), load_contract()
    source.check()
    with computed_archive(source, say, availability=True) as computed:
        say("reading the features")
        rows = read_games(computed.storage, contract, source.dates[0], through or source.dates[-1])
    training = train(rows, contract, "trained", say)
    if package:
        write_champion(training)
    return training


def train_on_warehouse(project: Project, through: date | None, say: Say) -> Training:
    """A model of the games in a project's feature store up to a date, yesterday without one."""
    say("reading the feature store")
    rows = project.history.through(through or last_finished_date())
    return train(rows, load_contract(), "trained", say)


def models_table(models: list[ModelRow]) -> Table:
    """Models to look at, the newest first."""
    shown = Table(title="Models")
    for name in (
        "model",
        "status",
        "trained",
        "games",
        "MAE of the learned system, unseen seasons",
        "why champion",
    ):
        shown.add_column(name)
    for model in models:
        span = f"{model.trained_from} to {model.trained_through}"
        why = model.promotion_reason or "-"
        shown.add_row(model.model_id, model.status, span, f"{model.training_rows:,}", _headline(model), why)
    return shown


def _headline(model: ModelRow) -> str:
    found = [
        row for row in json.loads(model.metrics) if (row["population"], row["system"]) == ("all", "learned")
    ]
    return f"{found[0]['mae']:.3f} ± {found[0]['mae_se']:.3f}, {found[0]['n']:,} rows" if found else "-"


def comparison_table(judgement: Judgement) -> Table:
    """Every difference that was found; below 0 the first model is better."""
    against = judgement.against.model_id if judgement.against else "nothing"
    shown = Table(title=f"{judgement.challenger.model_id} minus {against}: below 0 the first is better")
    for name in ("on", "system", "population", "rows", "MAE", "minus MAE", "of it", "minus CRPS", "80 %"):
        shown.add_column(name, justify="left" if name in ("on", "system", "population") else "right")
    for evidence in judgement.evidence:
        for each in evidence.differences:
            shown.add_row(evidence.basis, *_compared(each))
        shown.add_section()
    return shown


def _compared(each: Difference) -> tuple[str, ...]:
    return (
        each.system,
        each.population,
        f"{each.rows:,}",
        f"{each.error:.3f}",
        _estimate(each.by_error),
        f"{each.relative:+.2%}",
        _estimate(each.by_crps),
        _estimate(each.coverage, 3),
    )


def _estimate(estimate: Estimate, digits: int = 4) -> str:
    return f"{estimate.value:.{digits}f} ± {estimate.se:.{digits}f}" if estimate.n else "-"


def gates_table(judgement: Judgement) -> Table:
    """Every gate with what was found and what it may be."""
    shown = Table(title=f"Gates of {judgement.challenger.model_id}")
    for name in ("gate", "", "found", "has to be"):
        shown.add_column(name)
    for gate in judgement.gates:
        shown.add_row(gate.name, "[green]pass[/]" if gate.passed else "[red]FAIL[/]", gate.figure, gate.limit)
    return shown
