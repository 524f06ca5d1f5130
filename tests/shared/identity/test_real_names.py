"""Every provider's spelling of every player, and spellings that must mean nobody."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.identity.names import player_lookup
from shared.identity.player_aliases.seed import packaged_aliases
from shared.identity.resolver import Player, Resolver

ALIASES = {str(row["alias_lookup"]): int(str(row["player_id"])) for row in packaged_aliases()}
SAMPLES = "payloads/captures/tests_samples"
# Men of the 2025-26 bodies whom neither the index of that capture nor a box score knows.
UNKNOWN = {
    *("alexantetokounmpo", "chaneyjohnson", "chrismanon", "chrisyoungblood", "curtisjones"),
    *("javontecooke", "ljcryer"),
}


def players_of(names: pd.DataFrame) -> list[Player]:
    """One player a row of player_id, player_name, team."""
    return [
        Player(int(row.player_id), player_lookup(row.player_name), row.player_name, row.team)
        for row in names.itertuples()
    ]


@pytest.fixture(scope="module")
def index(real_data: Path) -> list[Player]:
    """The player index of 2025-26."""
    body = json.loads((real_data / SAMPLES / "nbac_player_list/raw_7af00b51.json").read_text())
    result = body["resultSets"][0]
    rows = pd.DataFrame(result["rowSet"], columns=result["headers"])
    names = rows.PLAYER_FIRST_NAME + " " + rows.PLAYER_LAST_NAME
    return players_of(
        pd.DataFrame({"player_id": rows.PERSON_ID, "player_name": names, "team": rows.TEAM_ABBREVIATION})
    )


@pytest.fixture(scope="module")
def box(real_archive: Path) -> pd.DataFrame:
    columns = ["game_date", "season", "player_id", "player_name", "team"]
    return pd.read_parquet(real_archive / "player_box.parquet", columns=columns).sort_values("game_date")


@pytest.fixture(scope="module")
def resolver(index: list[Player], box: pd.DataFrame) -> Resolver:
    """Everybody in a box score or the index; the index's spelling is the player's own."""
    return Resolver([*players_of(box.groupby("player_id").last().reset_index()), *index], ALIASES)


def names_in(part: Any) -> Iterator[str]:
    """Each first_name with its last_name, anywhere in a body."""
    if isinstance(part, dict):
        if "first_name" in part and "last_name" in part:
            yield f"{part['first_name']} {part['last_name']}".strip()
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from names_in(each)


def test_all_594_players_of_the_index_are_themselves(index: list[Player], resolver: Resolver) -> None:
    assert len(index) == 594
    wrong = [
        player.player_name
        for player in index
        if (found := resolver.resolve(player.player_name)) is None or found.player_id != player.player_id
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "folder", ["bdl_box_scores", "bdl_active_players", "bdl_injuries", "bdl_player_box_scores", "bdl_leaders"]
)
def test_balldontlies_spellings_resolve(real_data: Path, resolver: Resolver, folder: str) -> None:
    bodies = sorted((real_data / SAMPLES / folder).glob("raw*.json"))
    names = {name for path in bodies for name in names_in(json.loads(path.read_text()))}
    assert names
    missing = {player_lookup(name) for name in names if resolver.resolve(name) is None}
    assert missing <= UNKNOWN


def test_espns_spellings_resolve(real_data: Path, resolver: Resolver) -> None:
    body = json.loads((real_data / SAMPLES / "espn_roster_api/raw_2.json").read_text())
    names = [athlete["fullName"] for athlete in body["team"]["athletes"]]
    assert len(names) == 17
    assert [name for name in names if resolver.resolve(name, ["BOS"]) is None] == []


def test_the_bookmakers_spellings_resolve(real_data: Path, resolver: Resolver) -> None:
    bodies = [json.loads(path.read_text()) for path in (real_data / "payloads/odds_api").glob("event*.json")]
    names = {
        outcome["description"]
        for body in bodies
        for book in body["bookmakers"]
        for market in book["markets"]
        for outcome in market["outcomes"]
    }
    assert len(names) == 46
    assert [name for name in names if resolver.resolve(name) is None] == []


def test_the_archives_lines_resolve_to_their_own_players(real_archive: Path, box: pd.DataFrame) -> None:
    """Among the players of last season and this one to the last line."""
    lines = pd.read_parquet(real_archive / "prop_lines.parquet")
    known = box[box.season.isin(["2023-24", "2024-25"]) & (box.game_date <= lines.game_date.max())]
    resolver = Resolver(players_of(known.groupby("player_id").last().reset_index()), ALIASES)
    rows = lines.groupby(["player_name", "player_id", "team", "opponent"]).size().reset_index(name="rows")
    found = [resolver.resolve(row.player_name, (row.team, row.opponent)) for row in rows.itertuples()]
    right = [
        bool(player) and player.player_id == row.player_id
        for player, row in zip(found, rows.itertuples(), strict=True)
    ]
    wrong = [p for p, ok in zip(found, right, strict=True) if p is not None and not ok]
    assert wrong == []
    assert rows.rows[right].sum() / rows.rows.sum() >= 0.995


def test_aliases_are_few_and_needed(index: list[Player], box: pd.DataFrame) -> None:
    """At most one name in fifty, and none that would resolve without it."""
    players = [*players_of(box.groupby("player_id").last().reset_index()), *index]
    assert len(ALIASES) <= 0.02 * len({player.player_id for player in players})
    without = Resolver(players)
    assert all(without.resolve(lookup) is None for lookup in ALIASES)
    assert {player.player_id for player in players} >= set(ALIASES.values())


@pytest.mark.parametrize(
    "name",
    [
        *("Jalen Johnsen", "Jaylen Williamson", "Marcus Markieff Morris", "LeBron", "Curry", "A. Davis"),
        *("Nikola Joki", "Luka Donci", "Jr.", "Tatum Jayson", "Bronny", "D. Russell", "Over", "Team Total"),
    ],
)
def test_near_names_mean_nobody(resolver: Resolver, name: str) -> None:
    assert resolver.resolve(name) is None


def test_brothers_and_namesakes_are_told_apart(resolver: Resolver) -> None:
    pairs = [
        ("Jalen Williams", "Jaylin Williams"),
        ("Marcus Morris", "Markieff Morris"),
        ("Keegan Murray", "Kris Murray"),
        ("Gary Trent Jr.", "Gary Payton II"),
        ("Franz Wagner", "Moe Wagner"),
    ]
    for one, other in pairs:
        first, second = resolver.resolve(one), resolver.resolve(other)
        assert first
        assert second
        assert first.player_id != second.player_id


@given(st.text(min_size=1, max_size=30))
def test_a_lookup_is_its_own_lookup(name: str) -> None:
    try:
        lookup = player_lookup(name)
    except ValueError:
        return
    assert player_lookup(lookup) == lookup
    assert player_lookup(lookup.upper()) == lookup


@given(st.sampled_from(["", "MIA", "BOS"]), st.sampled_from(["", "MIA", "BOS"]))
def test_two_who_fit_equally_are_nobody(team: str, other: str) -> None:
    twins = [
        Player(1, "samesame", "Same Same", team or None),
        Player(2, "samesame", "Same Same", other or None),
    ]
    found = Resolver(twins).resolve("Same Same", ["MIA"])
    if (team == "MIA") == (other == "MIA"):
        assert found is None
    else:
        assert found is not None
        assert found.team == "MIA"
