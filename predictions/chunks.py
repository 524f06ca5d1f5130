"""What coordinator and worker agree on about a chunk: its name in the pipeline's state, and its events."""

from typing import Any

from orchestration.state import Event, State
from shared.messages import Phase, PredictionRequest


def chunk_output(batch_id: str, game_id: str) -> str:
    """The name under which a chunk stands in the pipeline's state."""
    return f"chunk/{batch_id}/{game_id}"


def chunk_event(request: PredictionRequest, state: State, **details: Any) -> Event:
    """What became of the chunk that a request asked for."""
    return Event(
        game_date=request.game_date,
        phase=Phase.PREDICTIONS,
        output=chunk_output(request.batch_id, request.game_id),
        state=state,
        generation=request.generation,
        run_id=request.batch_id,
        **details,
    )
