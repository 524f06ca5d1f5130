"""What a service works with: made on first use, so that importing or starting one connects to nothing."""

from collections.abc import Callable, Mapping
from functools import cached_property

from orchestration.pipeline import Pipeline, load_pipeline
from orchestration.state import PipelineState
from shared.bus import Bus
from shared.dead_letters import WarehouseDeadLetters
from shared.settings import Settings
from shared.warehouse.client import client_for
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse


class Platform:
    """Warehouse, bus, pipeline state and dead letters of one service process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def pipeline(self) -> Pipeline:
        return load_pipeline()

    @cached_property
    def warehouse(self) -> Warehouse:
        settings = self.settings
        storage = StorageReader(settings.GOOGLE_CLOUD_PROJECT, settings.BIGQUERY_STORAGE_EMULATOR_HOST)
        return Warehouse(client_for(settings), storage)

    @property
    def storage(self) -> StorageReader:
        return self.warehouse.storage

    @cached_property
    def bus(self) -> Bus:
        return Bus(self.settings.GOOGLE_CLOUD_PROJECT)

    @cached_property
    def state(self) -> PipelineState:
        return PipelineState(self.warehouse)

    @property
    def dead_letters(self) -> WarehouseDeadLetters:
        return WarehouseDeadLetters(lambda: self.warehouse, self.settings.SERVICE)

    def checks(self) -> Mapping[str, Callable[[], None]]:
        """The readiness checks that every service has."""
        return {"warehouse": self._check_warehouse, "bus": self._check_bus}

    def _check_warehouse(self) -> None:
        self.warehouse.rows("SELECT COUNT(*) AS events FROM nba_orchestration.pipeline_state WHERE FALSE")

    def _check_bus(self) -> None:
        self.bus.check(self.pipeline.topics[0])
