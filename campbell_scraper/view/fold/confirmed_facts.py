"""Facts that people confirmed: ``facts.csv`` (review_id, fact, value or "none", who, when) beside the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.view.database.writing import write
from campbell_scraper.view.decisions import read_decisions
from campbell_scraper.view.schema.summary_tables import ConfirmedFactRow

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

NONE = "none"
"""The value for "the review states no such fact"."""
_NUMBERS = frozenset(
    {"studies_included", "studies_identified", "studies_analysed", "participants", "reports", "interventions"}
)
_OTHERS = frozenset({"search_date", "publication_window", "countries", "study_designs"})
_MANY = frozenset({"countries", "study_designs"})
"""Facts of which a review may have several values, each on a line of its own."""


def read_facts(path: Path) -> tuple[list[ConfirmedFactRow], list[tuple[str, str]]]:
    """Return the decisions of ``facts.csv``, and what could not be used as (review_id, sentence)."""
    decided: dict[tuple[str, str], dict[str, ConfirmedFactRow]] = {}
    problems: list[tuple[str, str]] = []
    for number, line in read_decisions(path):
        review, fact, value, who, when = (
            " ".join(line.get(name, "").split()) for name in ("review_id", "fact", "value", "who", "when")
        )
        row = _row(review, fact, value, who, when)
        if row is None:
            problems.append((review, f"facts.csv line {number} does not name a review_id, a fact and its value"))
            continue
        others = decided.setdefault((review, fact), {})
        if others and (row.value or "") not in others and (fact not in _MANY or not row.value or "" in others):
            problems.append((review, f"facts.csv line {number} contradicts an earlier line"))
        else:
            row.position = len(others) + 1
            others.setdefault(row.value or "", row)
    return [row for rows in decided.values() for row in rows.values()], problems


def _row(review: str, fact: str, value: str, who: str, when: str) -> ConfirmedFactRow | None:
    """Return one decision; None if it names no review, an unknown fact, or no number where one is needed."""
    if not review or not value or fact not in _NUMBERS | _OTHERS:
        return None
    number = None
    confirmed: str | None = None if value.lower() == NONE else value
    if confirmed is not None and fact in _NUMBERS:
        confirmed = confirmed.replace(",", "").replace(" ", "")
        if not (confirmed.isascii() and confirmed.isdigit() and len(confirmed) < 12):
            return None
        number = int(confirmed)
        confirmed = str(number)
    return ConfirmedFactRow(
        review_id=review,
        fact=fact,
        position=1,
        value=confirmed,
        number=number,
        who=who or None,
        confirmed_at=when or None,
    )


def confirm(connection: sqlite3.Connection, path: Path) -> list[tuple[str, str]]:
    """Replace the confirmed facts by those of ``facts.csv``; return what could not be used."""
    decided, problems = read_facts(path)
    known = {row[0] for row in connection.execute("SELECT review_id FROM reviews")}
    strange = sorted({row.review_id for row in decided} - known)
    problems += [(review, f"facts.csv names {review}, which is not a review here") for review in strange]
    connection.execute("DELETE FROM confirmed_facts")
    write(connection, [row for row in decided if row.review_id in known])
    return problems
