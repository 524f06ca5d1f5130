"""Filters do what Pub/Sub's documentation says, or are refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.pubsub.errors import InvalidArgument
from deploy.local.pubsub.filters import compile_filter

RAW = {"phase": "raw", "game_date": "2024-12-03"}


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("", True),
        ('attributes.phase = "raw"', True),
        ('attributes.phase = "Raw"', False),
        ('attributes.phase="raw"', True),
        ('attributes."phase" = "raw"', True),
        ('attributes.phase != "raw"', False),
        ('attributes.phase != "analytics"', True),
        ('attributes.absent != "raw"', True),
        ('attributes.absent = ""', False),
        ("attributes:phase", True),
        ("attributes:absent", False),
        ("NOT attributes:absent", True),
        ("-attributes:phase", False),
        ('hasPrefix(attributes.game_date, "2024-")', True),
        ('hasPrefix(attributes.game_date, "2023-")', False),
        ('hasPrefix(attributes.absent, "")', False),
        ('attributes.phase = "raw" AND attributes.game_date = "2024-12-04"', False),
        ('attributes.phase = "raw" OR attributes.game_date = "2024-12-04"', True),
        ('attributes.phase = "x" OR attributes.phase = "y" OR attributes.phase = "raw"', True),
        ('NOT attributes.phase = "x" AND attributes:game_date', True),
        ("attributes:absent AND (attributes:phase OR attributes:game_date)", False),
        ('NOT (attributes.phase = "raw" OR attributes:absent)', False),
        (r'attributes.phase = "r\"aw"', False),
    ],
)
def test_a_filter_passes_what_the_documentation_says(text: str, passes: bool) -> None:
    assert compile_filter(text)(RAW) is passes


@pytest.mark.parametrize(
    "text",
    [
        "phase = raw",
        "attributes.phase = raw",
        "attributes.phase = 'raw'",
        'attributes.phase < "raw"',
        'attributes.phase == "raw"',
        'attributes.phase : "raw"',
        "attributes.phase",
        'attributes.phase = "raw',
        'data = "x"',
        'message.attributes.phase = "raw"',
        'hasSuffix(attributes.phase, "w")',
        'hasPrefix(attributes.phase "r")',
        'attributes.phase = "raw" attributes:game_date',
        'attributes.phase = "raw" and attributes:game_date',
        "attributes:phase AND",
        "AND attributes:phase",
        "NOT",
        "(attributes:phase",
        "attributes:phase)",
        "attributes:a AND attributes:b OR attributes:c",
        "attributes.phase = 5",
        "(" * 255,
        "-" * 255,
        'attributes.phase = "' + "x" * 256 + '"',
    ],
)
def test_anything_else_is_refused_and_never_ignored(text: str) -> None:
    with pytest.raises(InvalidArgument, match="filter"):
        compile_filter(text)


def test_the_deepest_filter_that_fits_is_read() -> None:
    assert compile_filter("(" * 120 + "attributes:a" + ")" * 120)({"a": ""})


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        compile_filter(text)


@given(st.text(alphabet='()-=!.,:" \\\nANDORTattributesx1', max_size=60))
def test_no_text_made_of_the_language_s_own_characters_breaks_the_parser(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        compile_filter(text)
