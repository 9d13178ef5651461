"""A command imports what it runs and nothing else, so that it answers at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.faces.cli import COMMANDS
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.view import following
from campbell_scraper.view.reader_pool import PAGE_OBJECTS

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = frozenset(
    {"lxml", "numpy", "pandas", "py3langid", "langcodes", "language_data", "scrapy", "sqlite_utils", "twisted"}
)
SLOWER = frozenset({"filelock", "rich", "sqlite3", "urllib.request"})
"""What not even a help text needs, of what the commands themselves use."""


def imported(*words: str) -> frozenset[str]:
    """Return the modules that a run of the command line imports."""
    program = "import sys; from campbell_scraper.faces.cli import campbell; campbell(standalone_mode=False); "
    program += "print('imported:', *sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True, timeout=60,
        env=os.environ | {"COLUMNS": "80"},
    )  # fmt: skip
    return frozenset(run.stdout.rpartition("imported:")[2].split())


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_the_program_itself_needs_no_command(word: str) -> None:
    found = imported(word)
    assert not found & (HEAVY | SLOWER)
    assert not {name for name in found if name.startswith("campbell_scraper.") and name.count(".") > 1} - {
        "campbell_scraper.faces.cli",
        "campbell_scraper.faces.cli.lazy_group",
    }


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_a_command_needs_nothing_that_it_runs(command: str) -> None:
    assert not imported(command, "--help") & (HEAVY | SLOWER)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a crawl of two reviews."""
    data = tmp_path_factory.mktemp("data")
    program = "from campbell_scraper.faces.cli import main; main()"
    with SampleSite(library=generated(2, seed=1)) as site:
        words = ["crawl", site.url, "--source", "k2", "--delay", "0", "--no-requisites", "--data", str(data)]
        subprocess.run([sys.executable, "-c", program, *words], check=True, timeout=120, capture_output=True)
    return data


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (("status",), ()),
        (("changes",), ()),
        (("export", "csv"), ()),
        (("export", "ris"), ()),
        (("trace", "REVIEW"), ("lxml",)),  # which words of the page a reader sees
        (("trace", "REVIEW.title"), ("lxml",)),
    ],
)
def test_a_command_that_reads_needs_nothing_that_crawls(
    crawled: Path, words: tuple[str, ...], allowed: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(crawled / "campbell.db")) as database:
        (review_id,) = database.execute("SELECT min(review_id) FROM reviews").fetchone()
    given = [word.replace("REVIEW", review_id) for word in words]
    assert not imported(*given, "--data", str(crawled)) & (HEAVY - {*allowed})


def test_the_process_that_writes_rows_loads_neither_scrapy_nor_rules() -> None:
    program = f"import sys, {PAGE_OBJECTS}, {following.__name__}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    found = run.stdout.split()
    assert "campbell_scraper.view.log.extraction" in found
    assert not {"scrapy", "twisted", "campbell_scraper.reading.facts.fact_engine"} & {*found}
