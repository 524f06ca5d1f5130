"""Closing a batch: once every chunk has ended, one replacement takes one attempt of each into place."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from orchestration.platform import Platform
from orchestration.state import Event, OutputState, State, States
from predictions.coordinator.batch import OUTPUT, Batch, BatchId, read_batches
from predictions.coordinator.coverage import Coverage, read_coverage
from predictions.coordinator.finish import Origin, announce_again, closing_id, finish
from shared.clock import utc_now
from shared.messages import AsOf
from shared.outcomes import Outcome, PermanentError, done, not_yet
from shared.warehouse.checks import inspected, inspection, refuse_failed
from shared.warehouse.exchange import Replaced
from shared.warehouse.replace import replace_dates
from shared.warehouse.specs import spec_of

_INPUT = "ml_feature_store"
REASON_CHARACTERS = 1000
_HISTORY = "prediction_history"
# A batch's rows, as the history keeps them; @run_id is the batch.
_OWN_ROWS = """(
  SELECT * FROM nba_predictions.player_prop_predictions
  WHERE game_date BETWEEN @from_date AND @to_date AND batch_id = @run_id
)"""
# In the columns that checks.inspect has: all rows, and as expected ones those that the batch has itself.
_COUNTED = """
SELECT
  @from_date AS game_date, COUNT(*) AS stored_rows, COUNTIF(batch_id = @batch_id) AS expected_rows,
  CAST(NULL AS TIMESTAMP) AS generation, CAST(NULL AS INT64) AS games, CAST(NULL AS INT64) AS open_rows
