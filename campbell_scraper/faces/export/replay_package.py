"""``campbell package``: the archive as one WACZ file, with the pages the database knows, or as a BagIt bag."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

import bagit  # type: ignore[import-untyped] # has no stubs

from campbell_scraper.archive.publish.wacz import PageEntry, files_to_package, write_wacz
from campbell_scraper.archive.stored_files import closed_files, open_warc
from campbell_scraper.archive.surt_keys import url_key
from campbell_scraper.atomic_files import beside
from campbell_scraper.errors import UsageError
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.exclusions import addresses, excluded

from .library_export import Library
from .portable.portable_copy import write_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from campbell_scraper.folder import DataFolder

_PAGES = """
select shown.url, shown.captured_at, coalesce(reviews.title, pages.title) as title,
       case when reviews.review_id is not null
            then (select group_concat(summaries.text, char(10)) from summaries where review_id = reviews.review_id)
            else pages.text end as text
from captures
join captures shown on shown.capture_id =
  case when captures.outcome = 'unchanged' then captures.refers_to else captures.capture_id end
left join reviews on reviews.review_id = (
  select min(review_id) from _representations where capture_id = shown.capture_id and representation = 'item')
left join pages on pages.url = shown.url and pages.kind <> 'contact'
where shown.kind in ('review', 'map', 'page') and shown.status = 200 and shown.captured_at is not null
  and (:crawl is null or captures.crawl_id = :crawl)
group by shown.url, shown.captured_at
order by shown.captured_at, shown.capture_id
"""
"""A page that was not modified is shown by the capture that the answer confirms."""
_NEEDED = """
with recursive needed(url) as (
  select url from captures where crawl_id = :crawl and kind in ('review', 'map', 'page', 'listing')
  union select c.url from needed join captures c on c.via = needed.url and c.kind = 'requisite')
select capture_id, refers_to, max(captured_at) from captures
where url in needed and kind = 'requisite' and status in (200, 304)
  and captured_at < (select finished_at from crawls where crawl_id = :crawl)
  and url not in (select url from captures where crawl_id = :crawl)
group by url
"""
"""Requisites of a crawl's pages that only earlier crawls fetched: the newest capture of each."""


def write_wacz_package(
    folder: DataFolder,
    target: Path,
    crawl_id: str | None,
    key: Path | None = None,
    authority: str | None = None,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the WACZ of a folder's archive, or of one crawl of it, without what is excluded; return its path.

    ``progress`` is told what is being packaged.

    Raises:
        UsageError: there is no such crawl, nothing to package, or no timestamp.

    """
    with closing(open_readonly(folder.newest)) as connection:
        _require_crawl(connection, folder, crawl_id)
        library = connection.execute("select value from meta where key = 'library'").fetchone()[0]
        target.parent.mkdir(parents=True, exist_ok=True)
        hidden = addresses(connection, excluded(folder))
        try:
            return write_wacz(
                target,
                closed_files(folder.archive),
                pages=_pages(connection, crawl_id, hidden),
                hidden=hidden,
                title=library if crawl_id is None else f"{library}, crawl {crawl_id}",
                description="Archived by campbell_scraper, byte for byte.",
                crawl_id=crawl_id,
                needed=_needed(connection, crawl_id),
                key=key,
                authority=authority,
                progress=progress,
            )
        except (URLError, ValueError) as error:
            raise UsageError(f"Nothing was packaged: {error}") from error


def write_bag(
    folder: DataFolder, target: Path, crawl_id: str | None, *, progress: Callable[[str], None] = lambda _: None
) -> Path:
    """Write a bag (RFC 8493) of a folder's WARC files, or of those of one crawl, with a copy of the database.

    It has the name ``target`` once ``bagit`` has found it valid. Where something is excluded, its records are left out,
    and the copy of the database is that of ``export sqlite``. ``progress`` is told what is being done. Returns its
    path.

    Raises:
        UsageError: there is no such crawl, nothing to package, or something of that name already.

    """
    if target.exists():
        raise UsageError(f"{target} exists: name a folder that does not exist yet.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(open_readonly(folder.newest)) as connection, ExitStack() as undo:
        _require_crawl(connection, folder, crawl_id)
        fresh = beside(target)
        undo.callback(shutil.rmtree, fresh, ignore_errors=True)
        (fresh / "archive").mkdir(parents=True)
        try:
            hidden = addresses(connection, excluded(folder))
            needed = _needed(connection, crawl_id)
            with files_to_package(closed_files(folder.archive), crawl_id, hidden, needed) as files:
                for number, (name, path) in enumerate(files, 1):
                    progress(f"copying file {number} of {len(files)}")
                    with open_warc(path) as source, (fresh / "archive" / name).open("wb") as copied:
                        shutil.copyfileobj(source, copied)
        except ValueError as error:
            raise UsageError(f"Nothing was packaged: {error}") from error
        progress("copying the database")
        if hidden:
            with Library.open(folder) as library:
                write_sqlite(library, folder, fresh / folder.database.name)
        else:
            with (
                closing(open_readonly(folder.database)) as shown,
                closing(sqlite3.connect(fresh / folder.database.name)) as copy,
            ):
                shown.backup(copy)
        name = connection.execute("select value from meta where key = 'library'").fetchone()[0]
        about = {
            "External-Description": f"WARC files of {name} and the database made of them, by campbell_scraper.",
            "External-Identifier": crawl_id or name,
        }
        progress("computing checksums")
        bagit.make_bag(str(fresh), about, checksums=["sha256", "sha512"])
        progress("checking the bag")
        bagit.Bag(str(fresh)).validate()
        fresh.rename(target)
    return target


def _require_crawl(connection: sqlite3.Connection, folder: DataFolder, crawl_id: str | None) -> None:
    known = [row[0] for row in connection.execute("select crawl_id from crawls")]
    if crawl_id is not None and crawl_id not in known:
        raise UsageError(f"There is no crawl {crawl_id!r} in {folder.root} (campbell status lists them).")


def _needed(connection: sqlite3.Connection, crawl_id: str | None) -> set[str]:
    return {own for row in connection.execute(_NEEDED, {"crawl": crawl_id}) for own in row[:2] if own}


def _pages(connection: sqlite3.Connection, crawl_id: str | None, hidden: Iterable[str]) -> Iterator[PageEntry]:
    keys = {url_key(url) for url in hidden}
    for url, captured_at, title, text in connection.execute(_PAGES, {"crawl": crawl_id}):
        if url_key(url) not in keys:
            yield PageEntry(url=url, ts=captured_at, title=title, text=text)
