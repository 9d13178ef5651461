"""``campbell package``: the archive as one WACZ file, with the pages the database knows as its entry points."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from campbell_scraper.archive.publish.wacz import PageEntry, write_wacz
from campbell_scraper.archive.surt_keys import url_key
from campbell_scraper.errors import UsageError
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.exclusions import addresses, excluded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from campbell_scraper.folder import DataFolder

_PAGES = """
select captures.url, captures.captured_at, coalesce(reviews.title, pages.title) as title,
       case when reviews.review_id is not null
            then (select group_concat(summaries.text, char(10)) from summaries where review_id = reviews.review_id)
            else pages.text end as text
from captures
left join reviews on reviews.capture_id = captures.capture_id
left join pages on pages.capture_id = captures.capture_id and pages.kind <> 'contact'
where captures.kind in ('review', 'map', 'page') and captures.status = 200 and captures.outcome = 'new'
  and (:crawl is null or captures.crawl_id = :crawl)
order by captures.captured_at, captures.capture_id
"""


def write_wacz_package(folder: DataFolder, target: Path, crawl_id: str | None, key: Path | None = None) -> Path:
    """Write the WACZ of a folder's archive, or of one crawl of it, and give its path.

    Raises:
        UsageError: there is no such crawl, or nothing to package.

    """
    with closing(open_readonly(folder.database)) as connection:
        known = [row[0] for row in connection.execute("select crawl_id from crawls")]
        if crawl_id is not None and crawl_id not in known:
            raise UsageError(f"There is no crawl {crawl_id!r} in {folder.root} (campbell status lists them).")
        library = connection.execute("select value from meta where key = 'library'").fetchone()[0]
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            return write_wacz(
                target,
                sorted(folder.archive.glob("*.warc.gz")),
                pages=_pages(connection, crawl_id, addresses(connection, excluded(folder))),
                title=f"{library}" if crawl_id is None else f"{library}, crawl {crawl_id}",
                description="Archived by campbell_scraper, byte for byte.",
                crawl_id=crawl_id,
                key=key,
            )
        except ValueError as error:
            raise UsageError(f"Nothing was packaged: {error}") from error


def _pages(connection: sqlite3.Connection, crawl_id: str | None, hidden: Iterable[str]) -> Iterator[PageEntry]:
    keys = {url_key(url) for url in hidden}
    for url, captured_at, title, text in connection.execute(_PAGES, {"crawl": crawl_id}):
        if url_key(url) not in keys:
            yield PageEntry(url=url, ts=captured_at, title=title, text=text)
