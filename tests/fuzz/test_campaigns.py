"""Seeded mutations of saved pages, through the whole extraction; the long campaign is ``make soak``."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import campbell_scraper.view.warm  # noqa: F401 - what is loaded once a process is no page's time
from campbell_scraper.items import PageReading
from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.reading.summary.summary_reader import read_summary
from tests.fuzz.mutate import page
from tests.summary.test_no_lost_word import letters_of, parts_of, visible_letters

URL = "https://library.example.org/library/page.html"
TYPES = ("text/html; charset=utf-8", "text/html", "", "text/html; charset=iso-8859-1")
VALUES = frozenset({"itemExtraFieldsValue", "entry-content", "catItemExtraFieldsValue"})
"""Classes of the elements that hold summaries."""
MAX_SECONDS = 1.0
PAGES = 100_000


def read(body: bytes, seed: int) -> PageReading:
    return read_page(URL, [("Content-Type", TYPES[seed % len(TYPES)])], body)


def examine(seed: int) -> float:
    """Read the page of ``seed``, look for every word, and give the seconds that reading took."""
    body = page(seed)
    begun = time.process_time()
    reading = read(body, seed)
    took = time.process_time() - begun
    assert took < MAX_SECONDS, (seed, took)
    for review in reading.reviews:
        for summary in review.summaries:
            assert letters_of(parts_of(summary)) == letters_of([summary.text]), seed
            for fact in summary.facts:
                place = summary.sections[fact.section].text if fact.section is not None else None
                texts = [place] if place is not None else [summary.headline, summary.brief]
                assert any(text and text[fact.quote_start : fact.quote_end] == fact.quote for text in texts), seed
    if b"\\" not in body:  # literal line ends, whole and cut, are no words: docs/sites.md
        root = etree.fromstring(body, etree.HTMLParser(encoding="utf-8", huge_tree=True))
        for node in root.iter("span", "div") if root is not None else ():
            if not VALUES.isdisjoint((node.get("class") or "").split()):
                parts = letters_of(parts_of(read_summary(node, language="en", page_title="Cash and care")))
                assert not visible_letters(node) - parts, seed
    return took


@pytest.mark.parametrize(
    "body",
    [
        b"<?xml version='1.0'?><urlset><url><x:loc>https://a.example/1</x:loc></url></urlset>",
        b"<html><body><div class='itemListView'></div>catItemExtraFieldsLabel\"</body></html>",
    ],
    ids=["an undeclared prefix in a sitemap", "a list view without items"],
)
def test_readings_that_once_raised(body: bytes) -> None:
    assert read(body, 0).reviews == []


@pytest.mark.parametrize(
    "seed", [13658, 48390], ids=["control characters in a tag left open", "before what is dropped"]
)
def test_mutations_that_once_raised(seed: int) -> None:
    examine(seed)


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_mutated_page_is_read_whole_within_a_second(seed: int) -> None:
    examine(seed)


@pytest.mark.soak
def test_a_hundred_thousand_mutated_pages_are_read_whole_within_a_second() -> None:
    slowest = max(examine(seed) for seed in range(PAGES))
    print(f"{PAGES} pages, the slowest in {slowest:.3f} s of CPU time")
