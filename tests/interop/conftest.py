"""The sample crawled by us, its files for other people's tools."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.sample.sample_server import SampleSite
from tests.main_job.conftest import campbell

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Library:
    """A data folder of two crawls, and the site that still runs."""

    data: Path
    site: SampleSite

    @property
    def warcs(self) -> list[Path]:
        return sorted((self.data / "collections/campbell/archive").glob("*.warc.gz"))

    def rows(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        return rows_of(self.data / "campbell.db", sql, *parameters)


def rows_of(database: Path, sql: str, *parameters: object) -> list[sqlite3.Row]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return connection.execute(sql, parameters).fetchall()
    finally:
        connection.close()


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    data = tmp_path_factory.mktemp("interop") / "library"
    with SampleSite() as site:
        for _ in range(2):  # the second leaves revisits of what did not change
            run = campbell("crawl", site.url, "--source", "k2", "--delay", "0", "--data", data, timeout=300)
            assert run.returncode == 0, run.stdout + run.stderr
        yield Library(data, site)
