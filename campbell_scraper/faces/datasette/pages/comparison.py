"""Two versions of a review side by side, and the steps to the versions before and behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from campbell_scraper.faces.export.changes import FieldChange
from campbell_scraper.faces.export.citations.word_diff import as_columns
from campbell_scraper.faces.export.library_export import decoded_record
from campbell_scraper.view.fold.record_diff import diff

from .review_page import SUMMARY_FORMS, language_name, rows_of, versions_of

if TYPE_CHECKING:
    import sqlite3

_RECORD = "SELECT record FROM review_versions WHERE review_id = ? AND version = ?"


def load_comparison(
    connection: sqlite3.Connection, review_id: str, old: int | None, new: int | None
) -> dict[str, Any] | None:
    """Return what the page of a comparison shows; by default of the newest version with the one before.

    ``None`` if there is no such review to be shown, or no such version of it.
    """
    versions = versions_of(connection, review_id)
    numbers = [one["version"] for one in versions]
    new = numbers[-1] if new is None and numbers else new
    old = max(new - 1, 1) if old is None and new is not None else old
    if old not in numbers or new not in numbers:
        return None
    before, after = (
        decoded_record(review_id, rows_of(connection, _RECORD, review_id, one)[0]["record"]) for one in (old, new)
    )
    place = numbers.index(new)
    changed = [FieldChange(field=name, old=pair[0], new=pair[1]) for name, pair in diff(before, after).items()]
    return {
        "review_id": review_id,
        "title": rows_of(connection, "SELECT title FROM reviews WHERE review_id = ?", review_id)[0]["title"],
        "versions": versions,
        "shown": [versions[numbers.index(one)] for one in (old, new)],
        "previous": numbers[place - 2 : place] if place > 1 else None,
        "next": numbers[place : place + 2] if new != numbers[-1] else None,
        "fields": [(field_name(one.field), *map(Markup, as_columns(*one.readable))) for one in changed],
    }


def field_name(field: str) -> str:
    """Return what people call a field of ``changes``.

    >>> field_name("summaries.no:user_abstract.sections.Why?"), field_name("summaries.en.headline")
    ('Norwegian user abstract: Why?', 'English: headline')
    >>> field_name("additional_info.Keywords"), field_name("document_types")
    ('additional info: Keywords', 'document types')
    """
    kind, _, name = field.partition(".")
    if kind != "summaries" or not name:
        return ": ".join(filter(None, (kind.replace("_", " "), name)))
    summary, _, name = name.partition(".")
    language, _, form = summary.partition(":")
    called = language_name(language) + (f" {SUMMARY_FORMS.get(form, form).lower()}" if form else "")
    return ": ".join(filter(None, (called, name.removeprefix("sections."))))
