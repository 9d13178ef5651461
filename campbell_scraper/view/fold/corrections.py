"""People's corrections of what pages have wrong: ``corrections.csv`` (review_id, field, old, new, reason, who).

Where the page says ``old``, people read ``new``. Versions and changes still tell what the site said.
A correction stops applying as soon as the page says something else. The run that saw this records it, and fails an
assertion (``judging/assertions.toml``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from itertools import groupby, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from campbell_scraper.items import Stage
from campbell_scraper.reading.values.author_names import authors
from campbell_scraper.reading.values.dois import doi
from campbell_scraper.reading.values.printed_dates import date
from campbell_scraper.view.database.writing import write
from campbell_scraper.view.decisions import read_decisions
from campbell_scraper.view.schema.log_tables import UnhandledRow
from campbell_scraper.view.schema.summary_tables import CorrectionRow

from .confirmed_facts import NONE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .composing import Record

Corrections = dict[str, list[CorrectionRow]]
"""review_id → its corrections, those of one field together."""


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "title": str,
    "authors": lambda text: [asdict(one) for one in authors(text)],
    "published_date": date,
    "doi": doi,
    "full_review_url": lambda text: text if re.match(r"https?://[^/]", text) else None,
    "stage": lambda text: text if text in {*Stage} else None,
    "groups": _parts,
    "document_types": _parts,
}
"""Field that can be corrected → the parser of its text, which returns nothing if the text is not a valid value."""
_LISTS: Final = frozenset({"authors", "groups", "document_types"})
"""Fields with several values, separated by semicolons."""
_SHOWN: Final = 200
"""Characters of a value that a message shows."""
_CORRECTIONS: Final = """SELECT * FROM corrections WHERE :one IS NULL OR review_id = :one
    ORDER BY review_id, field, position"""
_VERSIONS: Final = """SELECT record, c.crawl_id FROM review_versions v LEFT JOIN captures c USING (capture_id)
    WHERE review_id = ? ORDER BY version"""


def read_corrections(path: Path) -> tuple[Corrections, list[tuple[str, str]]]:
    """Return what ``corrections.csv`` says, and what could not be used as (review_id, sentence)."""
    known: dict[tuple[str, str], dict[str | None, CorrectionRow]] = {}
    problems: list[tuple[str, str]] = []
    for number, line in read_decisions(path):
        names = ("review_id", "field", "old", "new", "reason", "who")
        review, field, old, new, reason, who = (" ".join(line.get(name, "").split()) for name in names)
        where = f"corrections.csv line {number}"
        if not review or field not in _READERS or not old or not new:
            problems.append((review, f"{where} does not name a review_id, a field and its old and new value"))
            continue
        before, after = _value_or_none(old), _value_or_none(new)
        if unread := [text for text in (before, after) if text is not None and not _READERS[field](text)]:
            problems.append((review, f"{where}: {_quoted(unread[0])} is not a valid {field}"))
            continue
        others = known.setdefault((review, field), {})
        row = CorrectionRow(
            review_id=review, field=field, position=len(others) + 1, old=_normal(field, before),
            new=_normal(field, after), reason=reason or None, who=who or None,
        )  # fmt: skip
        if row.old == row.new or others.setdefault(row.old, row).new != row.new:
            why = "changes nothing: old and new are the same" if row.old == row.new else "contradicts an earlier line"
            problems.append((review, f"{where} {why}"))
    corrections: Corrections = {}
    for (review, _), rows in sorted(known.items()):
        corrections.setdefault(review, []).extend(rows.values())
    return corrections, problems


def load_corrections(connection: sqlite3.Connection, review_id: str | None = None) -> Corrections:
    """Return the corrections stored in a database, all or those of one review."""
    corrections: Corrections = {}
    for values in connection.execute(_CORRECTIONS, {"one": review_id}):
        row = CorrectionRow(**dict(zip(CorrectionRow.__slots__, values, strict=True)))
        corrections.setdefault(row.review_id, []).append(row)
    return corrections


def to_fold_anew(connection: sqlite3.Connection, corrections: Corrections) -> set[str]:
    """Return the reviews whose stored corrections differ from these."""
    present = load_corrections(connection)
    known = {row[0] for row in connection.execute("SELECT review_id FROM reviews")}
    return {
        review_id
        for review_id in known & (present.keys() | corrections.keys())
        if _as_written(present.get(review_id, ())) != _as_written(corrections.get(review_id, ()))
    }


def _as_written(rows: Iterable[CorrectionRow]) -> list[CorrectionRow]:
    return [replace(row, applies=False) for row in rows]


def applied(record: Record, corrections: Iterable[CorrectionRow]) -> list[CorrectionRow]:
    """Return a review's corrections, with ``applies`` set where the record has the old value."""
    return [replace(row, applies=row.old == as_text(record, row.field)) for row in corrections]


