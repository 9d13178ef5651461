"""The sample, crawled, its server stopped, and replayed by ``campbell replay``: what is seen comes from the archive."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.helpers import PROGRAM, Crawled, free_port, named_rows
from tests.helpers import SEED as REVIEW

from .browser import shut_in

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

SEED = f"/{REVIEW}.html"


@dataclass(frozen=True)
class Archived:
    """A data folder whose site is gone."""

    data: Path
    site: str
    """Where the site was: ``http://127.0.0.1:PORT``."""
    live: dict[str, bytes]
    """Path → screenshot (PNG) of the live page, taken by the same browser."""

    def rows(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        return named_rows(self.data, sql, *parameters)


@pytest.fixture(scope="module")
def archived(browser: Browser, crawled: Crawled, tmp_path_factory: pytest.TempPathFactory) -> Archived:
    library = crawled.copied(tmp_path_factory.mktemp("archived") / "library")
    live = {}
    with library.served() as site, shut_in(browser, site.url) as (page, traffic):
        page.goto(site.url + SEED, wait_until="networkidle")
        live[SEED] = page.screenshot(full_page=True)
        assert not traffic.wrong
    return Archived(library.data, library.url, live)


@pytest.fixture(scope="module")
def replay(archived: Archived) -> Iterator[str]:
    """Yield the address at which ``campbell replay`` serves the archive."""
    port = free_port()
    command = [PROGRAM, "replay", "--data", str(archived.data)]
    process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}/" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
