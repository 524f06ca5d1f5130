"""Player-games to learn from and to be graded on, read from the warehouse in whole columns."""

from datetime import date

import pandas as pd

from predictions.systems.contract import FeatureContract
from predictions.training.fit import Games
from shared.warehouse.specs import spec_of
from shared.warehouse.storage import StorageReader

_IDENTITY = ("game_date", "game_id", "player_lookup", "feature_version")
_OUTCOME = ("game_date", "game_id", "player_lookup", "season_year", "points", "seconds_played")
SORTED_BY = ["game_date", "game_id", "player_lookup"]


def read_games(storage: StorageReader, contract: FeatureContract, first: date, last: date) -> pd.DataFrame:
    """Every player-game between two dates that was played and has features, in order of date, game, player.

    Returns:
        _IDENTITY, injury_status, season_year, points, minutes, earlier_games (of this season and the last,
        within what is read of the seasons before), and the contract's features as floats.
    """
    wanted = dict.fromkeys([*_IDENTITY, "injury_status", *contract.features])
    store = storage.read(spec_of("ml_feature_store"), list(wanted), first, last)
    played = storage.read(spec_of("player_game_summary"), _OUTCOME, date(first.year - 2, 7, 1), last)
    outcomes = played.to_pandas()
    outcomes = outcomes[outcomes.seconds_played > 0].sort_values(SORTED_BY)
    outcomes["minutes"] = outcomes.seconds_played / 60
    outcomes["earlier_games"] = _earlier_games(outcomes)
    features = store.to_pandas()
    features = features[features.feature_version == contract.feature_version]
    rows = features.merge(
        outcomes.drop(columns=["game_date", "seconds_played"]), on=["game_id", "player_lookup"]
    )
    rows[list(contract.features)] = rows[list(contract.features)].astype("float64")
    return rows.sort_values(SORTED_BY).reset_index(drop=True)


def _earlier_games(outcomes: pd.DataFrame) -> pd.Series:
    """How many games each player had before each of his, of the same season and the one before."""
    by_season = outcomes.groupby(["player_lookup", "season_year"])
    so_far = by_season.cumcount()
    seasons = by_season.size().rename("games").reset_index()
    seasons["season_year"] += 1
    last = outcomes[["player_lookup", "season_year"]].merge(
        seasons, on=["player_lookup", "season_year"], how="left"
    )
    return so_far + last["games"].fillna(0).to_numpy(dtype="int64")


def games_of(rows: pd.DataFrame, contract: FeatureContract) -> Games:
    """Rows of read_games to fit a model on: those whose usual points and their spread are known."""
    known = rows[rows["points_ewma_30"].notna() & rows["points_std_last_10"].notna()]
    return Games(
        features=known[list(contract.features)],
        game_date=known["game_date"].to_numpy(dtype="datetime64[D]"),
        season_year=known["season_year"].to_numpy(dtype="int64"),
        points=known["points"].to_numpy(dtype="int64"),
        minutes=known["minutes"].to_numpy(dtype="float64"),
        earlier_games=known["earlier_games"].to_numpy(dtype="int64"),
    )
