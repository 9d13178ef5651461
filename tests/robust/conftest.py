"""One uninterrupted crawl of the sample, to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.helpers import Crawled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campbell_scraper.sample import SampleSite

Uninterrupted = Crawled


@pytest.fixture
def usual(crawled: Crawled) -> Crawled:
    """A crawl that nothing disturbed."""
    return crawled


@pytest.fixture
def site(crawled: Crawled) -> Iterator[SampleSite]:
    """The same site, its log empty."""
    with crawled.served() as site:
        yield site
