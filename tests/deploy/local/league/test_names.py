"""Names are invented, distinct where identity looks, and awkward in every way real ones are."""

import numpy as np

from deploy.local.league.names import invent_names, normalised, plain


def test_no_two_names_are_equal_once_normalised() -> None:
    taken: set[str] = set()
    names = invent_names(np.random.default_rng(1), 600, taken)
    names += invent_names(np.random.default_rng(2), 600, taken)
    assert len({normalised(name) for name in names}) == 1200


def test_there_is_one_of_every_awkward_kind() -> None:
    names = " | ".join(invent_names(np.random.default_rng(1), 500, set()))
    for piece in ("'", "-", ".", " Jr.", " III", "ć", "é", "ø"):
        assert piece in names


def test_normalised_keeps_letters_digits_and_the_suffix() -> None:
    assert normalised("Søren D'Orvane-Łukić Jr.") == "sorendorvanelukicjr"


def test_plain_is_how_a_bookmaker_writes() -> None:
    assert plain("Søren D'Orvané Jr.") == "Soren D'Orvane Jr"
