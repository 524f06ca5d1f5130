"""The champion as the worker serves it: read once, looked at again before each chunk."""

from predictions.systems.artifact import ArtifactError
from predictions.systems.contract import FeatureContract, check_systems
from predictions.systems.model import ContractError, unpack_model
from predictions.systems.system_set import SystemSet
from predictions.training.models import champion_of, read_artifact
from shared.outcomes import PermanentError
from shared.warehouse.warehouse import Warehouse


class ChampionSystems:
    """The systems of the champion in ml_models, read again when another has been promoted."""

    def __init__(self) -> None:
        self._model_id: str | None = None
        self._systems: SystemSet | None = None

    def get(
        self, warehouse: Warehouse, contract: FeatureContract, champions: tuple[str, ...] = ()
    ) -> SystemSet:
        """The systems to predict with now.

        Args:
            champions: the ids of the champions, if they were read a moment ago.

        Raises:
            PermanentError: there is no champion, it cannot be read, or it was trained on other features.
            TransientError: the warehouse could not say now.
        """
        if self._systems is not None and champions == (self._model_id,):
            return self._systems
        row = champion_of(warehouse)
        if self._systems is None or row.model_id != self._model_id:
            try:
                trained = unpack_model(read_artifact(warehouse, row))
                trained.check(contract)
                systems = trained.systems()
                check_systems(systems.systems, contract)
            except (ArtifactError, ContractError, LookupError) as error:
                raise PermanentError(f"model {row.model_id}: {error}") from error
            self._model_id, self._systems = row.model_id, systems
        return self._systems


class FixedSystems:
    """Systems that never change, for callers that bring their own."""

    def __init__(self, systems: SystemSet) -> None:
        self._systems = systems

    def get(
        self, warehouse: Warehouse, contract: FeatureContract, champions: tuple[str, ...] = ()
    ) -> SystemSet:
        """Always the same."""
        return self._systems
