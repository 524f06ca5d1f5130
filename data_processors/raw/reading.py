"""What a run's bodies say: rows, problems, and what belongs nowhere."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from data_processors.raw.landed import LandedBody
from data_processors.raw.table import Known, Parsed, Problem, RawTable, Row, Unresolved
from scrapers.bodies import BodyError
from shared.dead_letters import DeadLetter


@dataclass
class Reading:
    """Bodies with what they say; `unparsed` ones passed the scraper but not us."""

    unparsed: list[LandedBody] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    parsed: list[tuple[LandedBody, Parsed]] = field(default_factory=list)


def read_bodies(table: RawTable, landed: Iterable[LandedBody], known: Known) -> Reading:
    """Parses what is valid; a body that turns out broken is a problem and stops no other."""
    reading = Reading()
    for body in landed:
        if body.invalid_reason is not None:
            reading.problems.append(_problem(body, body.invalid_reason))
            continue
        try:
            parsed = Parsed() if body.empty else table.parse(body, known)
        except BodyError as error:
            reading.problems.append(_problem(body, str(error)))
            reading.unparsed.append(body)
            continue
        reading.parsed.append((body, parsed))
    return reading


def _problem(body: LandedBody, reason: str) -> Problem:
    return Problem(body.request_key, body.game_date, body.generation, reason, body.nba_game_id)


def letters(source: str, reading: Reading) -> list[DeadLetter]:
    """Bodies that could not be parsed or belong to no known game, and single rows of others."""
    broken = {problem.request_key: problem.reason for problem in reading.problems}
    found = [(body, broken[body.request_key]) for body in reading.unparsed]
    found += [(body, why) for body, parsed in reading.parsed for why in parsed.unmatched]
    whole = [_letter(source, body, reason, body.body.decode("utf-8", "replace")) for body, reason in found]
    return whole + [
        _letter(source, body, row.reason, json.dumps(row.row, default=str))
        for body, parsed in reading.parsed
        for row in parsed.rejected
    ]


def _letter(source: str, body: LandedBody, reason: str, payload: str) -> DeadLetter:
    return DeadLetter(
        origin=source,
        message_id=body.request_key,
        error_type="BodyError",
        reason=reason,
        payload=payload,
    )


def unresolved_rows(source: str, reading: Reading) -> list[Row]:
    """One row a date and spelling."""
    found: dict[tuple[date, str], tuple[Unresolved, datetime]] = {}
    for body, parsed in reading.parsed:
        for name in parsed.unresolved:
            found.setdefault((name.game_date, name.player_name), (name, body.generation))
    return [
        {**name._asdict(), "source": source, "generation": generation} for name, generation in found.values()
    ]