FROM nba_predictions.player_prop_predictions
WHERE game_date BETWEEN @from_date AND @to_date
"""
_FORGET = "DELETE FROM nba_predictions.prediction_history WHERE game_date = @day AND batch_id = @batch_id"
_STANDING = Path(__file__).with_name("standing.sql").read_text()


@dataclass(frozen=True)
class Standing:
    """What an older batch predicted of a game that has begun, and stays: nothing better can come.

    Args:
        skipped: players of the game whom the batch being closed skipped, and who get no row of it.
    """

    batch_id: str
    skipped: int


@dataclass(frozen=True)
class Closing:
    """A batch whose chunks have all ended, with the attempt or the reason of each.

    Args:
        standing: game_id -> what stays of it although its chunk failed.
    """

    batch: Batch
    chunks: Mapping[str, OutputState]
    standing: Mapping[str, Standing] = field(default_factory=dict)

    @property
    def failed(self) -> dict[str, str]:
        """game_id -> why its chunk has no rows."""
        return {
            game: chunk.reason or f"chunk {chunk.state}"
            for game, chunk in self.chunks.items()
            if not chunk.usable
        }

    @property
    def expected_rows(self) -> int:
        """Rows that the closed batch must have: what the chunks stored, and one a player without a chunk.

        Of the games of which older rows stand it has none.
        """
        stored = sum(chunk.rows_stored or 0 for chunk in self.chunks.values() if chunk.usable)
        failed = sum(self.batch.chunks[game] for game in self.failed if game not in self.standing)
        skipped = self.batch.skipped - sum(game.skipped for game in self.standing.values())
        return stored + failed + skipped

    @property
    def attempts(self) -> dict[str, int]:
        """attempt_id -> rows that it staged."""
        return {
            chunk.attempt_id: chunk.rows_stored or 0
            for chunk in self.chunks.values()
            if chunk.usable and chunk.attempt_id
        }

    def as_json(self) -> str:
        """The chunks as query.sql takes them."""
        failed = self.failed
        return json.dumps(
            [
                {
                    "game_id": game,
                    "attempt_id": None if game in failed else chunk.attempt_id,
                    "reason": failed.get(game),
                    "standing_batch_id": self.standing[game].batch_id if game in self.standing else None,
                }
                for game, chunk in self.chunks.items()
            ]
        )

    @property
    def mark(self) -> str:
        """Equal for two closings that take the same attempts into place."""
        digest = hashlib.sha256(self.as_json().encode()).hexdigest()[:16]
        return closing_id(self.batch.id, digest)

    def event(self, rows: int, degraded: bool, covered: Coverage) -> Event:
        """How the date's predictions end with it.

        Args:
            covered: what the date then has, that of games included which began before the batch: their rows
                are not its own, and it cannot make them good.
        """
        reasons = [reason for reason in (self._reason(), covered.told(*self.failed)) if reason]
        return self.batch.event(
            OUTPUT,
            self._state(degraded or bool(covered.missing)),
            rows_stored=rows,
            attempt_id=self.mark,
            reason="; ".join(reasons)[:REASON_CHARACTERS] or None,
            **covered.figures,
        )

    def _state(self, degraded: bool) -> State:
        if self.chunks and len(self.failed) == len(self.chunks) and not self.standing:
            return State.FAILED
        return State.DEGRADED if self.failed or degraded else State.COMPLETE

    def _reason(self) -> str | None:
        if not self.chunks:
            return f"all {self.batch.skipped} players are skipped"
        if not self.failed:
            return None
        stands = dict.fromkeys(self.standing, " (what was predicted before stands)")
        listed = "; ".join(f"{game}: {why}{stands.get(game, '')}" for game, why in self.failed.items())
        return f"{len(self.failed)} of {len(self.chunks)} chunks failed: {listed}"


def close_batch(platform: Platform, batch_id: BatchId, origin: Origin) -> Outcome:
    """Closes a batch if it can be closed now; any number of calls leaves the same table.

    Returns:
        DONE with `closed` true when the batch's rows are in place, DONE without when a newer batch has taken
        over, NOT_YET while a chunk is open.

    Raises:
        PermanentError: no such batch, or what it made breaks a check or does not add up; the date then has
            ended FAILED.
    """
    batch = _newest(platform, batch_id)
    if batch is None:
        return done(f"batch {batch_id} is superseded by a newer one")
    states = platform.state.read(batch_id.game_date, batch_id.game_date)
    if waiting := batch.open_chunks(states):
        return not_yet(f"{len(waiting)} of {len(batch.chunks)} chunks are open", open_chunks=waiting)
    chunks = {game: state for game, state in batch.chunk_states(states).items() if state}
    closing = Closing(batch, chunks)
    closing = replace(closing, standing=_standing(platform, closing))
    return _close(platform, closing, states, origin)


def _standing(platform: Platform, closing: Closing) -> dict[str, Standing]:
    """What stands of failed chunks' games; nothing in a replay, to which no game has begun."""
    batch = closing.batch
    if not closing.failed or batch.knowledge.lead_minutes is not None:
        return {}
    rows = platform.warehouse.rows(
        _STANDING,
        game_date=batch.id.game_date,
        batch_id=str(batch.id),
        failed=sorted(closing.failed),
        now=utc_now(),
    )
    return {row["game_id"]: Standing(row["batch_id"], row["skipped"]) for row in rows}


def _newest(platform: Platform, batch_id: BatchId) -> Batch | None:
    """The stored batch, or None when its date has a newer one."""
    day = batch_id.game_date
    batches = read_batches(platform.warehouse, day, day).get(day, [])
    if batch_id not in [batch.id for batch in batches]:
        raise PermanentError(f"no batch {batch_id} is stored")
    return batches[-1] if batches[-1].id == batch_id else None


def _close(platform: Platform, closing: Closing, states: States, origin: Origin) -> Outcome:
    day, generation = closing.batch.id.game_date, closing.batch.id.generation
    own = states.get((day, OUTPUT))
    if own and own.terminal and own.generation == generation and own.attempt_id == closing.mark:
        announce_again(platform, origin, [(day, own)])
        return done(f"batch {closing.batch.id} is closed already", closed=True, rows=own.rows_stored)
    try:
        rows = _take_into_place(platform, closing)
    except PermanentError as error:
        failure = closing.batch.event(OUTPUT, State.FAILED, reason=str(error)[:REASON_CHARACTERS])
        finish(platform, origin, failure)
        raise
    if rows is None:
        return done(f"batch {closing.batch.id}: rows of a newer generation are in place")
    covered = read_coverage(platform.warehouse, day)
    finish(platform, origin, closing.event(rows, _rests_on_degraded(states, closing.batch), covered))
    return done(f"batch {closing.batch.id} is closed", closed=True, rows=rows, failed=len(closing.failed))


