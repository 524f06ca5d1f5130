"""The page of the week of faults is what the committed figures make it."""

from copy import deepcopy

from deploy.bench.figures import read
from deploy.cli.reliability_page import FIGURES, PAGE, page


def test_the_page_is_made_of_the_committed_figures() -> None:
    assert PAGE.read_text() == page(read(FIGURES))


def test_what_differs_is_said_instead_of_that_all_is_well() -> None:
    found = deepcopy(read(FIGURES))
    found["wrongs"] = ["nba_raw.odds_events: 0 rows too many, 3 missing"]
    told = page(found)
    assert "3 missing" in told
    assert "are as without faults" not in told
