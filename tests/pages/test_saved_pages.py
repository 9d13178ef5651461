"""Saved pages with reviewed expected readings: one file, one JSON beside it (see the README in the fixtures)."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from campbell_scraper.reading.page_reading import LAYOUTS, read_page

FOLDER = Path(__file__).parents[1] / "fixtures" / "pages"
LEFT_OUT = frozenset({"facts", "level"})
"""Decided in the summary room and tested there; so is a section's kind."""


def saved() -> list[Path]:
    return sorted(path for path in FOLDER.iterdir() if path.suffix not in {".json", ".md"})


def note(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return loaded


def reading_of(path: Path) -> dict[str, Any]:
    """The reading as JSON without what the page does not say."""
    about = note(path)
    reading = asdict(read_page(about["url"], [(name, value) for name, value in about["headers"]], path.read_bytes()))
    for review in reading["reviews"]:
        for summary in review["summaries"]:
            for section in summary["sections"]:
                del section["kind"]
    said: dict[str, Any] = json.loads(json.dumps(_said(reading)))
    return said


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        trimmed = {key: _said(one) for key, one in value.items() if key not in LEFT_OUT}
        return {key: one for key, one in trimmed.items() if one not in (None, "", [], {}, False)}
    return [_said(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", saved(), ids=lambda path: path.name)
def test_a_saved_page_says_what_its_reviewed_record_says(path: Path) -> None:
    expected = note(path)["expected"]
    actual = reading_of(path)
    assert sorted(actual) == sorted(expected)
    for name, value in expected.items():
        assert actual[name] == value, name


def test_every_layout_has_a_saved_page() -> None:
    assert {note(path)["expected"].get("layout") for path in saved()} >= set(LAYOUTS)


def test_every_numbered_trap_has_a_saved_page_and_every_page_a_trap() -> None:
    listed = {
        int(one) for one in re.findall(r"^(\d+)\. ", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    }
    shown = {trap for path in saved() for trap in note(path)["traps"]}
    assert listed == shown
    assert all(note(path)["traps"] for path in saved())
