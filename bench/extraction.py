"""Extraction against parsing alone: how fast one core reads pages, and where the time goes.

``python -m bench.extraction``. Both sides read the same pages in turn, in one process; the table gives medians of
CPU time. The extraction's caches of links and headings are cleared before each round; those of words, numbers and rules
stay, as in a crawl. Pages: the embedded sample, an invented library of 60 reviews, and, where ../shared exists, those
of the stored K2 and WordPress sites.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator, WarcRecordType
from lxml import html

from bench.table import print_table
from campbell_scraper.reading.facts import fact_engine as facts
from campbell_scraper.reading.layouts import review_record as compose
from campbell_scraper.reading.page import fields
from campbell_scraper.reading.page import links as urls
from campbell_scraper.reading.page import sanitising as sanitise
from campbell_scraper.reading.page.document import Document
from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.reading.summary import heading_kinds as kinds
from campbell_scraper.reading.summary import summary_reader as read
from campbell_scraper.sample import SampleLibrary
from campbell_scraper.sample.many_reviews import generated

ROUNDS = 15
GOAL = 0.25
"""Least share of the parser's rate."""
SITE = "https://www.campbellcollaboration.org"
HTML = [("Content-Type", "text/html; charset=utf-8")]
SHARED = Path(__file__).resolve().parents[2] / "shared" / "cms"
OF_CONTENT = (
    urls.canonical_url,
    urls.absolute,
    urls.content_link,
    kinds.known_kind,
    kinds.is_banner,
    facts._facts_in,
)
Page = tuple[str, bytes]
PARTS: list[tuple[str, Any, str]] = [
    ("parsing", Document, "parse"),
    ("links", Document, "links"),
    ("fields", fields, "_read_field"),
    ("sanitising", sanitise._CLEANER.__class__, "clean"),
    ("sections", read, "outline"),
    ("blocks", read, "blocks_of"),
    ("facts", facts, "facts_of"),
    ("languages", compose, "language_mismatch"),
]
"""What is timed: a name, and where the function is looked up. "fields" includes the sanitising of their markup."""


def of_library(library: SampleLibrary) -> list[Page]:
    """Return the library's HTML pages, its listings among them."""
    pages = [(SITE + path, library.get(path, {})) for path in library.paths() if path not in library.files]
    pages += [(SITE + "/library.html", library.get("/library.html", {"start": str(n)})) for n in (0, 10, 20)]
    return [(url, page.body) for url, page in pages if page.mime.startswith("text/html")]


def of_cms() -> list[Page]:
    """Return the HTML pages of the stored CMS runs; none where ../shared does not exist."""
    found = []
    for name in ("k2", "wordpress"):
        path = SHARED / f"{name}.warc.gz"
        if path.exists():
            with path.open("rb") as stream:
                for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                    body = record.reader.read()
                    if "html" in (record.http_content_type or "") and body:
                        found.append((record.headers.get("WARC-Target-URI") or SITE, body))
    return found


def forget() -> None:
    """Clear the caches of links, headings and facts."""
    for cached in OF_CONTENT:
        cached.cache_clear()


def parse_all(pages: list[Page]) -> None:
    for _, body in pages:
        html.fromstring(body)


def extract_all(pages: list[Page]) -> None:
    for url, body in pages:
        read_page(url, HTML, body)


def timed(work: Callable[[list[Page]], None], pages: list[Page]) -> float:
    """Return the CPU seconds that this thread takes; garbage is collected before."""
    gc.collect()
    begun = time.thread_time()
    work(pages)
    return time.thread_time() - begun


@contextmanager
def stopwatches(times: dict[str, float]) -> Iterator[None]:
    """Time the functions of ``PARTS`` while the block runs; the watches' own cost is small beside a page."""
    kept = []
    for name, place, attribute in PARTS:
        original = place.__dict__[attribute]
        try:
            setattr(place, attribute, _watched(original, name, times))
        except TypeError:  # a compiled type: its part stays in the fields
            continue
        kept.append((place, attribute, original))
    try:
        yield
    finally:
        for place, attribute, original in kept:
            setattr(place, attribute, original)


def _watched(original: Any, name: str, times: dict[str, float]) -> Any:
    called = original.__func__ if isinstance(original, classmethod) else original

    def watched(*args: Any, **named: Any) -> Any:
        begun = time.thread_time()
        try:
            return called(*args, **named)
        finally:
            times[name] = times.get(name, 0.0) + time.thread_time() - begun

    return classmethod(watched) if isinstance(original, classmethod) else watched


def measure(pages: list[Page], rounds: int = ROUNDS) -> dict[str, float]:
    """Return both sides' microseconds a page, the ratio of their rates, and the shares of the extraction's parts."""
    forget()
    extract_all(pages)
    parsing, extraction = [], []
    for _ in range(rounds):
        parsing.append(timed(parse_all, pages))
        forget()
        extraction.append(timed(extract_all, pages))
    parts: dict[str, float] = {}
    forget()
    with stopwatches(parts):
        whole = timed(extract_all, pages)
    parsed, extracted = statistics.median(parsing), statistics.median(extraction)
    return {
        "parser": 1e6 * parsed / len(pages),
        "extraction": 1e6 * extracted / len(pages),
        "ratio": parsed / extracted,
        **{name: taken / whole for name, taken in parts.items()},
    }


def run() -> dict[str, dict[str, float]]:
    """Measure each set of pages."""
    sets = {"sample": of_library(SampleLibrary.embedded()), "generated": of_library(generated(60)), "cms": of_cms()}
    return {name: measure(pages) | {"pages": len(pages)} for name, pages in sets.items() if pages}


def main() -> int:
    """Print the table; return 1 if extraction is slower than the goal anywhere."""
    found = run()
    names = [name for name, *_ in PARTS if any(name in one for one in found.values())]
    rows = [
        [
            name,
            f"{one['pages']:.0f}",
            f"{one['parser']:.0f}",
            f"{one['extraction']:.0f}",
            f"{one['ratio']:.1%}",
            *(f"{one.get(part, 0):.0%}" for part in names),
        ]
        for name, one in found.items()
    ]
    print_table("Extraction, one core", ["pages", "n", "lxml µs", "extraction µs", "of lxml's rate", *names], rows)
    return 0 if all(one["ratio"] >= GOAL for one in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
