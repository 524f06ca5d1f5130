"""The alert that nothing was learned for too long although games were played."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from orchestration.alerts import Alert, Severity, give
from orchestration.platform import Platform
from orchestration.state import Event, State
from shared.clock import eastern_today, utc_now
from shared.messages import Phase
from shared.warehouse.specs import read_sql
from shared.warehouse.warehouse import Warehouse

# A day more than the week after which pipeline.yaml retrains, so that a late run is none that failed.
OVERDUE_DAYS = 8
# As the pipeline's state has it: COMPLETE on a day of retraining.
OUTPUT = "model_retraining"
ALERT = "model-retraining-overdue"
_REMEDY = "POST /retrain says why a retraining does nothing; the service's log says how the last one ended"
_SQL = read_sql(Path(__file__).with_name("learning.sql"))


@dataclass(frozen=True)
class Learning:
    """How far behind the games the models are.

    Args:
        trained_through: last date that a stored model, champion or not, has learned from; None without any.
        first_game: date of the first game that none has learned from; None when there is none.
        games: how many such games there are.
        today: the US/Eastern date.
    """

    trained_through: date | None
    first_game: date | None
    games: int
    today: date

    @property
    def overdue(self) -> bool:
        """Games lie unused for more than OVERDUE_DAYS; a summer without any makes nothing overdue.

        Without any model the worker is not ready and says so, which is no matter of retraining.
        """
        if self.trained_through is None or self.first_game is None:
            return False
        return (self.today - self.first_game).days > OVERDUE_DAYS

    @property
    def reason(self) -> str:
        """What there is to say, as a sentence."""
        if not self.games:
            return f"no game since {self.trained_through}, through which a model is trained"
        return (
            f"{self.games} games since {self.first_game} that no model has learned from; the newest is "
            f"trained through {self.trained_through}"
        )

    def alerts(self) -> list[Alert]:
        """The alert that retraining is overdue, if it is."""
        return [Alert(ALERT, "", Severity.ERROR, self.reason, _REMEDY)] if self.overdue else []

    def summary(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"overdue": self.overdue, "reason": self.reason, "trained_through": str(self.trained_through)}


def read_learning(warehouse: Warehouse, today: date) -> Learning:
    """How far behind the models are."""
    (row,) = warehouse.rows(_SQL, today=today)
    return Learning(row["trained_through"], row["first_game"], row["games"], today)


def check_overdue(platform: Platform) -> dict[str, Any]:
    """Looks whether retraining is overdue, and gives the alert once a day however often it is asked.

    Returns:
        Learning.summary, and `alerted`: whether this call gave the alert.
    """
    learning = read_learning(platform.warehouse, eastern_today())
    return {**learning.summary(), "alerted": bool(give(platform, learning.alerts()))}


def record(platform: Platform, state: State, reason: str) -> None:
    """Says in the pipeline's state of today how retraining stands."""
    now: datetime = utc_now()
    event = Event(
        eastern_today(), Phase.PREDICTIONS, OUTPUT, state, now, f"retrain-{now:%Y%m%dT%H%M%S}", reason=reason
    )
    platform.state.append([event])
