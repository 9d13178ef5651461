"""Where a value comes from: its capture, and the bytes of that capture, checked."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from .archive.locate import read_at
from .errors import DamagedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .folder import DataFolder


def trace_value(folder: DataFolder, target: str) -> Iterator[tuple[str, str]]:
    """Give name and value of everything known about the origin of a review or of one of its fields.

    Raises:
        UsageError: there is no such review or field.
        DamagedError: the archived bytes are not what the database says.

    """
    with closing(sqlite3.connect(f"file:{folder.database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        review, field = _find(connection, target)
        capture = connection.execute("select * from captures where capture_id = ?", (review["capture_id"],)).fetchone()
        replay = connection.execute(
            "select replay_url from review_overview where review_id = ?", (review["review_id"],)
        ).fetchone()
    yield "review", review["review_id"]
    if field:
        yield field, "(the page does not say)" if review[field] is None else str(review[field])
    yield "url", capture["url"]
    yield "captured at", capture["captured_at"]
    yield "capture", capture["capture_id"]
    yield "WARC file", str((folder.archive / capture["warc_file"]).relative_to(folder.root))
    yield "offset", f"{capture['warc_offset']} ({capture['warc_length']} bytes compressed)"
    yield "payload digest", f"{capture['payload_digest']} ({_checked(folder, capture)})"
    yield "replay", replay["replay_url"]


def _find(connection: sqlite3.Connection, target: str) -> tuple[sqlite3.Row, str | None]:
    """Give the review a target names, and the field if it names one."""
    columns = {row["name"] for row in connection.execute("pragma table_info(reviews)")}
    head, _, tail = target.rpartition(".")
    name, field = (head, tail) if head and tail in columns else (target, None)
    name = name.strip("/").removesuffix(".html")
    rows = connection.execute("select * from reviews where review_id = ?", (name,)).fetchall()
    if not rows:
        like = "%" + name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = connection.execute("select * from reviews where review_id like ? escape '\\'", (like,)).fetchall()
    if not rows:
        raise UsageError(f"There is no review {name!r} in this library (review_id is the path of its page).")
    if len(rows) > 1:
        some = ", ".join(row["review_id"] for row in rows[:3])
        raise UsageError(f"{name!r} names {len(rows)} reviews: {some}{' ...' if len(rows) > 3 else ''}.")
    return rows[0], field


def _checked(folder: DataFolder, capture: sqlite3.Row) -> str:
    """Read the archived record back and compare it with its row."""
    try:
        found = read_at(folder.archive / capture["warc_file"], capture["warc_offset"])
    except (OSError, ValueError) as error:
        raise DamagedError(f"{capture['warc_file']} at {capture['warc_offset']} cannot be read: {error}.") from error
    if found.capture_id != capture["capture_id"]:
        raise DamagedError(f"{capture['warc_file']} at {capture['warc_offset']} holds {found.capture_id}.")
    if found.payload_digest != capture["payload_digest"]:
        raise DamagedError(f"{capture['capture_id']}: the archived payload has another digest: {found.payload_digest}.")
    return "checked"
