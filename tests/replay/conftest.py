"""The sample, crawled, its server stopped, and replayed by ``campbell replay``: what is seen comes from the archive."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.sample.sample_server import SampleSite
from tests.main_job.conftest import campbell

from .browser import shut_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

SEED = "/better-evidence/parent-infant-psychotherapy-for-improving-parental-and-infant-mental-health.html"


@dataclass(frozen=True)
class Archived:
    """A data folder whose site is gone."""

    data: Path
    site: str
    """Where the site was: ``http://127.0.0.1:PORT``."""
    live: dict[str, bytes]
    """Path → screenshot (PNG) of the live page, taken by the same browser."""

    def rows(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        connection = sqlite3.connect(f"file:{self.data / 'campbell.db'}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def archived(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Archived:
    data = tmp_path_factory.mktemp("archived") / "library"
    with SampleSite() as site:
        run = campbell("crawl", site.url, "--source", "k2", "--delay", "0", "--data", data, timeout=300)
        assert run.returncode == 0, run.stdout + run.stderr
        site.hits[SEED] = 0  # "Read 1 times" is part of the page: the next visit is the first again
        live = {}
        with shut_in(browser, site.url) as (page, traffic):
            page.goto(site.url + SEED, wait_until="networkidle")
            live[SEED] = page.screenshot(full_page=True)
        assert not traffic.wrong
    return Archived(data, site.url, live)


@pytest.fixture(scope="module")
def replay(archived: Archived) -> Iterator[str]:
    """Yield the address at which ``campbell replay`` serves the archive."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("campbell")), "replay", "--data", str(archived.data)]
    process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        began = time.monotonic()
        said = process.stdout.readline()
        assert f"http://127.0.0.1:{port}/" in said, f"said {said!r} after {time.monotonic() - began:.0f} s"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
