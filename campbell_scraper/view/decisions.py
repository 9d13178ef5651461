"""Reads people's files: CSV as text editors and spreadsheet programs save it."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING, Final

from campbell_scraper.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = {
    "identity.csv": ("review_id", "work_id"),
    "exclusions.csv": ("review_id", "reason"),
    "removals.csv": ("field", "since"),
    "corrections.csv": ("review_id", "field", "old", "new"),
    "facts.csv": ("review_id", "fact", "value"),
    "accepted.csv": ("crawl_id",),
}
"""The names of these files, and the columns each must have."""
_MAX_BYTES: Final = 10_000_000
_MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_decisions(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of one of people's files: line number, and column → value, both stripped.

    The file is UTF-8, with or without a byte order mark, or UTF-16; its columns are separated by commas, semicolons
    or tabs. Names of columns are in lower case; those of FILES must be there. No file means no rows; empty lines are
    passed over.

    Raises:
        UsageError: the file cannot be read (a dangling link is such a file), is no CSV, or lacks a column.

    """
    needed = FILES[path.name]
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise UsageError(f"{path} cannot be read: it links to a file that does not exist.") from error
        return []
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(data) > _MAX_BYTES:
        raise UsageError(f"{path} is larger than {_MAX_BYTES:,} bytes.")
    try:
        text = _decoded(data)
        first = text.lstrip("\r\n").split("\n", 1)[0]
        if first.strip().lower().startswith("sep="):  # a line for Excel alone
            text = text.lstrip("\r\n").partition("\n")[2]
            first = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=first.count)
        rows = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
        header = [name.strip().lower() for name in next(rows, [])]
        if any(name not in header for name in needed):
            raise UsageError(f"The first line of {path} must be {','.join(needed)}.")
        return [
            (rows.line_num, dict(zip(header, (cell.strip() for cell in row), strict=False)))
            for row in rows
            if any(cell.strip() for cell in row)
        ]
    except (UnicodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read as CSV: {error}.") from error


def require_readable(folder: Path) -> None:
    """Raise UsageError unless each of people's files in a data folder can be read, or is not there."""
    for name in FILES:
        read_decisions(folder / name)


def _decoded(data: bytes) -> str:
    encoding = next((found for mark, found in _MARKS.items() if data.startswith(mark)), "utf-8")
    if b"\0" in data[:2] and encoding == "utf-8":
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    return data.decode(encoding)