def corrected(record: Record, corrections: Iterable[CorrectionRow]) -> Record:
    """Return a record as people are to read it; the record itself if no correction applies."""
    values: dict[str, Any] = {}
    for row in applied(record, corrections):
        if row.applies:
            values |= _values(row.field, row.new)
    return {**record, **values} if values else record


def as_text(record: Mapping[str, Any], field: str) -> str | None:
    """Return a field of a record as ``corrections.csv`` writes it; None if the page does not say."""
    value = record.get(field)
    if isinstance(value, list):
        value = "; ".join(one["name"] if isinstance(one, dict) else one for one in value)
    return " ".join(value.split()) or None if value else None


def report(connection: sqlite3.Connection, corrections: Corrections, problems: list[tuple[str, str]]) -> None:
    """Report what could not be used, and where pages no longer say what was corrected."""
    connection.execute("DELETE FROM unhandled WHERE kind = 'conflict' AND value LIKE 'corrections.csv%'")
    rows = [UnhandledRow(crawl_id=None, url=review, kind="conflict", value=sentence) for review, sentence in problems]
    for review_id, of_review in corrections.items():
        review = connection.execute("SELECT url FROM reviews WHERE review_id = ?", (review_id,)).fetchone()
        if review is None:
            sentence = f"corrections.csv names {review_id}, which is not a review here"
            rows.append(UnhandledRow(crawl_id=None, url=review_id, kind="conflict", value=sentence))
            continue
        versions = [(json.loads(text), crawl) for text, crawl in connection.execute(_VERSIONS, (review_id,))]
        for field, of_field in groupby(of_review, attrgetter("field")):
            history = [(as_text(record, field), crawl) for record, crawl in versions]
            rows += [
                UnhandledRow(crawl_id=crawl, url=review[0], kind="conflict", value=f"corrections.csv: {field} {clause}")
                for crawl, clause in _conflicts({row.old: row.new for row in of_field}, history)
            ]
    write(connection, rows)


def _conflicts(
    right: Mapping[str | None, str | None], history: list[tuple[str | None, str | None]]
) -> Iterator[tuple[str | None, str]]:
    """Yield crawl and sentence where a page no longer says what a person corrected.

    ``history`` is the field's value in each version, with the crawl that showed it first.
    """
    reported: str | None = ""
    for (before, _), (now, crawl) in pairwise(history):
        if before in right and now not in {*right, right[before]}:
            reported = now
            yield crawl, f"was {_quoted(before)}, which a person corrected, and is {_quoted(now)} now"
    for now, _ in history[-1:]:
        if now in right.values() and now not in right:
            yield None, f"is {_quoted(now)} on the page itself now: the line can go"
        elif now not in right and now != reported:
            yield None, f"is {_quoted(now)}, which no line corrects"


def _quoted(text: str | None) -> str:
    return "nothing" if text is None else f'"{text[:_SHOWN]}"'


def _value_or_none(text: str) -> str | None:
    return None if text.lower() == NONE else text


def _normal(field: str, text: str | None) -> str | None:
    """Return a value of ``corrections.csv`` as :func:`as_text` would return it."""
    names = "; ".join(_parts(text or ""))
    return names or None if field in _LISTS else as_text(_values(field, text), field)


def _values(field: str, text: str | None) -> dict[str, Any]:
    """Return the fields of a record that one field's text sets: a date sets its precision too."""
    value = None if text is None else _READERS[field](text)
    if field == "published_date":
        return dict(zip((field, "published_precision"), value or (None, None), strict=True))
    return {field: value or ([] if field in _LISTS else None)}
