"""The sample library crawled once as a user would, by the command line as a process of its own."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.sample.sample_server import SampleSite

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = "better-evidence/parent-infant-psychotherapy-for-improving-parental-and-infant-mental-health"


@dataclass(frozen=True)
class Crawled:
    """A data folder after a crawl, and the server that still serves its site."""

    data: Path
    site: SampleSite
    output: str

    def rows(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        connection = sqlite3.connect(f"file:{self.data / 'campbell.db'}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()


def campbell(*arguments: object, cwd: Path | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("campbell")), *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=cwd, timeout=timeout,
    )  # fmt: skip


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    data = tmp_path_factory.mktemp("crawled") / "library"
    with SampleSite(port=0, log=True) as site:
        run = campbell("crawl", site.url, "--source", "k2", "--delay", "0", "--data", data)
        assert run.returncode == 0, run.stdout + run.stderr
        yield Crawled(data, site, run.stdout)