def _take_into_place(platform: Platform, closing: Closing) -> int | None:
    """Replaces the date's rows, keeps the batch's own in the history; returns the rows of the date."""
    batch = closing.batch
    _check_staged(platform, closing)
    kept = _kept(platform, batch) if batch.systems else "[]"
    looking = inspection(spec_of(OUTPUT), _COUNTED)
    replaced = _replace(
        platform,
        batch.id,
        batch.knowledge,
        closing.as_json(),
        kept,
        seeing=looking,
        keeping=(spec_of(_HISTORY), _OWN_ROWS),
    )
    if replaced.superseded:
        return None
    try:
        return _checked(closing, replaced)
    except PermanentError:
        # A batch that could not be closed has no history from which its rows might be taken again.
        platform.warehouse.run(_FORGET, day=batch.id.game_date, batch_id=str(batch.id))
        raise


def _checked(closing: Closing, replaced: Replaced) -> int:
    """The rows of a batch's date. Raises PermanentError when they break a check or do not add up."""
    stored, own = _counted(replaced)
    if own != closing.expected_rows:
        raise PermanentError(f"{closing.batch.id}: expected {closing.expected_rows} rows but stored {own}")
    return stored


def _check_staged(platform: Platform, closing: Closing) -> None:
    """Raises PermanentError, before anything is replaced, when rows that chunks staged are gone."""
    if not closing.attempts:
        return
    staged = platform.warehouse.read(
        "prediction_staging",
        ["attempt_id"],
        batch_id=str(closing.batch.id),
        attempt_id=sorted(closing.attempts),
    ).num_rows
    expected = sum(closing.attempts.values())
    if staged != expected:
        raise PermanentError(
            f"{closing.batch.id}: chunks staged {expected} rows but {staged} are there; "
            "start the date again with force"
        )


def _kept(platform: Platform, batch: Batch) -> str:
    """The other systems' rows on the same inputs, which a batch of some leaves: as query.sql takes them."""
    rows = platform.warehouse.rows(
        """
        SELECT DISTINCT batch_id, system_id
        FROM nba_predictions.player_prop_predictions
        WHERE
          game_date = @game_date
          AND generation = @generation
          AND system_id != 'none'
          AND system_id NOT IN UNNEST(@systems)
        """,
        game_date=batch.id.game_date,
        generation=batch.id.generation,
        systems=list(batch.systems),
    )
    return json.dumps(rows)


def _replace(
    platform: Platform,
    batch_id: BatchId,
    knowledge: AsOf,
    chunks: str = "[]",
    kept: str = "[]",
    **further: Any,
) -> Replaced:
    run_id = str(batch_id)
    return replace_dates(
        platform.warehouse,
        spec_of(OUTPUT),
        {batch_id.game_date: batch_id.generation},
        knowledge,
        run_id,
        batch_id=run_id,
        chunks=chunks,
        kept=kept,
        **further,
    )


def remove_open_rows(platform: Platform, batch_id: BatchId, knowledge: AsOf) -> None:
    """Takes away what was predicted of games that have not begun: they are no longer on the date's slate.

    Raises:
        PermanentError: what stays breaks a check.
    """
    looking = inspection(spec_of(OUTPUT), _COUNTED)
    _counted(_replace(platform, batch_id, knowledge, seeing=looking))


def _counted(replaced: Replaced) -> tuple[int, int]:
    """Rows of a batch's date, those of games that had begun before it included, and its own among them.

    Raises:
        PermanentError: a `#fail` check does not hold.
    """
    found = inspected(spec_of(OUTPUT), replaced.seen)
    refuse_failed(spec_of(OUTPUT), found.violations)
    (counted,) = found.counts
    return int(counted["stored_rows"]), int(counted["expected_rows"])


def rows_of(platform: Platform, batch_id: BatchId) -> int:
    """How many rows a batch's date has, those of games that had begun before it included."""
    day = batch_id.game_date
    return int(platform.warehouse.read(OUTPUT, ["system_id"], day, day).num_rows)


def _rests_on_degraded(states: States, batch: Batch) -> bool:
    store = states.get((batch.id.game_date, _INPUT))
    return store is not None and store.state in (State.FAILED, State.DEGRADED)
