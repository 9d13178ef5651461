"""A folded review as rows: everything about its latest state, its versions and their changes."""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from campbell_scraper.view.keys import canonical_json, content_hash, hashed, slug_key
from campbell_scraper.view.schema.page_tables import FileRow
from campbell_scraper.view.schema.review_tables import (
    AuthorRow,
    ChangeRow,
    DocumentTypeRow,
    GroupRow,
    ReviewAuthorRow,
    ReviewDocumentTypeRow,
    ReviewGroupRow,
    ReviewRow,
    VersionRow,
)
from campbell_scraper.view.schema.summary_tables import FactRow, InfoRow, SectionRow, SummaryRow

from .corrections import applied, corrected

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    from campbell_scraper.view.log.row_buffer import Rows
    from campbell_scraper.view.schema import Row
    from campbell_scraper.view.schema.summary_tables import CorrectionRow

    from .composing import Record
    from .version_fold import Folded

DERIVED = (
    "corrections",
    "changes",
    "review_versions",
    "evidence_facts",
    "sections",
    "summaries",
    "additional_info",
    "review_authors",
    "review_groups",
    "review_document_types",
    "files",
)
"""Tables whose rows of a review are written anew when it is folded again; each before those it refers to."""
_LARGEST = 2**63 - 1
_VOCABULARIES: tuple[tuple[str, type[Row], type[Row], str], ...] = (
    ("groups", GroupRow, ReviewGroupRow, "group_id"),
    ("document_types", DocumentTypeRow, ReviewDocumentTypeRow, "type_id"),
)
"""Field of a record, the rows of its vocabulary and of the links to it, and their key."""


def delete_derived(connection: sqlite3.Connection, review_id: str) -> None:
    """Delete what :func:`put` writes anew. The row of ``reviews`` itself stays."""
    for table in DERIVED:
        connection.execute(f"DELETE FROM {table} WHERE review_id = ?", (review_id,))


def put(
    rows: Rows,
    review_id: str,
    folded: Folded,
    text_of: Callable[[str], str],
    corrections: Iterable[CorrectionRow],
) -> None:
    """Put all rows of a folded review into the buffer. ``text_of`` returns the JSON of a content by its hash."""
    current = folded.versions[-1]
    put_review(
        rows,
        review_id,
        current.record,
        corrections,
        first_seen=folded.first_seen,
        last_seen=folded.last_seen,
        last_changed=current.valid_from,
        version=len(folded.versions),
        capture_id=folded.capture_id,
    )
    for kept in history(review_id, folded, text_of):
        rows.extend(kept)


def history(review_id: str, folded: Folded, text_of: Callable[[str], str]) -> tuple[list[VersionRow], list[ChangeRow]]:
    """Return the rows of versions and of changes, in the order of their keys."""
    versions: list[VersionRow] = []
    changes: list[ChangeRow] = []
    for number, version in enumerate(folded.versions, 1):
        # A record that is one representation's content has been encoded and hashed already.
        text = text_of(version.content_hash) if version.content_hash else canonical_json(version.record)
        versions.append(
            VersionRow(
                review_id=review_id,
                version=number,
                valid_from=version.valid_from,
                valid_to=folded.versions[number].valid_from if number < len(folded.versions) else None,
                capture_id=version.capture_id,
                content_hash=version.content_hash or content_hash(text),
                record=text,
            )
        )
        changes += [
            ChangeRow(review_id=review_id, version=number, field=field, **asdict(change))
            for field, change in sorted(version.changes.items())
        ]
    return versions, changes


def put_review(
    rows: Rows, review_id: str, record: Record, corrections: Iterable[CorrectionRow], **seen: str | int
) -> None:
    """Put the rows of a review's record, as people corrected it, into the buffer.

    ``seen`` are the columns of ``reviews`` that say when and where it was seen: first_seen, last_seen, last_changed,
    version, capture_id.
    """
    rows.extend(applied(record, corrections))
    record = corrected(record, corrections)
    get = record.get
    rows.add(ReviewRow.of(record, review_id=review_id, work_id=review_id, url=get("url") or "", **seen))
    rows.extend(_people(review_id, get("authors") or []))
    rows.extend(_terms(review_id, record))
    rows.extend(
        InfoRow.of(item, review_id=review_id, position=position)
        for position, item in enumerate(get("additional_info") or [], 1)
    )
    files: dict[str, tuple[str | None, str | None]] = {}
    for item in get("attachments") or []:
        files.setdefault(item["url"], (item.get("label"), item.get("language")))
    rows.extend(_summaries(review_id, get("summaries") or [], files))
    rows.extend(
        FileRow(url=url, review_id=review_id, label=label, language=language)
        for url, (label, language) in files.items()
    )


def _people(review_id: str, authors: list[dict[str, Any]]) -> Iterator[Row]:
    for position, author in enumerate(authors, 1):
        is_group = bool(author.get("is_group"))
        author_id = hashed(*map(author.get, ("name", "given", "family", "suffix")), int(is_group))
        yield AuthorRow.of(author, author_id=author_id, is_group=is_group)
        yield ReviewAuthorRow(review_id=review_id, position=position, author_id=author_id)


def _terms(review_id: str, record: Record) -> Iterator[Row]:
    """Yield the rows of groups and document types, and of the review's links to them."""
    for field, vocabulary, link, key in _VOCABULARIES:
        for position, name in enumerate(record.get(field) or [], 1):
            term = {key: slug_key(name), "name": name}
            yield vocabulary.of(term)
            yield link.of(term, review_id=review_id, position=position)


def _summaries(
    review_id: str, summaries: list[dict[str, Any]], files: dict[str, tuple[str | None, str | None]]
) -> Iterator[Row]:
    """Yield the rows of summaries and their parts; add the PDFs that they name to ``files``."""
    equals: dict[tuple[str, str], int] = {}
    for position, summary in enumerate(summaries, 1):
        kind = (summary["language"], summary["form"])
        equals[kind] = equals.get(kind, 0) + 1
        keys = {"review_id": review_id, "summary_id": hashed(review_id, *kind, equals[kind])}
        get = summary.get
        is_placeholder = bool(get("is_placeholder"))
        yield SummaryRow.of(summary, **keys, position=position, text=get("text") or "", is_placeholder=is_placeholder)
        if get("pdf_url"):
            label, language = files.get(summary["pdf_url"], (None, None))
            files[summary["pdf_url"]] = (label, language or summary["language"])
        sections = get("sections") or []
        for place, section in enumerate(sections, 1):
            yield SectionRow.of(section, **keys, section_id=f"{keys['summary_id']}-{place}", position=place)
        yield from _facts(keys, get("facts") or [], len(sections))


def _facts(keys: dict[str, str], facts: list[dict[str, Any]], sections: int) -> Iterator[Row]:
    for position, fact in enumerate(facts, 1):
        index, number, summary_id = fact.get("section"), fact.get("number"), keys["summary_id"]
        yield FactRow.of(
            fact,
            **keys,
            fact_id=f"{summary_id}-fact-{position}",
            section_id=f"{summary_id}-{index + 1}" if index is not None and 0 <= index < sections else None,
            position=position,
            number=number if number is not None and abs(number) <= _LARGEST else None,
        )
