"""Whether a replay's predictions came from a model that had learned from the very games."""

from datetime import date

from predictions.training.models import ModelRow


def seen_games(champion: ModelRow, first: date, last: date) -> str | None:
    """What to know of figures of dates that a model has learned from; None where it has seen none.

    Args:
        first, last: the game dates that were predicted.
    """
    if first > champion.trained_through or last < champion.trained_from:
        return None
    span = f"{champion.trained_from} to {champion.trained_through}"
    return (
        f"{champion.model_id} has learned from games of {span}: where these are among them, the figures say "
        "what it remembers, not how it predicts. "
        "`nba-props backtest` predicts every date by a model of earlier games only."
    )
