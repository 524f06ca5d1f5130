"""Learning only from the past, the same from the same, and nothing from nothing."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictions.grading.scores import crps
from predictions.systems.contract import load_contract
from predictions.systems.inputs import REPORT_COLUMN
from predictions.systems.learned import FORM
from predictions.training.errors import TooFewGamesError
from predictions.training.fit import Games, LookAheadError, check_past, fit_model
from predictions.training.frame import games_of

CONTRACT = load_contract()


def unreported(rows: pd.DataFrame) -> Games:
    """The games without their injury reports: one head is learned and not two, in half the time."""
    return games_of(rows.assign(**{REPORT_COLUMN: np.nan}), CONTRACT)


def test_the_same_games_give_the_same_model(rows: pd.DataFrame) -> None:
    games = unreported(rows)
    first, second = fit_model(games), fit_model(games)
    assert set(first.heads) == {FORM}
    assert first.predict(games.features).cumulative == pytest.approx(
        second.predict(games.features).cumulative
    )


def test_what_is_learned_beats_the_usual_points_on_games_that_it_has_not_seen(
    model: Any, invented: Any
) -> None:
    ahead = invented(3000, seed=2, first="2024-10-22", days=170)
    made = model.predict(ahead[list(CONTRACT.features)])
    error = np.abs(made.median - ahead["points"]).mean()
    assert error < np.abs(ahead["points_ewma_8"] - ahead["points"]).mean() - 0.1
    assert crps(made.cumulative, ahead["points"].to_numpy()).mean() < error


def test_shuffled_outcomes_teach_nothing(rows: pd.DataFrame, invented: Any) -> None:
    """Trained on points that belong to other games, the model is no better than the overall median."""
    shuffled = rows.assign(points=np.random.default_rng(5).permutation(rows["points"]))
    learned = fit_model(unreported(shuffled))
    ahead = invented(3000, seed=2, first="2024-10-22", days=170)
    points = ahead["points"].to_numpy()
    made = learned.predict(ahead[list(CONTRACT.features)]).median
    usual = np.abs(ahead["points_ewma_8"] - points).mean()
    constant = np.abs(np.median(rows["points"]) - points).mean()
    assert np.abs(made - points).mean() > usual + 0.5
    assert np.abs(made - points).mean() > constant - 0.5


def test_a_model_never_predicts_what_it_could_have_seen(games: Games) -> None:
    middle = np.sort(games.game_date)[len(games) // 2]
    past, ahead = games.take(games.game_date < middle), games.take(games.game_date >= middle)
    check_past(past, ahead)
    with pytest.raises(LookAheadError, match="training reaches"):
        check_past(games.take(games.game_date <= middle), ahead)


def test_too_few_games_say_how_many_there_are(games: Games) -> None:
    with pytest.raises(TooFewGamesError, match="at least 1000"):
        fit_model(games.take(np.arange(len(games)) < 300))


def test_a_single_season_can_be_learned_from(invented: Any) -> None:
    season = unreported(invented(2500, first="2023-10-24", days=170))
    assert len(fit_model(season).predict(season.features)) == len(season)
