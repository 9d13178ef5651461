"""A lake: the reviews of many libraries as Parquet, a file for each, to be asked with one query.

``DIR/library=NAME/reviews.parquet`` is what data frames and DuckDB take for a partition: ``library`` becomes a column.
``DIR/manifest.json`` lists the files with their digests, and the columns that all of them have.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from campbell_scraper import __version__
from campbell_scraper.archive.files import sha256_of
from campbell_scraper.atomic_files import replacing
from campbell_scraper.errors import UsageError
from campbell_scraper.untrusted_json import parsed_json

from .formats import write_export
from .parquet import columns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .library_export import Library

MANIFEST = "manifest.json"


def write_lake(lake: Path, libraries: Sequence[Library], *, tell: Callable[[str], None] = lambda _: None) -> int:
    """Write the reviews of these libraries into a lake; return their number. Files of other libraries stay there.

    No file is put in its place before all are written; each then replaces the old one in one step. ``tell`` is told
    what is being written.

    Raises:
        UsageError: two of the databases are of one library, or the extra [parquet] is not installed.
        OSError: the lake cannot be written.

    """
    by_name = {library.name: library for library in libraries}
    if len(by_name) < len(libraries):
        raise UsageError("Two of these databases hold the same library: name each library once.")
    entries, reviews = _entries(lake), 0
    with ExitStack() as stack:
        for name, library in sorted(by_name.items()):
            tell(f"writing {name}")
            path = lake / f"library={quote(name, safe='')}" / "reviews.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = stack.enter_context(replacing(path))
            with fresh.open("wb") as file:
                count = write_export(library, "parquet", file)
            entries[path.relative_to(lake).as_posix()] = {
                "library": name,
                "reviews": count,
                "last_crawl": library.last_crawl,
                "bytes": fresh.stat().st_size,
                "sha256": sha256_of(fresh),
            }
            reviews += count
    _write_manifest(lake, entries)
    return reviews


def _entries(lake: Path) -> dict[str, dict[str, Any]]:
    """Return what the manifest says of each file that is still there, by path.

    Raises:
        UsageError: it is not the manifest of a lake.

    """
    path = lake / MANIFEST
    try:
        files = parsed_json(path.read_text("utf-8"))["files"]
        return {name: dict(about) for name, about in files.items() if (lake / name).is_file()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is not the manifest of a lake: name another folder.") from error


def _write_manifest(lake: Path, entries: dict[str, dict[str, Any]]) -> None:
    about = {
        "software": f"campbell-scraper/{__version__}",
        "written_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "columns": columns(),
        "files": dict(sorted(entries.items())),
    }
    with replacing(lake / MANIFEST) as fresh:
        fresh.write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n", "utf-8")
