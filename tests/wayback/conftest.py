"""A data folder crawled from a local Wayback Machine by the command line."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.view.database_diff import compare
from campbell_scraper.view.derive import derive
from campbell_scraper.view.store import Store
from tests.helpers import campbell, rows, started
from tests.servers.wayback_history import SITE
from tests.servers.wayback_machine import WaybackMachine


class Library:
    """A data folder and what crawls make of it."""

    def __init__(self, data: Path) -> None:
        self.data = data

    @property
    def archive(self) -> Path:
        return self.data / "collections" / "campbell" / "archive"

    @property
    def database(self) -> Path:
        return self.data / "campbell.db"

    def command(self, machine: WaybackMachine, *options: str) -> list[str]:
        return ["crawl", SITE, "--source", "wayback", "--wayback-url", machine.url, "--delay", "0",
                "--data", str(self.data), *options]  # fmt: skip

    def crawl(self, machine: WaybackMachine, *options: str, codes: tuple[int, ...] = (0,)) -> None:
        run = campbell(*self.command(machine, *options))
        assert run.returncode in codes, f"exit {run.returncode}\n{run.stdout}\n{run.stderr}"

    def crawl_killed(self, machine: WaybackMachine, when: Callable[[], bool]) -> None:
        """Crawl at a pace at which little waits to be written, and kill the process as soon as ``when`` holds."""
        run = started(*self.command(machine, "--delay", "0.2"))
        deadline = time.monotonic() + 120
        while not when() and run.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert run.is_alive(), "it ended before it could be killed"
        run.kill()
        run.join()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return rows(self.database, sql)

    def history(self) -> list[tuple[str, int, str]]:
        """Return slug, version and field of each change, but for fields that repeat another."""
        found = self.rows("select review_id, version, field from changes")
        return sorted(
            (review_id.rsplit("/", 1)[1], version, name)
            for review_id, version, name in found
            if not name.startswith(("additional_info", "summaries"))
        )

    def restored(self) -> set[tuple[str, str]]:
        """Return URL and fourteen digits of each restored capture; each is there once."""
        rows = self.rows("select url, captured_at from captures where restored = 1")
        found = {(url, "".join(filter(str.isdigit, date[:19]))) for url, date in rows}
        assert len(found) == len(rows), "a capture was restored twice"
        return found

    def verify(self) -> None:
        run = campbell("verify", "--rebuild", "--data", self.data)
        assert run.returncode == 0, run.stdout + run.stderr

    def same_in_other_order(self, database: Path) -> None:
        """Require the same rows of the same events shuffled."""
        events = list(read_archive([self.archive]))
        random.Random(3).shuffle(events)
        (library,) = self.rows("select value from meta where key = 'library'")[0]
        with closing(Store.open(database, library=library)) as store:
            derive(store, events, workers=0)
            store.finish()
        assert not compare(self.database, database)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")
