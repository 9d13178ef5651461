"""The sample crawled by us, its files for other people's tools."""

from __future__ import annotations

import pytest

from tests.helpers import Crawled, campbell


@pytest.fixture(scope="session")
def library(crawled: Crawled, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """A folder of two crawls: the second leaves revisits of what did not change."""
    library = crawled.copied(tmp_path_factory.mktemp("interop") / "library")
    with library.served():
        run = campbell("crawl", library.url, "--source", "k2", "--delay", "0", "--data", library.data)
    assert run.returncode == 0, run.stdout + run.stderr
    return library
