"""One spelling for every player, game and team."""

import gzip
import json
import re
import unicodedata
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.identity.games import GameKey, parse_game_id, season_label, season_type, season_year
from shared.identity.names import in_order, player_lookup, suffixless_lookup
from shared.identity.resolver import Player, Resolver
from shared.identity.teams import TEAMS, tricode_of


@pytest.mark.parametrize(
    ("name", "lookup", "suffixless"),
    [
        ("Luka Dončić", "lukadoncic", "lukadoncic"),
        ("Jimmy Butler III", "jimmybutleriii", "jimmybutler"),
        ("P.J. Tucker", "pjtucker", "pjtucker"),
        ("De'Aaron Fox", "deaaronfox", "deaaronfox"),
        ("Jaren Jackson Jr.", "jarenjacksonjr", "jarenjackson"),
        ("Jaden Ivey", "jadenivey", "jadenivey"),
        ("Donte DiVincenzo", "dontedivincenzo", "dontedivincenzo"),
        ("Jakob Pöltl", "jakobpoltl", "jakobpoltl"),
        ("Dāvis Bertāns", "davisbertans", "davisbertans"),
        ("Luka Šamanić", "lukasamanic", "lukasamanic"),
        *(("Bǿrge ÐURO", "borgeduro", "borgeduro"), ("Æsa Œuf-Þor", "aesaoeufthor", "aesaoeufthor")),
        ("Jörg WEIẞ Jr.", "jorgweissjr", "jorgweiss"),
    ],
)
def test_names_normalise(name: str, lookup: str, suffixless: str) -> None:
    assert player_lookup(name) == lookup
    assert suffixless_lookup(name) == suffixless


def test_a_name_without_letters_is_refused() -> None:
    with pytest.raises(ValueError, match="letters"):
        player_lookup(" .-' ")


def test_composed_and_decomposed_spellings_are_one_player() -> None:
    assert player_lookup("Dončić") == player_lookup("Donc\u030cic\u0301")


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("McDermott, Doug", "Doug McDermott"),
        ("Hardaway Jr., Tim", "Tim Hardaway Jr."),
        ("Porter Jr., Kevin", "Kevin Porter Jr."),
        ("Butler III, Jimmy", "Jimmy Butler III"),
        ("Nene", "Nene"),
        ("Smith, Nick, Jr.", "Nick, Jr. Smith"),
    ],
)
def test_family_names_first_are_put_in_order(printed: str, name: str) -> None:
    assert in_order(printed) == name


@pytest.mark.parametrize(
    ("name", "tricode"),
    [
        *(("GS", "GSW"), ("NO", "NOP"), ("NOR", "NOP"), ("NY", "NYK"), ("SA", "SAS"), ("UTAH", "UTA")),
        *(("WSH", "WAS"), ("BRK", "BKN"), ("CHO", "CHA"), ("PHO", "PHX"), ("lal", "LAL"), ("LAC", "LAC")),
        *(("LA Clippers", "LAC"), ("Los Angeles Clippers", "LAC"), ("Portland Trail Blazers", "POR")),
    ],
)
def test_every_providers_name_of_a_team_is_known(name: str, tricode: str) -> None:
    assert tricode_of(name) == tricode


@pytest.mark.parametrize("name", ["Los Angeles", "LA", "New York Yankees", "", "Team LeBron"])
def test_what_is_no_team_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="unknown team"):
        tricode_of(name)


JACKSON = Player(1, "jarenjacksonjr", "Jaren Jackson Jr.", "MEM")
WILLIAMS_A = Player(2, "jalenwilliams", "Jalen Williams", "OKC")
WILLIAMS_B = Player(3, "jaylinwilliams", "Jaylin Williams", "OKC")
PAYTON_II = Player(4, "garypaytonii", "Gary Payton II", "GSW")
PAYTON = Player(5, "garypayton", "Gary Payton", "POR")
RESOLVER = Resolver([JACKSON, WILLIAMS_A, WILLIAMS_B, PAYTON_II, PAYTON], {"bigshot": 2})


def test_a_dropped_suffix_still_finds_the_player() -> None:
    assert RESOLVER.resolve("Jaren Jackson") == JACKSON


def test_an_exact_name_wins_over_a_suffixless_one() -> None:
    assert RESOLVER.resolve("Gary Payton") == PAYTON
    assert RESOLVER.resolve("Gary Payton II") == PAYTON_II


def test_the_teams_of_the_game_decide_between_namesakes() -> None:
    twins = Resolver(
        [Player(1, "johnsmith", "John Smith", "BOS"), Player(2, "johnsmith", "John Smith", "LAL")]
    )
    assert twins.resolve("John Smith") is None
    found = twins.resolve("John Smith", ["LAL", "DEN"])
    assert found is not None
    assert found.player_id == 2


def test_an_alias_wins_and_an_unknown_name_resolves_to_nobody() -> None:
    assert RESOLVER.resolve("Big Shot") == WILLIAMS_A
    assert RESOLVER.resolve("Nobody Atall") is None


def test_game_ids_round_trip() -> None:
    key = GameKey(date(2024, 12, 3), "MEM", "DAL")
    assert key.game_id == "20241203_MEM_DAL"
    assert parse_game_id(key.game_id) == key


@pytest.mark.parametrize(
    "bad", ["20241203_DAL_DAL", "20241203_XXX_DAL", "20241303_MEM_DAL", "x", "20241203_MEM_DAL\n"]
)
def test_an_impossible_game_id_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"game_id|does not match|unconverted"):
        parse_game_id(bad)


