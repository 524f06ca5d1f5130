"""What the learned system says of a player depends on him alone, not on who else is asked for."""

import numpy as np

from deploy.bench.predictions import made_up_slate
from predictions.systems.base import run_system
from predictions.systems.learned import Learned, LearnedWithLine
from predictions.systems.model import unpack_model
from predictions.systems.players import feature_frame
from predictions.training.champion import packaged_champion


def test_what_the_model_said_before_is_what_it_would_say_again() -> None:
    model = unpack_model(packaged_champion()[0]).model
    features = feature_frame(made_up_slate(30, 1))
    features.loc[::3, "vegas_points_line"] = np.nan
    features.loc[::7, "points_ewma_30"] = np.nan
    anchored = LearnedWithLine(model, 0.3)
    said = {"learned": run_system(Learned(model), features)}
    refined, alone = run_system(anchored, features, said), run_system(anchored, features)
    assert refined.predicted.tolist() == alone.predicted.tolist()
    assert np.array_equal(refined.distribution.cumulative, alone.distribution.cumulative)


def test_a_player_alone_is_predicted_as_among_all_others() -> None:
    model = unpack_model(packaged_champion()[0]).model
    features = feature_frame(made_up_slate(200, 1))
    together = model.predict(features).cumulative
    for rows in (slice(0, 1), slice(7, 10), slice(1, None, 3), slice(40, 173)):
        assert np.array_equal(model.predict(features.iloc[rows]).cumulative, together[rows]), rows
