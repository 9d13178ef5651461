"""A frictionless data package: the portable SQLite file, its tables as CSV, and what a reader must know of them.

``datapackage.json`` (Data Package 1.0) has a schema for each CSV, made from the data dictionary, with sizes and
digests of all files. In the CSVs, texts are as in exports for spreadsheets: formulas have an apostrophe before
them, and control characters are left out; the SQLite file has the texts as stored. An empty cell is NULL
or an empty text.
"""

from __future__ import annotations

import codecs
import csv
import json
import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from campbell_scraper import __version__
from campbell_scraper.archive.files import read_manifest, sha256_of
from campbell_scraper.archive.stored_files import closed_files
from campbell_scraper.atomic_files import beside
from campbell_scraper.errors import Unfinished, UsageError
from campbell_scraper.faces.export.portable.methods_text import flow, methods
from campbell_scraper.faces.export.portable.portable_copy import write_sqlite
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.schema import BY_NAME
from campbell_scraper.view.schema.dictionary import TABLES, markdown

from .spreadsheets import BOM, cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import SupportsWrite

    from campbell_scraper.folder import DataFolder

    from .library_export import Library

DATABASE = "campbell.db"
_LEFT_OUT = frozenset({"works"})
"""Views that only repeat rows of a table."""
_TYPES = {"TEXT": "string", "INTEGER": "integer"}
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_LICENCES = """# Licences

* **Texts of the pages** (titles, summaries, sections, quotes, files) belong to the Campbell Collaboration, its authors
  and publishers, and keep the licence that the pages and full reviews state. This package gives nobody more rights to
  them than the site itself does; ask the owner, or rely on what your law allows for text and data mining.
* **Names of authors** are personal data, kept because they are part of a citation.
* **Facts about the crawl** (URLs, times, digests) and this package's structure are free to use.
* **campbell_scraper**, the software that made it, is under the MIT licence.

To have something taken out, write to whoever gave you this package: an entry in their `exclusions.csv` keeps it out of
the next one.
"""


