"""What must not be shown: people's decisions in ``exclusions.csv``, honoured by every face."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from .errors import UsageError
from .store.keys import review_key

if TYPE_CHECKING:
    from .folder import DataFolder

COLUMNS = ("review_id", "reason")
_MAX_BYTES = 10_000_000


def excluded(folder: DataFolder) -> dict[str, str]:
    """Give the excluded reviews of a library: review_id → reason ("" if none is given).

    The file is UTF-8 CSV (a byte order mark is fine) with the header ``review_id,reason``; ``review_id`` may also be
    written as the page's URL. No file means no exclusions. A file that cannot be read as such is an error and not an
    empty list, because showing what somebody wanted hidden cannot be taken back.

    Raises:
        UsageError: the file cannot be read, has another header, or has a row without a review_id.

    """
    path = folder.exclusions
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(data) > _MAX_BYTES:
        raise UsageError(f"{path} is larger than {_MAX_BYTES:,} bytes.")
    try:
        text = data.decode("utf-8-sig")
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = [name.strip().lower() for name in next(rows, [])]
        if header[: len(COLUMNS)] != list(COLUMNS):
            raise UsageError(f"The first line of {path} must be {','.join(COLUMNS)}.")
        return dict(_decision(row, rows.line_num) for row in rows if any(cell.strip() for cell in row))
    except (UnicodeDecodeError, csv.Error, _Row) as error:
        raise UsageError(f"{path} cannot be read as a list of exclusions: {error}.") from error


class _Row(ValueError):
    """A row that names no review."""


def _decision(row: list[str], line: int) -> tuple[str, str]:
    name, reason = row[0].strip(), row[1].strip() if len(row) > 1 else ""
    if not name:
        raise _Row(f"line {line} has a reason but no review_id")
    # A path gets a host, so that it is read as the path of a URL and by the same rule.
    return review_key(name if "://" in name else f"https://www.campbellcollaboration.org/{name.strip('/')}"), reason
