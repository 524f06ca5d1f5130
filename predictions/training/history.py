"""The player-games that a warehouse's feature store holds, to learn from and to compare models on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from predictions.systems.contract import FeatureContract
from predictions.training.errors import TooFewGamesError
from predictions.training.frame import read_games
from shared.clock import eastern_today
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

# first and last date -> rows of read_games.
ReadGames = Callable[[date, date], pd.DataFrame]
_FIRST = """
SELECT MIN(game_date) AS first
FROM nba_predictions.ml_feature_store
WHERE feature_version = @feature_version AND game_date <= @last
"""


def last_finished_date() -> date:
    """Yesterday: of today's games some may be over and others not, and the same date would be two."""
    return eastern_today() - timedelta(days=1)


@dataclass(frozen=True)
class History:
    """A feature store with what came of its rows."""

    warehouse: Warehouse
    storage: StorageReader
    contract: FeatureContract

    def through(self, last: date) -> pd.DataFrame:
        """Every player-game up to a date, as read_games gives them.

        Raises:
            TooFewGamesError: the store has none of the contract's version.
        """
        version = self.contract.feature_version
        (found,) = self.warehouse.rows(_FIRST, feature_version=version, last=last)
        if found["first"] is None:
            raise TooFewGamesError(
                f"nba_predictions.ml_feature_store has no rows of {version} until {last}: compute past dates "
                "with POST /process-date-range of the precompute service, or name another date or --archive"
            )
        return self.between(found["first"], last)

    def between(self, first: date, last: date) -> pd.DataFrame:
        """The player-games of some dates."""
        return read_games(self.storage, self.contract, first, last)
