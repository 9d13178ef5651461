"""CSV and XLSX, for spreadsheets.

Lists are joined by "; ". A text that a spreadsheet would take for a formula has an apostrophe before it; numbers are
numbers. Characters that XML forbids, control characters and those that turn the direction of writing are left out.
"""

from __future__ import annotations

import csv
import tempfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from campbell_scraper.errors import ExtraNeeded, UsageError
from campbell_scraper.faces.export.citations.clean_text import defused
from campbell_scraper.words import clean

from .flat_rows import REVIEWS, SHEETS, Value, review_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .library_export import Review

BOM = b"\xef\xbb\xbf"
"""What Excel needs to see at the beginning of a CSV file, or it takes it for another encoding than UTF-8."""
_MAX_CELL = 32_767
"""UTF-16 units that a cell of Excel holds."""
_MAX_ROWS = 1_048_576
_CUT = " […]"
_NO_DATE = datetime(1980, 1, 1, tzinfo=UTC)
"""The creation date of every workbook, as of the files inside it."""


class Line:
    """A file for a CSV writer that returns each line."""

    def write(self, line: str) -> bytes:
        """Return the line, which the writer returns in turn."""
        return line.encode("utf-8", "replace")


def csv_pieces(reviews: Iterable[Review]) -> Iterator[bytes]:
    """Yield one line for each review, with a header. UTF-8, CR LF (RFC 4180)."""
    lines: Any = csv.writer(Line())  # typed as if writerow always gave the number of characters
    yield lines.writerow(REVIEWS)
    for review in reviews:
        yield lines.writerow([cell(value) for value in review_row(review).values()])


def xlsx_pieces(reviews: Iterable[Review]) -> Iterator[bytes]:
    """Yield a workbook with the sheets reviews, authors, sections and facts.

    A text longer than Excel's cell is cut and ends with "[…]". The same reviews give the same bytes. It is in a
    temporary file before its first byte is yielded: its table of contents is made last.

    Raises:
        UsageError: the extra [xlsx] is not installed, or a sheet would have more rows than Excel takes.

    """
    try:
        import xlsxwriter  # type: ignore[import-untyped, import-not-found, unused-ignore]  # an extra without types  # noqa: PLC0415
    except ImportError as error:
        raise ExtraNeeded("Writing XLSX needs XlsxWriter", "xlsx") from error
    with tempfile.TemporaryDirectory(prefix="campbell-xlsx-") as folder, tempfile.TemporaryFile() as whole:
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_urls": False, "strings_to_formulas": False}
        book = xlsxwriter.Workbook(whole, options)
        book.set_properties({"created": _NO_DATE})
        bold = book.add_format({"bold": True})
        sheets = []
        for name, (columns, rows_of) in SHEETS.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            sheet.write_row(0, 0, columns, bold)
            sheets.append((sheet, rows_of))
        used = [0] * len(sheets)
        for review in reviews:
            for place, (sheet, rows_of) in enumerate(sheets):
                for row in rows_of(review):
                    used[place] += 1
                    if used[place] >= _MAX_ROWS:
                        raise UsageError(f"The sheet {sheet.name} has no room for all rows: export csv or parquet.")
                    for column, value in enumerate(row.values()):
                        content = cell(value)
                        if isinstance(content, int):
                            sheet.write_number(used[place], column, content)
                        elif content:
                            sheet.write_string(used[place], column, _fitting(content))
        book.close()
        whole.seek(0)
        while block := whole.read(1 << 20):
            yield block


def cell(value: Value) -> str | int | None:
    """Return a value as a spreadsheet's cell holds it."""
    if isinstance(value, list):
        value = "; ".join(value)
    return defused(clean(value)) if isinstance(value, str) else value


def _fitting(text: str) -> str:
    if len(text) * 2 <= _MAX_CELL or len(text.encode("utf-16-le")) // 2 <= _MAX_CELL:
        return text
    units = text.encode("utf-16-le")[: 2 * (_MAX_CELL - len(_CUT))]
    return units.decode("utf-16-le", "ignore") + _CUT
