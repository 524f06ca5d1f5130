"""Made-up slates are as many games, players and lines as they are said to be."""

from datetime import UTC, datetime

import pytest

from deploy.bench.big_slate import game_teams, offers

SEEN = datetime(2024, 12, 3, 23, tzinfo=UTC)


def test_no_two_games_have_a_team_in_common() -> None:
    teams = [team for number in range(300) for team in game_teams(number)]
    assert len(set(teams)) == 600
    assert all(len(team) == 3 and team.isupper() for team in teams)


@pytest.mark.parametrize("usual", [0, 3, 25])
def test_each_book_has_its_lines_once_and_one_main_line(usual: int) -> None:
    found = list(offers(usual, SEEN, books=20, lines=5))
    assert len({(each["bookmaker"], each["line"]) for each in found}) == 100
    assert sum(each["is_main"] for each in found) == 20
    assert all(each["line"] % 1 == 0.5 and each["line"] > 0 for each in found)


def test_prices_are_american_and_the_likelier_side_costs_more() -> None:
    for each in offers(25, SEEN, books=5, lines=5):
        assert min(abs(each["over_price"]), abs(each["under_price"])) >= 100
        assert (each["over_price"] < each["under_price"]) == (each["line"] < 25.5)
