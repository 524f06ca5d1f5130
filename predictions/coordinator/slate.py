"""The slate: who may play, read once, and who is not worth asking the systems about, with the reason."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from predictions.systems.contract import load_contract
from shared.messages import AsOf
from shared.outcomes import PermanentError
from shared.warehouse.warehouse import Warehouse

# Below this mean source weight too much of what the systems look at is absent (design 8).
MINIMUM_QUALITY = 70.0
_IDENTITY = (
    "game_date",
    "game_id",
    "tip_at",
    "cutoff",
    "player_lookup",
    "player_id",
    "player_name",
    "team_abbr",
    "opponent_team_abbr",
    "quality_score",
)
_COLUMNS = [
    *_IDENTITY,
    "feature_version",
    "missing_features",
    "phase3_features",
    "minutes_avg_last_10",
    "has_vegas_line",
    "injury_status",
    "availability_assumed",
]
# Whoever is questionable or probable plays more often than not: he is predicted.
_ABSENT = frozenset({"out", "doubtful"})
Player = Mapping[str, Any]


class Skip(NamedTuple):
    """Why a player is not predicted: the kind to count by (injury, quality, minutes), and the words."""

    kind: str
    reason: str


class WrongVersionError(PermanentError):
    """The feature store has rows for these dates, but none in the version that the systems expect."""

    def __init__(self, version: str, days: list[date]) -> None:
        super().__init__(f"the feature store has no {version} rows for {', '.join(map(str, days))}")
        self.days = days


def read_slate(warehouse: Warehouse, days: list[date], knowledge: AsOf) -> dict[date, list[Player]]:
    """The players of each date whose games have not begun at `knowledge.as_of`, in the store's contract.

    Raises:
        WrongVersionError: a date has players, but none in the feature version that the systems expect.
    """
    if not days:
        return {}
    version = load_contract().feature_version
    stored = warehouse.read("ml_feature_store", _COLUMNS, min(days), max(days)).to_pylist()
    rows = [row for row in stored if row["game_date"] in days and _open(row, knowledge)]
    rows.sort(key=lambda row: (row["game_date"], row["game_id"], row["player_lookup"]))
    slates: dict[date, list[Player]] = {row["game_date"]: [] for row in rows}
    for row in rows:
        if row["feature_version"] == version:
            slates[row["game_date"]].append(row)
    if other := sorted(day for day, players in slates.items() if not players):
        raise WrongVersionError(version, other)
    return slates


def _open(player: Player, knowledge: AsOf) -> bool:
    """Whether his game had not begun: with a lead before each tip none has."""
    if knowledge.lead_minutes is not None:
        return True
    return knowledge.as_of is not None and player["tip_at"] > knowledge.as_of


def requests_of(players: Iterable[Player], min_minutes: float | None = None) -> list[dict[str, Any]]:
    """A row of prediction_requests for each player, without its batch."""
    return [_request(player, min_minutes) for player in players]


def _request(player: Player, min_minutes: float | None) -> dict[str, Any]:
    skip = skip_reason(player, min_minutes)
    return {
        **{name: player[name] for name in _IDENTITY},
        "status": "SKIPPED" if skip else "REQUESTED",
        "reason": skip and skip.reason,
        "skip_kind": skip and skip.kind,
    }


def skip_reason(player: Player, min_minutes: float | None = None) -> Skip | None:
    """Why a player is not predicted at all, or None.

    Args:
        min_minutes: whoever has played less on average and has no line is not worth a prediction either.
    """
    return _unavailable(player) or _unknown(player) or _on_the_bench(player, min_minutes)


def _unavailable(player: Player) -> Skip | None:
    status = (player["injury_status"] or "").casefold()
    if status not in _ABSENT:
        return None
    assumed = " (availability assumed known)" if player["availability_assumed"] else ""
    return Skip("injury", f"injury report: {status.title()}{assumed}")


def _unknown(player: Player) -> Skip | None:
    quality = player["quality_score"]
    if quality is None:
        return Skip("quality", "quality unknown: the feature store has no quality_score")
    if quality >= MINIMUM_QUALITY:
        return None
    missing = ", ".join(player["missing_features"] or ["nothing named"])
    return Skip("quality", f"quality {quality:g} < {MINIMUM_QUALITY:g}: missing {missing}")


def _on_the_bench(player: Player, min_minutes: float | None) -> Skip | None:
    minutes = player["minutes_avg_last_10"]
    if min_minutes is None or minutes is None or minutes >= min_minutes or player["has_vegas_line"]:
        return None
    return Skip("minutes", f"minutes {minutes:.1f} < {min_minutes:g} over his last 10 games, and no line")