def write_data_package(
    library: Library,
    folder: DataFolder,
    output: Path,
    *,
    where: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> int:
    """Write the data package as a folder, or a zip file if ``output`` ends in ``.zip``; return the number of reviews.

    ``progress`` is told what is being written.

    Raises:
        UsageError: ``output`` is a folder that is not empty, or the condition cannot be used.
        Unfinished: it cannot be written.

    """
    zipped = output.suffix.lower() == ".zip"
    if not zipped and output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UsageError(f"{output} exists and is not an empty folder.")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        parent = beside(output)
        try:
            count = _fill(library, folder, parent / "package", where, progress)
            progress("putting it in its place")
            _put(parent / "package", output, zipped=zipped)
        finally:
            shutil.rmtree(parent, ignore_errors=True)
    except OSError as error:
        raise Unfinished(f"{output} could not be written: {error.strerror or error}.") from error
    return count


def _put(root: Path, output: Path, *, zipped: bool) -> None:
    """Put the finished package in its place, in one step."""
    if zipped:
        archive = root.with_suffix(".zip")
        _zip(root, archive)
        archive.replace(output)
        return
    if output.exists():
        output.rmdir()
    root.rename(output)


def _fill(library: Library, folder: DataFolder, root: Path, where: str | None, progress: Callable[[str], None]) -> int:
    data = root / "data"
    data.mkdir(parents=True)
    progress("copying the database")
    count = write_sqlite(library, folder, root / DATABASE, where=where)
    with closing(open_readonly(root / DATABASE)) as connection:
        stamp = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        tables = []
        for number, table in enumerate(TABLES, 1):
            if table.name not in _LEFT_OUT:
                progress(f"writing table {number} of {len(TABLES)}: {table.name}")
                path = data / f"{table.name}.csv"
                with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
                    _write_table(connection, table.name, file)
                tables.append(_resource(root, path, table.name, table.description) | _tabular(connection, table.name))
    numbers = flow(library, where)
    methods_text = methods(library, numbers, where=where, content_hash=stamp["export_content_hash"])
    texts = {
        "METHODS.md": ("methods", "How the data were collected, and the flow of numbers", methods_text),
        "LICENCES.md": ("licences", "Whose texts these are", _LICENCES),
        "data-dictionary.md": ("data-dictionary", "Every table and column", markdown()),
        "manifest-sha256.txt": ("manifest", "SHA-256 of the WARC files the data were read from", _manifest(folder)),
    }
    resources = [*tables, _resource(root, root / DATABASE, "database", "All tables as one SQLite file, with full text")]
    for name, (kind, about, text) in texts.items():
        (root / name).write_text(text, "utf-8")
        resources.append(_resource(root, root / name, kind, about))
    description = _descriptor(library, stamp, resources)
    (root / "datapackage.json").write_text(json.dumps(description, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return count


def write_table(
    library: Library, folder: DataFolder, name: str, out: BinaryIO, *, where: str | None = None, bom: bool = False
) -> int:
    """Write one table or view of the portable SQLite file as CSV; return the number of its rows.

    Raises:
        UsageError: there is no such table, or the condition cannot be used.

    """
    names = [table.name for table in TABLES]
    if name not in names:
        raise UsageError(f"There is no table {name!r}; the tables are {', '.join(names)}.")
    with tempfile.TemporaryDirectory(prefix="campbell-table-") as root:
        write_sqlite(library, folder, Path(root) / DATABASE, where=where)
        with closing(open_readonly(Path(root) / DATABASE)) as connection:
            out.write(BOM if bom else b"")
            return _write_table(connection, name, codecs.getwriter("utf-8")(out, "replace"))


def _write_table(connection: sqlite3.Connection, name: str, file: SupportsWrite[str]) -> int:
    columns = next(table.names for table in TABLES if table.name == name)
    names = ", ".join(f'"{column}"' for column in columns)
    order = ", ".join(f'"{key}"' for key in (BY_NAME[name].key if name in BY_NAME else ("review_id",)))
    lines = csv.writer(file)
    lines.writerow(columns)
    count = 0
    for row in connection.execute(f'SELECT {names} FROM "{name}" ORDER BY {order}'):  # noqa: S608 - our schema
        lines.writerow([cell(value) for value in row])
        count += 1
    return count


def _tabular(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    """Return what makes a resource a table: its schema, from the data dictionary."""
    table = next(table for table in TABLES if table.name == name)
    fields = [
        {"name": column.name, "type": _TYPES[column.type], "description": column.description}
        | ({"example": column.example} if column.example else {})
        for column in table.columns
    ]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    required = {column.name for column in table.columns if "NOT NULL" in column.sql}
    if name in BY_NAME and required.issuperset(BY_NAME[name].key):
        schema["primaryKey"] = list(BY_NAME[name].key)
    keys = [
        {"fields": [column], "reference": {"resource": "" if other == name else other, "fields": [target]}}
        for _, _, other, column, target, *_ in connection.execute(f'PRAGMA foreign_key_list("{name}")')
    ]
    if keys:
        schema["foreignKeys"] = keys
    return {
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _resource(root: Path, path: Path, name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "path": path.relative_to(root).as_posix(),
        "description": description,
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_of(path)}",
    }


def _descriptor(library: Library, stamp: dict[str, str], resources: list[dict[str, Any]]) -> dict[str, Any]:
    sites = library.connection.execute("SELECT DISTINCT site FROM crawls WHERE site LIKE 'http%' ORDER BY site")
    return {
        "profile": "data-package",
        "name": "campbell-library",
        "title": "The library of the Campbell Collaboration, as read from archived pages",
        "description": "Systematic reviews in the social sciences with their plain language summaries. METHODS.md says "
        "how they were collected. Texts in the CSVs that a spreadsheet would take for a formula have an apostrophe "
        "before them; the SQLite file has them as they are.",
        "created": stamp["export_date"],
        "software": f"campbell-scraper/{__version__}",
        "contentHash": stamp["export_content_hash"],
        "licenses": [{"path": "LICENCES.md", "title": "Texts keep their owners' licences"}],
        "sources": [{"title": "Campbell Collaboration", "path": row["site"]} for row in sites],
        "resources": resources,
    }


def _manifest(folder: DataFolder) -> str:
    """Return digests of all closed WARC files in sha256sum's format, by name without folder."""
    known = {name.rpartition("/")[2]: digest for name, digest in read_manifest(folder.manifest).items()}
    files = closed_files(folder.archive)
    return "".join(f"{known.get(path.name) or sha256_of(path)}  {path.name}\n" for path in files)


def _zip(root: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), _ZIP_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with path.open("rb") as source, target.open(entry, "w", force_zip64=True) as written:
                    shutil.copyfileobj(source, written, 1 << 20)
