"""How a date ends on which nobody is left to predict: what was predicted before its games began stands."""

from orchestration.platform import Platform
from orchestration.state import Event, OutputState, State
from predictions.coordinator.batch import BatchId
from predictions.coordinator.consolidation import REASON_CHARACTERS, remove_open_rows, rows_of
from predictions.coordinator.coverage import Coverage, read_coverage
from predictions.coordinator.finish import date_event
from shared.messages import AsOf
from shared.outcomes import PermanentError

_BEGAN = "every game has begun"
_STANDS = f"{_BEGAN}; what was predicted before stands"
_HELD_BACK = frozenset({State.FAILED, State.DEGRADED})


def end_without_batch(
    platform: Platform, batch_id: BatchId, knowledge: AsOf, own: OutputState | None, *, has_games: bool
) -> Event | None:
    """How the date ends, after rows of games that are no longer on its slate are gone.

    Nothing new is made, so the date is no better than it was: where nothing is predicted FAILED stays FAILED,
    and nothing that was FAILED or DEGRADED becomes COMPLETE.

    Args:
        batch_id: of the generation on which it ends.
        own: how its predictions stand.
        has_games: the feature store has games of it.

    Returns:
        None when it has ended so on this generation before.
    """
    if rows_of(platform, batch_id):
        try:
            remove_open_rows(platform, batch_id, knowledge)
        except PermanentError as error:
            return _ended(batch_id, own, State.FAILED, str(error))
    found = read_coverage(platform.warehouse, batch_id.game_date)
    state, reason = _judge(found, own, has_games)
    return _ended(batch_id, own, state, reason, rows_stored=found.rows, **found.figures)


def _ended(
    batch_id: BatchId, own: OutputState | None, state: State, reason: str, **figures: int
) -> Event | None:
    """The event, unless one says the same already, and has the reason of whoever saw it happen."""
    if own and (own.state, own.generation) == (state, batch_id.generation):
        told = {"rows_stored": own.rows_stored, "games": own.games, "games_expected": own.games_expected}
        if state is State.FAILED or told == figures:
            return None
    return date_event(batch_id, state, reason=reason[:REASON_CHARACTERS], **figures)


def _judge(found: Coverage, own: OutputState | None, has_games: bool) -> tuple[State, str]:
    if not has_games:
        if own and own.state in _HELD_BACK and found.rows:
            return own.state, own.reason or "no games"
        return (State.COMPLETE if found.rows else State.EMPTY_OK), "no games"
    if own and own.state is State.FAILED and not found.predicted:
        return State.FAILED, own.reason or _BEGAN
    told = found.told()
    if told and not found.predicted and not found.games:
        return State.FAILED, f"{_BEGAN}, and nothing was predicted before; {told}"
    if told:
        return State.DEGRADED, f"{_STANDS}; {told}"
    if own and own.state in _HELD_BACK:
        return State.DEGRADED, own.reason or _STANDS
    return (State.COMPLETE, _STANDS) if found.rows else (State.EMPTY_OK, _BEGAN)
