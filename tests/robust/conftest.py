"""One uninterrupted crawl of the sample, to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.sample.sample_server import SampleSite

from .runs import crawl

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Uninterrupted:
    """A site, the database of a crawl of it that nothing disturbed, and what that crawl asked for."""

    site: SampleSite
    data: Path
    requests: list[tuple[str, str]]

    @property
    def database(self) -> Path:
        return self.data / "campbell.db"


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uninterrupted]:
    data = tmp_path_factory.mktemp("usual") / "library"
    with SampleSite() as site:
        run = crawl(site, data)
        assert run.returncode == 0, run.stderr
        asked = list(site.requests)
        site.requests.clear()
        yield Uninterrupted(site, data, asked)


@pytest.fixture
def site(usual: Uninterrupted) -> SampleSite:
    """The same site, its log empty."""
    usual.site.requests.clear()
    return usual.site
