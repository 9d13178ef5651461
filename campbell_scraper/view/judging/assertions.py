"""Whether a run holds up: the assertions of ``assertions.toml``, checked on any database of this schema.

They compare a run with the one before it, both as the database has them, so a rebuilt database gives the same verdicts.
A first run has nothing to be compared with: only checks that need no earlier run judge it, of its errors for instance.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from campbell_scraper.errors import DamagedError
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.store_errors import store_error

from .assertions_file import assertions_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FIELDS = (
    "title",
    "authors",
    "published_date",
    "doi",
    "full_review_url",
    "groups",
    "document_types",
    "headline",
    "brief",
    "additional_info",
    "summaries",
    "sections",
    "facts",
)
"""Fields whose coverage is shown, in this order."""
EXAMPLES = 3
"""Pages shown with each verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """One thing that must hold, as the file states it."""

    name: str
    sentence: str
    """What holds after a good run."""
    says: str
    """The sentence after a broken run, with ``{subject}``, ``{value}`` and ``{expected}``."""
    sql: str
    threshold: float = 0.0
    minimum: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one assertion says of one subject (a field, a label, the run)."""

    name: str
    subject: str
    value: float
    expected: float
    holds: bool
    says: str
    """The assertion's ``sentence`` if it holds, else its ``says``."""
    urls: Sequence[str] = field(default_factory=list)
    """At most three pages that show it."""

    def __str__(self) -> str:
        examples = f" ({', '.join(self.urls)})" if self.urls else ""
        return f"{self.says}{examples}"


@cache
def assertions() -> tuple[tuple[str, ...], tuple[Assertion, ...]]:
    """Read the file: the statements that prepare a database, and the assertions."""
    content = assertions_file()
    return tuple(content["prepare"]), tuple(Assertion(**one) for one in content["assertion"])


def open_view(database: Path) -> sqlite3.Connection:
    """Open a database for reading; temporary tables can be made.

    Raises:
        DamagedError: it cannot be opened.

    """
    try:
        connection = open_readonly(database, query_only=False)
        connection.row_factory = sqlite3.Row
        connection.execute("SELECT 1 FROM crawls LIMIT 1")
    except sqlite3.Error as error:
        unread = DamagedError(f"{database} cannot be read as a library: {error}.")
        raise store_error(error, database) or unread from error
    return connection


@contextmanager
def prepared(connection: sqlite3.Connection, crawl_id: str) -> Iterator[None]:
    """Make the temporary tables that the assertions query, for one crawl; after the block they are rolled back."""
    connection.create_function("fields_of", 1, lambda text: json.dumps(sorted(fields_of(text))), deterministic=True)
    connection.execute("SAVEPOINT prepared")
    try:
        for statement in assertions()[0]:
            connection.execute(statement, {"crawl": crawl_id})
        yield
    finally:
        connection.execute("ROLLBACK TO prepared")
        connection.execute("RELEASE prepared")


def check(connection: sqlite3.Connection, crawl_id: str) -> list[Verdict]:
    """Judge one crawl: a verdict for each subject, in the file's order.

    Raises:
        DamagedError: the database does not have this schema.

    """
    verdicts: list[Verdict] = []
    try:
        with prepared(connection, crawl_id):
            for assertion in assertions()[1]:
                bound = {"crawl": crawl_id, "threshold": assertion.threshold, "minimum": assertion.minimum}
                verdicts += [_verdict(assertion, row) for row in connection.execute(assertion.sql, bound).fetchall()]
    except sqlite3.Error as error:
        raise store_error(error) or DamagedError(f"The run cannot be judged: {error}.") from error
    return verdicts


def _verdict(assertion: Assertion, row: Sequence[object]) -> Verdict:
    subject, value, expected, holds, urls = row
    number, before = float(str(value or 0)), float(str(expected or 0))
    says = assertion.says.format(subject=subject, value=number, expected=before)
    return Verdict(
        name=assertion.name,
        subject=str(subject),
        value=number,
        expected=before,
        holds=bool(holds),
        says=assertion.sentence if holds else says,
        urls=[str(url) for url in json.loads(str(urls)) if url][:EXAMPLES],
    )


def broken(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts that do not hold."""
    return [verdict for verdict in verdicts if not verdict.holds]


def fields_of(text: str) -> frozenset[str]:
    """Return the fields that a record, as JSON, has a value for."""
    record = json.loads(text)
    fields = {name for name in (*FIELDS, "library_image_url") if record.get(name)}
    for summary in record.get("summaries") or ():
        fields |= {part for part in ("sections", "facts") if summary.get(part)}
    return frozenset(fields)
