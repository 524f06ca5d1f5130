"""BettingPros' books by the Odds API's keys, so that a book has one name wherever its lines come from."""

_KEYS = {
    0: "consensus",
    2: "superbook",
    10: "fanduel",
    12: "draftkings",
    13: "williamhill_us",
    14: "pointsbetus",
    15: "sugarhouse",
    18: "betrivers",
    19: "betmgm",
    20: "foxbet",
    24: "bet365",
    25: "wynnbet",
    26: "tipico_us",
    27: "partycasino",
    28: "unibet_us",
    29: "twinspires",
    30: "betway",
    31: "fubo",
    33: "fanatics",
    36: "espnbet",
    37: "hardrockbet",
    39: "sleeper",
    49: "fliff",
    60: "prizepicks",
    63: "underdog",
}


def bookmaker_of(book_id: int) -> str:
    """10 -> fanduel; a book that is not known keeps its number: book_77."""
    return _KEYS.get(book_id, f"book_{book_id}")
