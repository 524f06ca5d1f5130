"""manifest.yaml is the features' contract: the table and the query have to say the same."""

import re
from typing import Any

import pytest
import yaml

from shared.warehouse.specs import spec_of

STORE = spec_of("ml_feature_store")
QUERY = STORE.sql()
MANIFEST = yaml.safe_load((STORE.folder / "manifest.yaml").read_text())
FEATURES = MANIFEST["features"]


def quoted(text: str) -> list[str]:
    return re.findall(r"'(\w+)'", text)


def test_the_features_are_numbered_in_order() -> None:
    assert [feature["order"] for feature in FEATURES] == list(range(len(FEATURES)))
    assert len({feature["name"] for feature in FEATURES}) == len(FEATURES)


def test_the_table_has_the_features_in_order_with_type_and_unit() -> None:
    names = STORE.column_names()
    first, last = names.index(FEATURES[0]["name"]), names.index(FEATURES[-1]["name"])
    columns = STORE.columns[first : last + 1]
    assert [(c.name, c.type, c.unit) for c in columns] == [
        (f["name"], f["type"], f["unit"]) for f in FEATURES
    ]


def test_the_query_gives_each_feature_a_source_in_order() -> None:
    assert re.findall(r"STRUCT\('(\w+)' AS feature", QUERY) == [feature["name"] for feature in FEATURES]


def test_the_query_scores_the_required_features() -> None:
    required = re.search(r"r\.feature IN \((.*?)\)", QUERY, re.DOTALL)
    assert required
    assert quoted(required[1]) == [feature["name"] for feature in FEATURES if feature["required"]]


def test_the_query_has_the_version_and_the_weights() -> None:
    assert f"'{MANIFEST['feature_version']}' AS feature_version" in QUERY
    weights = re.search(r"CASE s\.source WHEN '(\w+)' THEN (\d+) WHEN '(\w+)' THEN (\d+) ELSE (\d+)", QUERY)
    assert weights
    stated = {weights[1]: int(weights[2]), weights[3]: int(weights[4])}
    others = dict.fromkeys(set(MANIFEST["weights"]) - set(stated), int(weights[5]))
    assert stated | others == MANIFEST["weights"]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature["name"])
def test_a_features_source_and_fallback_are_the_querys(feature: dict[str, Any]) -> None:
    name = feature["name"]
    source = re.search(
        rf"STRUCT\('{name}' AS feature, IF\({name} IS NULL, 'missing', (\S+)\) AS source", QUERY
    )
    assert source
    assert (source[1] == "'calculated'") == (feature["source"] == "calculated")
    assert bool(re.search(rf"COALESCE\(c\.\w+, [ft]\.\w+\) AS {name}\b", QUERY)) == bool(feature["fallback"])
    assert feature["fallback"] in {None, *STORE.reads}
