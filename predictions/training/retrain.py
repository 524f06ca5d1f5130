"""Retraining from a warehouse: a model of all that is past, stored once, and promoted if the gates pass."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from predictions.systems.contract import FeatureContract
from predictions.systems.model import contract_sha256
from predictions.training.fit import RECIPE
from predictions.training.history import History, last_finished_date
from predictions.training.models import CHALLENGER, CHAMPION, ModelRow, list_models, store_model
from predictions.training.promotion import Judge, Judgement, promote_judged
from predictions.training.train import fingerprint, train
from shared.warehouse.warehouse import Warehouse

Say = Callable[[str], None]
# Beside the new challenger the latest one before it: by now there are games that it has not learned from.
_JUDGED_AT_ONCE = 2


@dataclass(frozen=True)
class Retrained:
    """What came of a retraining.

    Args:
        model: the model of these games, as it is stored now.
        trained: False when it was there already.
        judgements: of the challengers that were held against the champion, the new one first.
        promoted: which of them became champion.
    """

    model: ModelRow
    trained: bool
    judgements: tuple[Judgement, ...]
    promoted: str | None


def retrain(history: History, through: date, *, promote: bool, say: Say) -> Retrained:
    """Trains on every game up to a date, unless a model of these very games and this recipe is stored.

    Args:
        promote: make the newest challenger that passes the gates champion. One that has been champion and was
            retired stays so: a rollback is a person's decision.

    Raises:
        TooFewGamesError: there is too little to learn from.
        PermanentError, TransientError: it could not be stored.
    """
    say(f"reading the feature store until {through}")
    rows = history.through(through)
    model, trained = _same(history.warehouse, rows, history.contract), False
    if model is None:
        training = train(rows, history.contract, "trained", say)
        packed = training.model.pack()
        # Another instance may have been as far: the same games give the same model, and it is stored once.
        model = _same(history.warehouse, rows, history.contract)
        trained = model is None
        model = model or store_model(history.warehouse, packed, training.facts)
    judgements = tuple(_judged(history, model)) if model.status == CHALLENGER else ()
    passed = next((each for each in judgements if each.passed), None)
    if not (promote and passed):
        return Retrained(model, trained, judgements, None)
    say(f"promoting {passed.challenger.model_id}")
    champion = promote_judged(history.warehouse, passed)
    return Retrained(_stored(history.warehouse, model), trained, judgements, champion.model_id)


def _same(warehouse: Warehouse, rows: pd.DataFrame, contract: FeatureContract) -> ModelRow | None:
    """The stored model of the same games, features and recipe."""
    wanted = (fingerprint(rows, contract), json.dumps(RECIPE, sort_keys=True), contract_sha256(contract))
    found: Iterator[ModelRow] = (
        row
        for row in list_models(warehouse)
        if (row.data_fingerprint, row.recipe, row.contract_sha256) == wanted
    )
    return next(found, None)


def _judged(history: History, newest: ModelRow) -> Iterator[Judgement]:
    """The new challenger, and if it fails the latest before it that is newer than the champion."""
    judge = Judge(history.warehouse, history.between, last_finished_date(), history.contract)
    models = list_models(history.warehouse)
    since = max((row.trained_through for row in models if row.status == CHAMPION), default=date.min)
    waiting = [
        row
        for row in sorted(models, key=lambda row: (row.trained_through, row.created_at), reverse=True)
        if row.status == CHALLENGER and row.model_id != newest.model_id and row.trained_through > since
    ]
    for row in [newest, *waiting][:_JUDGED_AT_ONCE]:
        judgement = judge.judge(row.model_id)
        yield judgement
        if judgement.passed:
            return


def _stored(warehouse: Warehouse, model: ModelRow) -> ModelRow:
    return next(row for row in list_models(warehouse) if row.model_id == model.model_id)
