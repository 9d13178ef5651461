"""campbell_scraper: the archive is the log, the database is a view of it.

Rooms, in the order a page passes them: ``spiders`` (which URLs), ``archive`` (exact bytes), ``reading`` (what a page
says), ``view`` (rows in SQLite) and ``faces`` (commands, Datasette, exports, reports). In a notebook,
``campbell_scraper.open("data/demo")`` returns the tables of a library as data frames.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

    from .faces.export.frames import LibraryFrames

__version__ = "0.1.0"


def open(  # noqa: A001 - campbell_scraper.open is what a reader of notebooks looks for
    folder: str | PathLike[str], *, frames: str | None = None, as_of: str | None = None
) -> LibraryFrames:
    """Open the library in a data folder, to be read as data frames.

    Args:
        folder: the data folder, as of ``--data``.
        frames: ``pandas`` or ``polars``; by default the first of them that is installed.
        as_of: the library as it stood at the end of that day (UTC), as of ``campbell export --as-of``.

    Raises:
        UsageError: there is no library in the folder, or neither pandas nor polars is installed.

    """
    from .faces.export.frames import LibraryFrames  # noqa: PLC0415 - the package itself is imported by every command

    return LibraryFrames(folder, frames=frames, as_of=as_of)
