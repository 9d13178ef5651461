"""``campbell publish``: the library as a folder of files, put in its place when all of them are written."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from campbell_scraper.atomic_files import beside
from campbell_scraper.errors import UsageError
from campbell_scraper.faces.export import Library
from campbell_scraper.faces.export.portable.portable_copy import write_sqlite
from campbell_scraper.folder import DataFolder

from .site_pages import SitePages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MARK: Final = ".nojekyll"
"""A file by which GitHub Pages serves a site as it is. Ours lists the other files too."""
_MADE: Final = "Made by campbell publish, which replaces this folder if nothing else stands in it:"


def write_site(
    library: Library, folder: DataFolder, output: Path, *, progress: Callable[[str], None] = lambda _: None
) -> int:
    """Write the site of a library; return the number of its reviews. ``output`` is replaced when all is done.

    The same library gives the same bytes. ``progress`` is told what is being written.

    Raises:
        UsageError: ``output`` is neither a site of ours nor an empty folder.
        Unfinished: the database in it cannot be written.
        OSError: another file cannot be written.

    """
    target = output.resolve()
    _require_ours(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = beside(target)
    try:
        downloads = DataFolder(fresh / "downloads")
        downloads.root.mkdir(parents=True)
        progress("copying the database")
        count = write_sqlite(library, folder, downloads.database, export_date=library.last_crawl)
        with Library.open(downloads) as shown:  # what is excluded is not in it
            SitePages(shown, fresh).write(progress)
        (fresh / _MARK).write_text("\n".join([_MADE, *sorted(_files(fresh))]) + "\n", "utf-8")
        progress("putting it in its place")
        _put(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return count


def _require_ours(target: Path) -> None:
    """Raise UsageError unless all that is there may be removed."""
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageError(f"{target} is not a folder.")
    present = _files(target)
    made = (target / _MARK).read_text("utf-8", "replace").splitlines() if _MARK in present else []
    if present and made[:1] != [_MADE]:
        raise UsageError(f"{target} is not empty, and is not a site made by campbell publish: name another folder.")
    if strangers := sorted(present.difference(made, [_MARK])):
        raise UsageError(f"{target} holds {strangers[0]}, which campbell publish did not write: move it elsewhere.")


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_symlink() or not path.is_dir()}


def _put(fresh: Path, target: Path) -> None:
    old = fresh.with_name(f"{fresh.name}-old")
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
