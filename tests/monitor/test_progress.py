"""A crawl's progress on a terminal and in a log."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from campbell_scraper.faces.report import progress
from campbell_scraper.faces.report.progress import CrawlProgress
from campbell_scraper.items import Kind


def told(shown: CrawlProgress) -> None:
    """Tell of one review and one list, then of more."""
    shown.update(pages={Kind.LISTING: 1}, requests=1, failed=0, received=1_000, url="http://127.0.0.1:9/list")
    shown.update(
        pages={Kind.LISTING: 1, Kind.REVIEW: 2, Kind.ROBOTS: 1}, requests=5, failed=1, received=2_340_000,
        url="http://127.0.0.1:9/second",
    )  # fmt: skip


def test_a_log_gets_a_line_every_two_seconds_and_one_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    with CrawlProgress(Console(file=out)) as shown:
        told(shown)
        assert not out.getvalue()
        monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
        told(shown)
    lines = [re.sub(r"^ *[\d.]+ s: ", "", line) for line in out.getvalue().splitlines()]
    last = "5 exchanges archived (2 reviews, 1 listings, 0 requisites, 0 PDFs, 1 failed, 2.3 MB)"
    assert lines == ["1 exchanges archived (0 reviews, 1 listings, 0 requisites, 0 PDFs, 0 failed, 0.0 MB)", last, last]


def test_a_terminal_gets_a_table_that_is_replaced_by_the_last_line() -> None:
    out = io.StringIO()
    with CrawlProgress(Console(file=out, force_terminal=True, width=120)) as shown:
        told(shown)
    text = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", out.getvalue())
    assert re.search(r"exchanges +reviews +listings +requisites +PDFs +failed +MB +last", text)
    assert "http://127.0.0.1:9/second" in text
    assert text.rstrip().endswith("1 failed, 2.3 MB)")


def test_a_crawl_that_fetched_nothing_says_nothing() -> None:
    out = io.StringIO()
    with CrawlProgress(Console(file=out)):
        pass
    assert not out.getvalue()
