"""The library as it stood on a day: reviews one after another, each with its complete record."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from campbell_scraper.errors import DamagedError, UsageError
from campbell_scraper.faces.export.portable.overview import as_sql, overview, replay_base, replay_url
from campbell_scraper.faces.export.portable.sql_condition import matching
from campbell_scraper.folder import REPLAY_BASE
from campbell_scraper.untrusted_json import parsed_json
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.store_errors import store_error
from campbell_scraper.view.exclusions import excluded, other_names
from campbell_scraper.view.fold.corrections import corrected, load_corrections
from campbell_scraper.view.keys import canonical_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from campbell_scraper.folder import DataFolder
    from campbell_scraper.view.fold.corrections import Corrections

_ALWAYS = "9999"
"""Later than any time."""
_VERSIONS = """
SELECT v.review_id, v.version, v.valid_from, v.valid_to, v.content_hash, v.record, r.work_id, r.matched_by,
  r.first_seen, r.last_seen, v.version = r.version AS is_newest, c.capture_id, c.captured_at, c.url AS capture_url
FROM review_versions v JOIN reviews r USING (review_id)
LEFT JOIN captures c ON c.capture_id = CASE WHEN v.version = r.version THEN r.capture_id ELSE v.capture_id END
WHERE v.valid_from <= :moment AND (v.valid_to IS NULL OR v.valid_to > :moment)"""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?Z")


@dataclass(slots=True, kw_only=True)
class Review:
    """One review as it stood at one time."""

    review_id: str
    work_id: str
    version: int
    valid_from: str
    valid_to: str | None
    content_hash: str
    capture_id: str | None
    captured_at: str | None
    """Time of that capture, UTC."""
    record: dict[str, Any]
    """The version's complete record, as people corrected it."""
    origin: dict[str, Any]
    """Uncorrected record of the first version, from which names that must not change (citation keys) are made."""
    row: dict[str, Any] = field(default_factory=dict)
    """All columns of ``review_overview``; lists are lists."""


