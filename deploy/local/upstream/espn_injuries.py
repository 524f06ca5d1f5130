"""An entry of ESPN's `injuries[]`."""

from __future__ import annotations

import re
from typing import Any

from deploy.local.upstream.absences import Absence
from deploy.local.upstream.provider_ids import number_of

_REASON = re.compile(r"Injury/Illness - (?:(Left|Right|Bilateral) )?([^;]+); (.+)")
_OUT = ("Out", {"id": "4", "name": "INJURY_STATUS_OUT", "description": "out", "abbreviation": "O"}, "OUT")
# to ESPN who is not out is day-to-day, however likely he is to play
_DAY_TO_DAY = (
    "Day-To-Day",
    {"name": "INJURY_STATUS_DAYTODAY", "description": "day-to-day", "abbreviation": "DD"},
    "GTD",
)


def injury(absence: Absence, name: str) -> dict[str, Any]:
    """`name` as ESPN spells it. No returnDate: a report does not tell one."""
    status, kind, fantasy = _OUT if absence.status == "Out" else _DAY_TO_DAY
    because = f" ({absence.reason})" if absence.reason else ""
    comment = f"{name} is listed as {absence.status.lower()} for the next game{because}."
    return {
        "id": str(number_of("espn injury", absence.game_id, absence.player_id)),
        "longComment": comment,
        "shortComment": comment,
        "status": status,
        "date": f"{absence.reported:%Y-%m-%dT%H:%MZ}",
        "athlete": {},
        "source": {"id": "1", "description": "basic/manual", "state": "basic"},
        "type": kind,
        "details": {"fantasyStatus": {"description": fantasy, "abbreviation": fantasy}, **_details(absence)},
    }


def _details(absence: Absence) -> dict[str, str]:
    """Which part of the body, where the report names one; else the reason whole."""
    if absence.reason is None:
        return {}
    found = _REASON.fullmatch(absence.reason)
    if found is None:
        return {"type": absence.reason}
    side, part, detail = found.groups()
    return {"type": part, "detail": detail, "side": side or "Not Specified"}
