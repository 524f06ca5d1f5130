"""What goes wrong while a platform works, and how often."""

from dataclasses import dataclass
from typing import Any

# Where each provider is asked.
_PROVIDERS = (
    "/stats.nba.com",
    "/cdn.nba.com",
    "/site.api.espn.com",
    "/ak-static.cms.nba.com",
    "/api.the-odds-api.com",
    "/api.bettingpros.com",
    "/api.balldontlie.io",
)
_FOR_EVER = 1_000_000


@dataclass(frozen=True)
class ChaosPlan:
    """One seed makes one plan; when what of it meets which request is up to the machine.

    Args:
        duplicate, drop_acks: shares of messages. disorder_seconds: by up to which each message is late.
        provider: the share of requests to providers that fail, in each of six ways.
        warehouse: the share of requests to BigQuery that fail, in each of four ways.
        pause_seconds: between two blows: kills of a service or an emulator, and full disks; the mean.
        kills: whether anything is killed.
    """

    seed: int
    duplicate: float = 0.2
    drop_acks: float = 0.05
    disorder_seconds: float = 1.0
    provider: float = 0.04
    warehouse: float = 0.06
    pause_seconds: float = 5.0
    kills: bool = True

    def bus(self) -> dict[str, Any]:
        """What the bus is asked for."""
        return {
            "duplicate": self.duplicate,
            "drop_acks": self.drop_acks,
            "disorder_seconds": self.disorder_seconds,
            "seed": self.seed,
        }

    def providers(self) -> dict[str, Any]:
        """What the providers' stand-in is asked for."""
        kinds: list[dict[str, Any]] = [
            {"kind": "status", "status": 429, "retry_after": 1},
            {"kind": "status", "status": 500},
            {"kind": "status", "status": 503},
            {"kind": "slow", "seconds": 0.5},
            {"kind": "truncated"},
            {"kind": "drop"},
        ]
        rule = {"share": self.provider, "times": _FOR_EVER}
        faults = [{"path_prefix": path, **kind, **rule} for path in _PROVIDERS for kind in kinds]
        return {"faults": faults, "seed": self.seed}

    def door(self) -> dict[str, Any]:
        """What the door before BigQuery is asked for."""
        kinds = ("rate_limit", "internal", "unavailable", "unanswered")
        return {**dict.fromkeys(kinds, self.warehouse), "seed": self.seed}


# What each is asked for to end it.
NO_BUS_FAULTS = {"duplicate": 0, "drop_acks": 0, "disorder_seconds": 0, "disk_full": False}
NO_PROVIDER_FAULTS: dict[str, Any] = {"faults": []}
NO_DOOR_FAULTS: dict[str, Any] = {}
