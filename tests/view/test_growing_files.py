"""Files that a crawl writes while they are derived."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from campbell_scraper.archive.files import OPEN_SUFFIX
from campbell_scraper.archive.read.archive_files import Source, all_sources
from campbell_scraper.folder import DataFolder
from campbell_scraper.view import derive
from campbell_scraper.view.store import Store
from tests.helpers import Crawled, rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest


def test_a_file_that_is_closed_after_it_was_found_is_read(
    crawled: Crawled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = crawled.copied(tmp_path / "library")
    (closed,) = library.warcs
    growing = closed.rename(f"{closed}{OPEN_SUFFIX}")

    def found_and_closed(paths: Iterable[Path]) -> list[Source]:
        sources = all_sources(paths)
        if growing.exists():
            growing.rename(closed)
        return sources

    monkeypatch.setattr(derive, "all_sources", found_and_closed)
    database = tmp_path / "derived.db"
    with closing(Store.open(database, library="sample")) as store:
        derive.derive_new(DataFolder(library.data), store)
    count = "select count(*) from captures"
    assert not growing.exists()
    assert rows(database, count) == rows(crawled.database, count)