@dataclass(slots=True)
class Library:
    """A library opened for reading: one snapshot, whatever a crawl writes meanwhile. Close it, or use ``with``."""

    connection: sqlite3.Connection
    exclusions: dict[str, str]
    """review_id → reason of what must not be shown."""
    moment: str | None = None
    """End of the day the library is shown as of; None for now."""

    @classmethod
    def open(cls, folder: DataFolder, *, as_of: str | None = None) -> Self:
        """Open a data folder's database.

        ``as_of`` is a day ("2026-03-14", its end is meant) or a time in UTC ("2026-03-14T09:00:00Z").

        Raises:
            UsageError: there is no database, ``as_of`` is not a date, or ``exclusions.csv`` cannot be read.
            DamagedError: the file is not a database of this program.

        """
        folder.require()
        moment = None if as_of is None else end_of(as_of)
        exclusions = excluded(folder)
        connection = open_readonly(folder.database, query_only=False)
        connection.row_factory = sqlite3.Row
        library = cls(connection, exclusions, moment)
        try:
            connection.execute("PRAGMA temp_store = FILE")
            connection.execute("BEGIN")
            library._prepare()
        except sqlite3.Error as error:
            connection.close()
            unread = DamagedError(f"{folder.database} cannot be read as a library: {error}.")
            raise store_error(error, folder.database) or unread from error
        return library

    def _prepare(self) -> None:
        """Begin the snapshot; as of a day, hide the view ``review_overview`` behind a temporary table of that day."""
        self._replay_base = replay_base(self.connection)
        self._corrections = load_corrections(self.connection)
        for row in self.connection.execute("SELECT * FROM confirmed_facts"):
            self._confirmed.setdefault(row["review_id"], {})[row["fact"]] = row
        if self.moment is None:
            return
        columns = [row["name"] for row in self.connection.execute("PRAGMA table_info(review_overview)")]
        names = ", ".join(f'"{name}"' for name in columns)
        self.connection.execute(f"CREATE TEMP TABLE review_overview ({names})")
        places = ", ".join(f":{name}" for name in columns)
        self.connection.executemany(
            f"INSERT INTO temp.review_overview VALUES ({places})",  # noqa: S608 - columns of our own view
            (dict.fromkeys(columns) | as_sql(review.row) for review in self._read(None)),
        )

    _replay_base: str = REPLAY_BASE
    _confirmed: dict[str, dict[str, sqlite3.Row]] = field(default_factory=dict)
    _corrections: Corrections = field(default_factory=dict)

    def reviews(self, where: str | None = None) -> Iterator[Review]:
        """Return reviews in the order of review_id, those that ``where`` (a condition on ``review_overview``) selects.

        Raises:
            UsageError: the condition cannot be used (at once, not at the first review).

        """
        return self._read(None if where is None else self.select(where))

    def named(self, review_ids: Collection[str]) -> Iterator[Review]:
        """Return the reviews with these review_ids in their order, without excluded and unknown ones."""
        return self._read(review_ids)

    @property
    def name(self) -> str:
        """Name of the library: the host of its site."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = 'library'").fetchone()
        return str(row[0]) if row else "campbell"

    @property
    def last_crawl(self) -> str | None:
        """When the last crawl ended (or began, if it runs), UTC."""
        row = self.connection.execute("SELECT max(coalesce(finished_at, started_at)) FROM crawls").fetchone()
        return None if row[0] is None else str(row[0])

    def standing(self) -> Iterator[tuple[str, str | None, str]]:
        """Yield review_id, stage and status of every review, excluded ones too: for counting only."""
        sql = (
            "SELECT review_id, json_extract(record, '$.stage'), json_extract(record, '$.status') FROM review_versions "
            "WHERE valid_from <= :moment AND (valid_to IS NULL OR valid_to > :moment)"
        )
        for review_id, stage, status in self.connection.execute(sql, {"moment": self.moment or _ALWAYS}):
            yield review_id, corrected({"stage": stage}, self._corrections.get(review_id, ()))["stage"], status

    def unknown_exclusions(self) -> list[str]:
        """Return what ``exclusions.csv`` names and the library does not have, perhaps by a slip."""
        known = "SELECT 1 FROM reviews WHERE review_id = ?"
        unknown = [one for one in self.exclusions if self.connection.execute(known, (one,)).fetchone() is None]
        led = {name for name, _ in other_names(self.connection, unknown)}
        return [one for one in unknown if one not in led]

    def select(self, where: str) -> list[str]:
        """Return the review_id of all reviews a condition selects, excluded ones left out."""
        return [one for one in matching(self.connection, where) if one not in self.exclusions]

    def _read(self, wanted: Collection[str] | None) -> Iterator[Review]:
        parameters = {"moment": self.moment or _ALWAYS}
        if wanted is None:
            rows: Iterator[sqlite3.Row] = self.connection.execute(f"{_VERSIONS} ORDER BY v.review_id", parameters)
        else:
            one = f"{_VERSIONS} AND v.review_id = :one"
            rows = (row for name in wanted for row in self.connection.execute(one, parameters | {"one": name}))
        for row in rows:
            if row["review_id"] not in self.exclusions:
                yield self._review(row)

    def _review(self, row: sqlite3.Row) -> Review:
        stored = decoded_record(row["review_id"], row["record"])
        record = corrected(stored, self._corrections.get(row["review_id"], ()))
        review = Review(
            **{
                name: row[name]
                for name in ("review_id", "work_id", "version", "valid_from", "valid_to", "content_hash")
            },
            capture_id=row["capture_id"],
            captured_at=row["captured_at"],
            record=record,
            origin=stored if row["version"] == 1 else self._origin(row["review_id"]) or stored,
        )
        review.row = overview(record, self._confirmed.get(review.review_id)) | {
            "review_id": review.review_id,
            "work_id": review.work_id,
            "matched_by": row["matched_by"],
            "first_seen": row["first_seen"],
            "last_seen": row["last_seen"] if row["is_newest"] and self.moment is None else None,
            "last_changed": review.valid_from,
            "version": review.version,
            "capture_id": review.capture_id,
            "replay_url": replay_url(self._replay_base, row["captured_at"], row["capture_url"]),
        }
        return review

    def _origin(self, review_id: str) -> dict[str, Any] | None:
        row = self.connection.execute(
            "SELECT record FROM review_versions WHERE review_id = ? AND version = 1", (review_id,)
        ).fetchone()
        return decoded_record(review_id, row["record"]) if row else None

    def close(self) -> None:
        """End the snapshot."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def end_of(as_of: str) -> str:
    """Return the moment a day ends, as times are written in the database; a time unchanged.

    >>> end_of("2026-03-14")
    '2026-03-14T23:59:59.999999Z'

    Raises:
        UsageError: it is neither.

    """
    day, moment = time_of(as_of) or (None, None)
    if day is not None:
        return f"{day}T23:59:59.999999Z"
    if moment is not None:
        return moment
    raise UsageError(f"{as_of!r} is not a date; write 2026-03-14 (its end, in UTC) or 2026-03-14T09:00:00Z.")


def time_of(text: str) -> tuple[str | None, str | None] | None:
    """Return a day as ("2026-03-14", None), a time in UTC as (None, as the database writes times), else None."""
    try:
        if _DAY.fullmatch(text):
            return datetime.fromisoformat(text).date().isoformat(), None
        if _MOMENT.fullmatch(text):
            return None, datetime.fromisoformat(text).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:  # the 30th of February
        pass
    return None


def decoded_record(review_id: str, text: str) -> dict[str, Any]:
    """Return a record from its JSON; raises DamagedError if it is not an object."""
    try:
        record = parsed_json(text)
        if "\\u" in text:  # surrogates, that no file can hold, are escaped in what somebody else wrote
            record = parsed_json(canonical_json(record))
    except ValueError as error:
        raise DamagedError(f"The record of {review_id} is not JSON: {error}.") from error
    if not isinstance(record, dict):
        raise DamagedError(f"The record of {review_id} is not a JSON object.")
    return record
