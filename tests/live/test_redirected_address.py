"""History of an address that redirects: what a listing still prints there does not bring its page back."""

from __future__ import annotations

from typing import Any

import pytest

from campbell_scraper.view.fold.composing import FIELDS
from campbell_scraper.view.fold.version_fold import Absence, Sighting, fold

NEW = "https://x.org/review/new/"


def content(name: str) -> dict[str, Any]:
    return {**dict.fromkeys(FIELDS), "url": "https://x.org/review/old/", "title": name, "status": "current"}


def seen(second: int, representation: str, name: str) -> Sighting:
    return Sighting(at=f"2026-03-01T00:00:{second:02}.000000Z", capture_id=f"urn:uuid:{second:02}", crawl_id="c",
                    representation=representation, content_hash=name)  # fmt: skip


EVENTS: list[Sighting | Absence] = [
    seen(1, "item", "Kites"),
    seen(2, "listing:/reviews/", "Kites listed"),
    Absence(at="2026-03-01T00:00:03.000000Z", capture_id="urn:uuid:03", redirects_to=NEW),
    seen(4, "listing:/reviews/", "Kites listed otherwise"),
]


def test_a_redirect_is_told_with_where_it_leads_and_a_listing_does_not_undo_it() -> None:
    folded = fold(EVENTS, content)
    assert folded is not None
    assert [version.record["status"] for version in folded.versions] == ["current", "gone"]
    changes = folded.versions[1].changes
    assert {name: (change.old, change.new) for name, change in changes.items()} == {
        "status": ("current", "gone"),
        "redirects_to": (None, NEW),
    }


def test_its_own_page_brings_it_back() -> None:
    folded = fold([*EVENTS, seen(5, "item", "Kites")], content)
    assert folded is not None
    assert [version.record["status"] for version in folded.versions] == ["current", "gone", "current"]


@pytest.mark.parametrize(("capture_id", "status"), [(None, "current"), ("urn:uuid:03", "gone")])
def test_a_listing_brings_back_what_was_only_in_no_list(capture_id: str | None, status: str) -> None:
    """A page whose own address answers 404 is gone, whatever a listing still prints."""
    absent: list[Sighting | Absence] = [
        Absence(at=one.at, capture_id=capture_id) if isinstance(one, Absence) else one for one in EVENTS
    ]
    folded = fold(absent, content)
    assert folded is not None
    assert folded.versions[-1].record["status"] == status
