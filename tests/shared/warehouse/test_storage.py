"""Whole columns of a table, between two dates."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.warehouse.specs import spec_of
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

SPEC = spec_of("unresolved_names")
FIRST = date(2024, 12, 3)
STAMP = datetime(2024, 12, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def names(warehouse: Warehouse) -> None:
    """Three dates with more names than fit into one message of the emulator's first limit."""
    own = {"source": "s", "generation": STAMP, "run_id": "r", "written_at": STAMP}
    warehouse.load(
        SPEC.name,
        (
            {"game_date": FIRST + timedelta(days=day), "player_name": f"{'long ' * 50}{number}", **own}
            for day in range(3)
            for number in range(30_000)
        ),
    )


def test_the_dates_asked_for_are_read_and_the_columns_in_the_order_asked_for(
    storage: StorageReader, names: None
) -> None:
    read = storage.read(SPEC, ["player_name", "game_date"], FIRST, FIRST + timedelta(days=1))
    assert read.column_names == ["player_name", "game_date"]
    assert read.num_rows == 60_000
    assert set(read["game_date"].to_pylist()) == {FIRST, FIRST + timedelta(days=1)}


def test_a_partition_of_moments_is_cut_at_a_moment(storage: StorageReader, warehouse: Warehouse) -> None:
    own = {"severity": "ERROR", "reason": "r", "subject": ""}
    given = [STAMP + timedelta(seconds=second) for second in (-1, 0, 1)]
    warehouse.load(
        "alerts_given",
        [{"given_id": f"cut-{n}", "given_at": at, "alert": "cut", **own} for n, at in enumerate(given)],
    )
    read = storage.read(spec_of("alerts_given"), ["given_at"], STAMP, alert="cut")
    assert sorted(read["given_at"].to_pylist()) == given[1:]
    read = storage.read(spec_of("alerts_given"), ["given_at"], None, STAMP, alert="cut")
    assert sorted(read["given_at"].to_pylist()) == given[:2]


# The emulator takes no semicolon and no comment in a restriction, not even inside a text.
@pytest.mark.parametrize(
    "text",
    [
        *("it's", "' OR '1'='1", '" OR ""="', "\\' OR TRUE", '\\" OR TRUE OR "', "\\\\", "`x`", "\\u0027"),
        *("line\nbreak\ttab\r", "é\u2028\u02bc\uff07", "@day ? {0} $x %s #"),
    ],
)
def test_rows_are_found_by_any_text_and_no_others_with_them(
    storage: StorageReader, warehouse: Warehouse, text: str
) -> None:
    own = {"severity": "ERROR", "reason": "r", "given_at": STAMP, "alert": "texts"}
    texts = [text, f"{text}x", text.replace("\\", ""), "other"]
    warehouse.load(
        "alerts_given", [{**own, "given_id": f"texts-{n}", "subject": s} for n, s in enumerate(texts)]
    )
    found = storage.read(spec_of("alerts_given"), ["subject"], alert="texts", subject=text)
    assert set(found["subject"].to_pylist()) == {text}


def test_no_rows_are_an_empty_table(storage: StorageReader, names: None) -> None:
    read = storage.read(SPEC, ["player_name"], FIRST - timedelta(days=9), FIRST - timedelta(days=8))
    assert (read.column_names, read.num_rows) == (["player_name"], 0)


def test_an_unknown_column_is_named(storage: StorageReader, names: None) -> None:
    with pytest.raises(KeyError, match="points_tomorrow"):
        storage.read(SPEC, ["points_tomorrow"], FIRST, FIRST)
