"""What the emulator does wrong on request, and how often it did."""

import random
from collections import Counter
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from deploy.local.pubsub.database import Database

Share = Annotated[float, Field(ge=0, le=1, strict=True)]
_SETTING = "faults"


class FaultPlan(BaseModel):
    """What goes wrong. A restart ends outage and full disk, and keeps the others.

    Args:
        duplicate: the share of push messages that are delivered once more after their acknowledgement.
        drop_acks: the share of acknowledgements of pushes that are lost on the way back.
        disorder_seconds: each message is delivered up to so much later, in any order.
        outage: nothing can be published, and nothing is delivered.
        disk_full: nothing can be stored: no message, no lease and no acknowledgement.
        seed: what the shares are drawn from; None for another each time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    duplicate: Share = 0
    drop_acks: Share = 0
    disorder_seconds: Annotated[float, Field(ge=0, le=60, strict=True)] = 0
    outage: Annotated[bool, Field(strict=True)] = False
    disk_full: Annotated[bool, Field(strict=True)] = False
    seed: int | None = None


class Faults:
    """The plan in force, and what was done since the process started or another seed came."""

    def __init__(self, database: Database) -> None:
        self._database, self.struck = database, Counter[str]()
        self.plan = FaultPlan.model_validate_json(database.setting(_SETTING) or "{}")
        self._random = random.Random(self.plan.seed)

    def change(self, body: dict[str, Any]) -> FaultPlan:
        """Puts some fields of the plan to new values; pydantic.ValidationError names what cannot be."""
        plan = FaultPlan.model_validate({**self.plan.model_dump(), **body})
        self._database.refuse_writes(False)
        self._database.set_settings({_SETTING: plan.model_dump_json(exclude={"outage", "disk_full"})})
        self._database.refuse_writes(plan.disk_full)
        if "seed" in body:
            self._random = random.Random(plan.seed)
            self.struck.clear()
        self.plan = plan
        return plan

    def drops_ack(self) -> bool:
        """Whether this acknowledgement is lost; if so it is counted."""
        dropped = self._random.random() < self.plan.drop_acks
        self.struck["drop_acks"] += dropped
        return dropped

    def duplicates(self) -> bool:
        """Whether this message is to come once more; who delivers it so counts it."""
        return self._random.random() < self.plan.duplicate

    def delay(self) -> float:
        """How many seconds later a message is delivered."""
        if not self.plan.disorder_seconds:
            return 0.0
        self.struck["disorder_seconds"] += 1
        return self._random.uniform(0, self.plan.disorder_seconds)
