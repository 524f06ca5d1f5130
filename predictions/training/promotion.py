"""Judging a stored challenger by the gates, and promoting it if it passes them."""

from dataclasses import dataclass
from datetime import date, timedelta

from predictions.systems.artifact import ArtifactError
from predictions.systems.contract import FeatureContract, check_systems
from predictions.systems.model import ContractError, TrainedModel, unpack_model
from predictions.training.evidence import Evidence, on_later_games, on_stored_means, on_walked_seasons
from predictions.training.gates import Gate, gates, refuse_unless_passed
from predictions.training.history import ReadGames
from predictions.training.models import CHAMPION, ModelRow, list_models, promote, read_artifact, read_walked
from shared.outcomes import PermanentError
from shared.warehouse.warehouse import Warehouse

GATES_PASSED = "gates passed"


@dataclass(frozen=True)
class Judgement:
    """What was found about a challenger.

    Args:
        against: the model that it was compared with; None where there is none that this code could serve.
        notes: what could not be compared, and why.
    """

    challenger: ModelRow
    against: ModelRow | None
    evidence: tuple[Evidence, ...]
    gates: tuple[Gate, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return all(gate.passed for gate in self.gates)


@dataclass(frozen=True)
class Judge:
    """Compares models of a warehouse.

    Args:
        read: player-games between two dates, from the warehouse itself or from an archive.
        last: the last date of which every game is over.
    """

    warehouse: Warehouse
    read: ReadGames
    last: date
    contract: FeatureContract

    def judge(self, model_id: str, against_id: str | None = None) -> Judgement:
        """Holds a model against another, the champion unless one is named.

        Raises:
            PermanentError: no such model, or it is the one that it would be held against.
        """
        models = {row.model_id: row for row in list_models(self.warehouse)}
        champion = next((row.model_id for row in models.values() if row.status == CHAMPION), None)
        challenger, other = _named(models, model_id), against_id or champion
        if other == model_id:
            raise PermanentError(f"{model_id} is champion already; name another model to compare it with")
        against = _named(models, other) if other else None
        own, unfit = self._fit(challenger)
        if against is None:
            found = gates(challenger, None, (), unfit)
            return Judgement(challenger, None, (), tuple(found), ("there is no champion to compare with",))
        theirs, why = self._fit(against)
        if theirs is None:
            # It cannot predict, so whoever can is better; and nothing could be compared.
            found = gates(challenger, None, (), unfit)
            return Judgement(challenger, None, (), tuple(found), (f"not compared: {why}",))
        evidence, notes = self._evidence(challenger, own, against, theirs)
        found = gates(challenger, against, evidence, unfit)
        return Judgement(challenger, against, tuple(evidence), tuple(found), tuple(notes))

    def _fit(self, row: ModelRow) -> tuple[TrainedModel | None, str | None]:
        """The model if it can predict from the store, else why it cannot."""
        try:
            model = unpack_model(read_artifact(self.warehouse, row))
            model.check(self.contract)
            check_systems(model.systems().systems, self.contract)
        except (ArtifactError, ContractError, LookupError) as error:
            return None, f"{row.model_id}: {error}"
        return model, None

    def _evidence(
        self, challenger: ModelRow, own: TrainedModel | None, against: ModelRow, theirs: TrainedModel
    ) -> tuple[list[Evidence], list[str]]:
        found, notes = [], []
        if own and (later := self._later(challenger, own, against, theirs)):
            found.append(later)
        walks = [read_walked(self.warehouse, row.model_id) for row in (challenger, against)]
        if walks[0] and walks[1]:
            found.append(on_walked_seasons(walks[0], walks[1]))
        notes = [f"too few common rows to judge by: {each.basis}" for each in found if not each.suffices]
        if not any(each.suffices for each in found):
            notes.append("no rows that both could be compared on: means of different rows, not paired")
            found.append(on_stored_means(challenger.metrics, against.metrics))
        return found, notes

    def _later(
        self, challenger: ModelRow, own: TrainedModel, against: ModelRow, theirs: TrainedModel
    ) -> Evidence | None:
        """Both on the games after what either has learned from; None when there are none."""
        first = max(challenger.trained_through, against.trained_through) + timedelta(days=1)
        if first > self.last:
            return None
        rows = self.read(first, self.last)
        return on_later_games(rows, self.contract, own, theirs) if len(rows) else None


def promote_judged(warehouse: Warehouse, judgement: Judgement, force_reason: str | None = None) -> ModelRow:
    """Makes a model that passes the gates champion; with a reason, one that does not.

    The reason is stored with it.

    Raises:
        GatesError: it failed gates and no reason is given.
        TransientError: another promotion was under way.
    """
    model_id = judgement.challenger.model_id
    if force_reason is None:
        refuse_unless_passed(model_id, judgement.gates)
        return promote(warehouse, model_id, GATES_PASSED)
    failed = ", ".join(gate.name for gate in judgement.gates if not gate.passed) or "no gate failed"
    return promote(warehouse, model_id, f"forced: {force_reason} ({failed})")


def _named(models: dict[str, ModelRow], model_id: str) -> ModelRow:
    if model_id not in models:
        raise PermanentError(f"no model {model_id} is stored; `nba-props models list` shows them")
    return models[model_id]
