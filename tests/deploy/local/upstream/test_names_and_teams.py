import pytest

from deploy.local.upstream.names import initial_name, player_slug, split_name
from deploy.local.upstream.teams import TEAMS


@pytest.mark.parametrize("name", ["Luka Dončić", "Gary Trent Jr.", "Tristan da Silva", "Nene"])
def test_the_two_names_joined_give_the_name_back(name: str) -> None:
    assert " ".join(split_name(name)).strip() == name


def test_names_in_upstreams_short_forms() -> None:
    assert initial_name("Gary Trent Jr.") == "G. Trent Jr."
    assert player_slug("Gary Trent Jr.") == "gary-trent-jr"
    assert player_slug("Luka Dončić") == "luka-doncic"
    assert player_slug("Kel'el Ware") == "kelel-ware"


def test_there_are_thirty_teams_with_ids_of_their_own() -> None:
    assert len(TEAMS) == 30
    assert len({team.nba_id for team in TEAMS.values()}) == 30
    assert len({team.full_name for team in TEAMS.values()}) == 30


def test_the_two_providers_name_the_clippers_differently() -> None:
    clippers = TEAMS["LAC"]
    assert (clippers.city, clippers.full_name) == ("LA", "Los Angeles Clippers")
