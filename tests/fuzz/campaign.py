"""Mutated pages or archives, one seed after the other: ``python -m tests.fuzz.campaign pages FIRST LAST FOLDER``."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lxml import etree

import campbell_scraper.reading.facts.fact_engine
import campbell_scraper.view.preloaded_modules  # noqa: F401 - what is loaded once a process is no page's time
from campbell_scraper.archive.publish.cdxj import write_index
from campbell_scraper.errors import CampbellError
from campbell_scraper.faces.cli.archive_commands import _findings
from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.reading.summary.summary_reader import read_summary
from campbell_scraper.view.rebuild import build_database
from tests.fuzz import mutate
from tests.fuzz.confined import MAX_MEMORY, confine, most_memory, within
from tests.summary.test_no_lost_word import letters_of, parts_of, visible_letters, without_markers

if TYPE_CHECKING:
    from campbell_scraper.items import PageReading

URL: Final = "https://library.example.org/library/page.html"
TYPES: Final = ("text/html; charset=utf-8", "text/html", "", "text/html; charset=iso-8859-1")
VALUES: Final = frozenset({"itemExtraFieldsValue", "entry-content", "catItemExtraFieldsValue"})
"""Classes of the elements that hold summaries."""
SECONDS: Final = {"pages": 1.0, "archives": 2.0}
"""CPU time that one case may take."""


def read(body: bytes, seed: int) -> PageReading:
    return read_page(URL, [("Content-Type", TYPES[seed % len(TYPES)])], body)


def examine_page(seed: int) -> None:
    """Read the page of a seed, and look for every word."""
    body = mutate.page(seed)
    with within(SECONDS["pages"]):
        reading = read(body, seed)
    for review in reading.reviews:
        for summary in review.summaries:
            split, whole = without_markers(parts_of(summary)), without_markers([summary.text])
            assert letters_of(split) == letters_of(whole), seed
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


def examine_archive(seed: int, folder: Path) -> None:
    """Verify, index and rebuild from the archive of a seed; each may refuse it with a sentence of ours."""
    name, body = mutate.archive(seed)
    (folder / "archive").mkdir(exist_ok=True)
    path, database, index = folder / "archive" / name, folder / "campbell.db", folder / "index.cdxj"
    path.write_bytes(body)
    try:
        with within(SECONDS["archives"]):
            for act in (lambda: _findings(path), lambda: write_index(path.parent, index),
                        lambda: build_database([path], database, workers=0)):  # fmt: skip
                with suppress(CampbellError):
                    act()
    finally:
        for one in (path, database, index):
            one.unlink(missing_ok=True)


def main() -> None:
    """Examine the cases of some seeds; standard output names the last one at the end, or where it ended."""
    kind, first, last, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    examine_page(0)
    examine_archive(0, folder)
    confine(folder)
    with (folder / "seed").open("wb", buffering=0) as place:
        slowest = 0.0
        for seed in range(first, last):
            place.seek(0)
            place.write(b"%12d" % seed)
            begun = time.process_time()
            if kind == "pages":
                examine_page(seed)
            else:
                examine_archive(seed, folder)
            slowest = max(slowest, time.process_time() - begun)
            assert most_memory() < MAX_MEMORY, seed
    print(f"{last - first} {kind}, the slowest in {slowest:.2f} s of CPU, at most {most_memory() >> 20} MB")


if __name__ == "__main__":
    main()
