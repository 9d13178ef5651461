"""Keys and the one JSON text of a record."""

from __future__ import annotations

import json
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from campbell_scraper.items import Section
from campbell_scraper.view.keys import canonical_json

TEXTS = st.text(st.characters(exclude_categories=()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_canonical_json_is_what_json_writes_compactly_with_sorted_keys(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert canonical_json(value) == text.encode("utf-8", "replace").decode("utf-8")


@given(st.builds(Section, heading=TEXTS, level=st.none() | st.integers(1, 6), kind=TEXTS, text=TEXTS))
def test_a_dataclass_is_the_object_of_its_fields(section: Section) -> None:
    assert canonical_json([section]) == canonical_json([asdict(section)])
