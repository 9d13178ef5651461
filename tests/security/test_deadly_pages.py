"""A page that kills its reader, or never ends, costs that page: in a crawl, and in those that come after it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.watched_processes import MAX_MEMORY
from campbell_scraper.sample.sample_server import SampleSite
from campbell_scraper.view.database_diff import compare
from campbell_scraper.view.log import extraction
from campbell_scraper.view.schema.log_tables import UnhandledRow
from tests.conftest import ROOT
from tests.helpers import SEED, Crawled, rows

from .deadly_pages import DEADLY, ENDLESS


def test_a_page_that_takes_too_much_memory_costs_that_page(crawled: Crawled, monkeypatch: pytest.MonkeyPatch) -> None:
    page = next(one for one in read_archive([crawled.data / "collections"])
                if isinstance(one, Capture) and one.url.endswith(f"{SEED}.html"))  # fmt: skip
    monkeypatch.setattr(extraction, "read_page", lambda *_: bytearray(2 * MAX_MEMORY))
    read = extraction.read_capture(page)
    assert read.unreadable == "memory limit"
    assert [row.value for row in read.rows if isinstance(row, UnhandledRow)] == ["kept, not read: memory limit"]


@pytest.mark.slow
def test_deadly_pages_are_archived_named_and_block_no_later_crawl(tmp_path: Path) -> None:
    data = tmp_path / "library"
    database = data / "campbell.db"
    command = [sys.executable, "-m", "tests.security.deadly_pages", "crawl", "--source", "k2", "--delay", "0",
               "--data", str(data)]  # fmt: skip
    with SampleSite() as site:
        for number in (1, 2):
            run = subprocess.run(
                [*command, site.url], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
            )
            assert run.returncode == 3, run.stderr  # and the pages are named: what they link to is not known
            for name, said in ((DEADLY, "ended (exit code -11)"), (ENDLESS, "not read within 2 seconds")):
                page = f"url like '%/better-evidence/{name}.html'"
                assert len(rows(database, f"select 1 from captures where {page} and status = 200")) == number
                kept = rows(database, f"select value from unhandled where {page}")
                assert len(kept) == number
                assert all(said in value for (value,) in kept)
            assert len(rows(database, "select 1 from reviews where title is not null")) > 40


@pytest.mark.slow
def test_deadly_pages_cost_a_schedulers_workers_no_other_page(crawled: Crawled, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    data = crawled.copied(tmp_path / "library").data
    command = [sys.executable, "-m", "tests.security.deadly_pages", "rebuild", "--data", str(data)]
    for name, how in (("plain", []), ("parts", ["--scheduler", "local"])):
        database = tmp_path / f"{name}.db"
        run = subprocess.run(
            [*command, "--db", str(database), *how], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
        )
        assert (run.returncode, "workers died" in run.stderr) == (3, name == "parts"), run.stderr  # much was not read
        assert len(rows(database, "select 1 from unhandled where value like 'kept, not read:%'")) == 4
    assert not compare(tmp_path / "plain.db", tmp_path / "parts.db")
