"""A crawl as users start it: the command line, or Scrapy's own; and the database it leaves."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.read.reader import read_archive
from tests.helpers import BIN, campbell, named_rows, script


class Folder:
    """A data folder and what crawls make of it."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def crawl(
        self, site: str, *options: str, code: int = 0, delay: str = "0", source: str = "live"
    ) -> subprocess.CompletedProcess[str]:
        """Run ``campbell crawl SITE`` and require its exit code."""
        run = campbell("crawl", site, "--source", source, "--delay", delay, "--data", self.data, *options)
        assert run.returncode == code, f"exit {run.returncode}\n{run.stdout}\n{run.stderr}\n{self.crawl_log()}"
        return run

    def scrapy(self, site: str, *, source: str = "live", arguments: Sequence[str] = (),
               settings: Sequence[str] = ()) -> None:  # fmt: skip
        """Run ``scrapy crawl reviews``, with spider arguments and settings as NAME=VALUE."""
        words = ["-a", f"source={source}", "-a", f"site={site}"]
        for one in arguments:
            words += ["-a", one]
        for one in (f"CAMPBELL_DATA={self.data}", "DOWNLOAD_DELAY=0", *settings):
            words += ["-s", one]
        run = script(BIN / "scrapy", "crawl", "reviews", *words, cwd=self.data.parent, timeout=180,
                     SCRAPY_SETTINGS_MODULE="campbell_scraper.settings")  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr

    def campbell(self, command: str, *options: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run another command on the folder and require its exit code."""
        run = campbell(command, "--data", self.data, *options)
        assert run.returncode == code, f"exit {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run

    def crawl_log(self) -> str:
        """Return the end of the last crawl's log."""
        log = self.data / "reports" / "last-crawl.log"
        return log.read_text("utf-8")[-4000:] if log.is_file() else ""

    def rows(self, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        return named_rows(self.data, sql, *parameters)

    def archived(self) -> list[Capture]:
        """Return the captures in the archive, those of a crawl that still runs too."""
        archive = self.data / "collections"
        events = list(read_archive([archive])) if archive.is_dir() else []
        return [event for event in events if isinstance(event, Capture)]

    def last_crawl(self) -> sqlite3.Row:
        """Return the row of the newest crawl."""
        return self.rows("select * from crawls order by started_at desc limit 1")[0]