def test_seasons_have_their_starting_year() -> None:
    assert season_year(date(2024, 10, 22)) == season_year(date(2025, 6, 22)) == 2024
    assert season_label(2024) == "2024-25"
    assert season_label(1999) == "1999-00"
    assert season_type("0022400561") == "regular"
    assert season_type("0042400407") == "playoffs"


def test_there_are_thirty_teams_with_distinct_ids() -> None:
    assert len({team.tricode for team in TEAMS}) == len({team.nba_team_id for team in TEAMS}) == 30
    assert tricode_of("Los Angeles Clippers") == tricode_of("LA Clippers") == "LAC"
    with pytest.raises(ValueError, match="Seattle"):
        tricode_of("Seattle SuperSonics")


def test_every_team_of_the_real_schedule_is_known(real_data: Path) -> None:
    folder = real_data / "payloads/captures/tests_samples/nbac_schedule_api"
    body = json.loads(gzip.decompress(next(folder.glob("raw_*.json.gz")).read_bytes()))
    games = [g for day in body["leagueSchedule"]["gameDates"] for g in day["games"]]
    real = {(g[s]["teamTricode"], g[s]["teamId"]) for g in games for s in ("homeTeam", "awayTeam")}
    assert {(team.tricode, team.nba_team_id) for team in TEAMS} <= real


def test_no_two_players_of_the_real_index_share_a_lookup(real_data: Path) -> None:
    folder = real_data / "payloads/captures/tests_samples/nbac_player_list"
    body = json.loads(next(folder.glob("raw_*.json")).read_text())["resultSets"][0]
    at = {name: body["headers"].index(name) for name in ("PLAYER_FIRST_NAME", "PLAYER_LAST_NAME")}
    names = [" ".join(row[i] for i in at.values()) for row in body["rowSet"]]
    assert len(names) > 500
    assert len({player_lookup(name) for name in names}) == len(names)


GIVEN = st.text("abcdefghijklmnopqrstuvwxyzäéčćšžđøłßñ'.- ", min_size=1, max_size=12)
NAMES = st.builds("{} {}".format, GIVEN, GIVEN).filter(lambda name: any(map(str.isalpha, name)))
SUFFIXES = st.sampled_from(["Jr.", "Sr.", "II", "III", "IV", "V", "jr", "Iii"])


@given(st.one_of(st.text(max_size=40), st.text("aoØøÆæŁłĐđÐðßẞıİ\u0301\u0308\u0323 '.", max_size=12)))
def test_a_lookup_is_lower_case_letters_and_digits_however_its_name_is_composed(name: str) -> None:
    try:
        lookup = player_lookup(name)
    except ValueError:
        return
    assert re.fullmatch("[a-z0-9]+", lookup)
    assert player_lookup(lookup) == lookup
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert player_lookup(unicodedata.normalize(form, name)) == lookup


@given(NAMES)
def test_neither_case_nor_space_makes_another_player(name: str) -> None:
    lookup = player_lookup(name)
    assert player_lookup(name.upper()) == player_lookup(name.title()) == lookup
    assert player_lookup(f"  {name.replace(' ', '  ')}.") == lookup


@given(NAMES, SUFFIXES)
def test_a_suffix_makes_another_player_and_is_all_that_the_looser_key_leaves_out(
    name: str, suffix: str
) -> None:
    whole = f"{name} {suffix}"
    assert player_lookup(whole) == player_lookup(name) + player_lookup(suffix)
    assert suffixless_lookup(whole) == player_lookup(name)


@given(
    st.from_regex("[A-Z][a-z]{1,8}", fullmatch=True),
    st.from_regex("[A-Z][a-z]{1,8}", fullmatch=True),
    SUFFIXES,
)
def test_the_order_of_a_name_makes_no_other_player(first: str, family: str, suffix: str) -> None:
    assert player_lookup(in_order(f"{family} {suffix}, {first}")) == player_lookup(
        f"{first} {family} {suffix}"
    )
    assert player_lookup(in_order(f"{family}, {first}")) == player_lookup(f"{first} {family}")


TEAM = st.sampled_from(["BOS", "DAL", "LAL", None])


@given(st.lists(st.tuples(NAMES, TEAM), min_size=1, max_size=8), st.randoms(use_true_random=False), NAMES)
def test_whom_a_name_means_does_not_depend_on_the_order_of_the_players(
    known: list[tuple[str, str | None]], random: Random, asked: str
) -> None:
    players = [Player(n, player_lookup(name), name, team) for n, (name, team) in enumerate(known)]
    shuffled = random.sample(players, len(players))
    for name in (asked, *(player.player_name for player in players)):
        for teams in ((), ("BOS",), ("DAL", "LAL")):
            found = Resolver(players).resolve(name, teams)
            assert Resolver(shuffled).resolve(name, teams) == found
            if found:
                assert suffixless_lookup(found.player_name) in (player_lookup(name), suffixless_lookup(name))


@given(st.lists(NAMES, min_size=1, max_size=8, unique_by=player_lookup))
def test_whoever_alone_has_a_name_is_found_by_it(names: list[str]) -> None:
    players = [Player(n, player_lookup(name), name) for n, name in enumerate(names)]
    resolver = Resolver(players)
    assert [resolver.resolve(player.player_name) for player in players] == players
