"""Where REST has a post's content, what plugins print around it on the page is no text of the review."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.items import Representation
from campbell_scraper.reading.page.document import Document
from campbell_scraper.reading.summary.summary_reader import read_summary
from campbell_scraper.view.fold.provenance import field_sources
from tests.store.library import capture, end, feed, reading, review, start

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.items import ReviewRecord

SITE = "https://www.campbellcollaboration.org"
KITES = f"{SITE}/review/kites/"
TEXT = "<h2>Kites help</h2><p>In brief.</p><h3>What is this review about?</h3><p>Kites{}.</p>"
FOUND = "<h3>What are the main findings of this review?</h3><p>They fly.</p>"
OUTPUT = "<p>Reading time: {} minutes</p>{}<h3>Was this page helpful?</h3><p>{} people liked it</p>"
CURRENT = "select text from summaries"


def shown(content: str, representation: Representation = Representation.ITEM) -> ReviewRecord:
    document = Document.parse(KITES, f"<html><body><div>{content}</div></body></html>")
    assert document is not None
    summary = read_summary(next(document.root.iter("div")), language="en", page_title="Kites", base_url=KITES)
    said = {"summaries": [summary], "headline": summary.headline, "brief": summary.brief}
    return review(KITES, representation, title="Kites", **said)


def rest(content: str) -> ReviewRecord:
    return shown(content, Representation.REST)


def page(content: str, likes: int) -> ReviewRecord:
    return shown(OUTPUT.format(likes, content, likes))


def runs(path: Path, *seen: tuple[ReviewRecord, ...]) -> sqlite3.Connection:
    """Return the database of crawls that saw these records, each in that order."""
    events: list[Any] = []
    for number, records in enumerate(seen, 1):
        events.append(start(f"c{number}", number))
        for place, record in enumerate(records):
            one = capture(f"{KITES}?{record.representation}", number + 0.1 * place, crawl=f"c{number}", number=place)
            events.append((one, reading(record)))
        events.append(end(f"c{number}", number + 0.5))
    return sqlite3.connect(feed(path / "campbell.db", events))


def changed(found: sqlite3.Connection) -> list[str]:
    return [row[0] for row in found.execute("select field from changes order by version, field")]


SAID = "Kites help\nIn brief.\nWhat is this review about?\nKites{}."


@pytest.mark.parametrize("is_page_first", [False, True])
def test_the_output_of_plugins_is_no_text(tmp_path: Path, *, is_page_first: bool) -> None:
    once, again = (rest(TEXT.format("")), page(TEXT.format(""), 3)), (rest(TEXT.format("")), page(TEXT.format(""), 9))
    if is_page_first:
        once, again = once[::-1], again[::-1]
    found = runs(tmp_path, once, again)
    assert found.execute(CURRENT).fetchall() == [(SAID.format(""),)]
    assert found.execute("select headline, brief from reviews").fetchall() == [("Kites help", "In brief.")]
    assert changed(found) == []
    assert field_sources(found, "review/kites")["summaries"].representation == "rest"


def test_an_edit_is_told_once_and_without_them(tmp_path: Path) -> None:
    new = TEXT.format(" fly")
    found = runs(tmp_path, (rest(TEXT.format("")), page(TEXT.format(""), 3)), (rest(new), page(new, 9)))
    assert found.execute(CURRENT).fetchall() == [(SAID.format(" fly"),)]
    assert changed(found) == ["summaries.en.sections.What is this review about?"]


def test_an_edit_that_the_page_does_not_show_yet_is_told(tmp_path: Path) -> None:
    found = runs(tmp_path, (rest(TEXT.format("")), shown(TEXT.format(""))), (rest(TEXT.format(" fly")),))
    assert found.execute(CURRENT).fetchall() == [(SAID.format(" fly"),)]


def test_a_page_counts_once_rest_is_closed(tmp_path: Path) -> None:
    found = runs(tmp_path, (rest(TEXT.format("")), shown(TEXT.format(""))), (shown(TEXT.format(" fly")),))
    assert found.execute(CURRENT).fetchall() == [(SAID.format(" fly"),)]


def test_sections_that_only_the_page_has_are_the_review_s(tmp_path: Path) -> None:
    """Themes print custom fields beside the content."""
    found = runs(tmp_path, (rest(TEXT.format("")), shown(TEXT.format("") + FOUND)))
    assert "They fly." in found.execute(CURRENT).fetchone()[0]


def test_a_text_that_both_say_is_the_page_s(tmp_path: Path) -> None:
    found = runs(tmp_path, (rest(TEXT.format("")), shown(TEXT.format(""))))
    assert field_sources(found, "review/kites")["summaries"].representation == "item"
