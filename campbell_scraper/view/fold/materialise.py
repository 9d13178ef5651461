"""A folded review as rows: everything about its latest state, its versions and their changes."""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from campbell_scraper.view.keys import canonical_json, content_hash, hashed, slug_key
from campbell_scraper.view.schema.content_tables import FactRow, FileRow, InfoRow, SectionRow, SummaryRow
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

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from campbell_scraper.view.log.row_buffer import Rows
    from campbell_scraper.view.schema import Row

    from .composing import Record
    from .version_fold import Folded

DERIVED = (
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


def delete_derived(connection: sqlite3.Connection, review_id: str) -> None:
    """Delete what :func:`put` writes anew. The row of ``reviews`` itself stays."""
    for table in DERIVED:
        connection.execute(f"DELETE FROM {table} WHERE review_id = ?", (review_id,))


def put(rows: Rows, review_id: str, folded: Folded, text_of: Callable[[str], str]) -> None:
    """Put all rows of a folded review into the buffer. ``text_of`` returns the JSON of a content by its hash."""
    current = folded.versions[-1]
    seen = SeenTimes(folded.first_seen, folded.last_seen, current.valid_from, len(folded.versions), folded.capture_id)
    put_review(rows, review_id, current.record, seen)
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
            ChangeRow(
                review_id=review_id,
                version=number,
                field=field,
                old=change.old,
                new=change.new,
                changed_at=change.at,
                old_capture_id=change.old_capture_id,
                new_capture_id=change.new_capture_id,
            )
            for field, change in sorted(version.changes.items())
        ]
    return versions, changes


class SeenTimes(NamedTuple):
    """When and in which capture a review was seen."""

    first: str
    last: str
    changed: str
    version: int
    capture_id: str


def put_review(rows: Rows, review_id: str, record: Record, seen: SeenTimes) -> None:
    """Put the rows of a review's record into the buffer."""
    get = record.get
    rows.add(
        ReviewRow(
            review_id=review_id,
            work_id=review_id,
            stage=get("stage"),
            status=record["status"],
            url=get("url") or "",
            title=get("title"),
            published_date=get("published_date"),
            published_date_raw=get("published_date_raw"),
            published_precision=get("published_precision"),
            doi=get("doi"),
            full_review_url=get("full_review_url"),
            library_image_url=get("library_image_url"),
            headline=get("headline"),
            brief=get("brief"),
            layout=get("layout"),
            intro=get("intro"),
            first_seen=seen.first,
            last_seen=seen.last,
            last_changed=seen.changed,
            version=seen.version,
            capture_id=seen.capture_id,
        )
    )
    rows.extend(_people(review_id, get("authors") or []))
    rows.extend(_groups(review_id, get("groups") or []))
    rows.extend(_types(review_id, get("document_types") or []))
    rows.extend(
        InfoRow(
            review_id=review_id,
            position=position,
            label=item["label"],
            value=item["value"],
            html=item["html"],
            field_type=item.get("field_type"),
        )
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
        name, given, family, suffix = author["name"], author.get("given"), author.get("family"), author.get("suffix")
        is_group = bool(author.get("is_group"))
        author_id = hashed(name, given, family, suffix, int(is_group))
        yield AuthorRow(author_id=author_id, name=name, given=given, family=family, suffix=suffix, is_group=is_group)
        yield ReviewAuthorRow(review_id=review_id, position=position, author_id=author_id)


def _groups(review_id: str, names: list[str]) -> Iterator[Row]:
    for position, name in enumerate(names, 1):
        key = slug_key(name)
        yield GroupRow(group_id=key, name=name)
        yield ReviewGroupRow(review_id=review_id, group_id=key, position=position, name=name)


def _types(review_id: str, names: list[str]) -> Iterator[Row]:
    for position, name in enumerate(names, 1):
        key = slug_key(name)
        yield DocumentTypeRow(type_id=key, name=name)
        yield ReviewDocumentTypeRow(review_id=review_id, type_id=key, position=position, name=name)


def _summaries(
    review_id: str, summaries: list[dict[str, Any]], files: dict[str, tuple[str | None, str | None]]
) -> Iterator[Row]:
    """Yield the rows of summaries and their parts; ``files`` learns of the PDFs that they name."""
    equals: dict[tuple[str, str], int] = {}
    for position, summary in enumerate(summaries, 1):
        kind = (summary["language"], summary["form"])
        equals[kind] = equals.get(kind, 0) + 1
        summary_id = hashed(review_id, *kind, equals[kind])
        get = summary.get
        yield SummaryRow(
            summary_id=summary_id,
            review_id=review_id,
            position=position,
            language=summary["language"],
            language_label=get("language_label"),
            form=summary["form"],
            title=get("title"),
            banner=get("banner"),
            headline=get("headline"),
            brief=get("brief"),
            text=get("text") or "",
            is_placeholder=bool(get("is_placeholder")),
            pdf_url=get("pdf_url"),
        )
        if get("pdf_url"):
            label, language = files.get(summary["pdf_url"], (None, None))
            files[summary["pdf_url"]] = (label, language or summary["language"])
        sections = get("sections") or []
        for place, section in enumerate(sections, 1):
            yield SectionRow(
                section_id=f"{summary_id}-{place}",
                summary_id=summary_id,
                review_id=review_id,
                position=place,
                heading=section["heading"],
                level=section.get("level"),
                kind=section["kind"],
                text=section["text"],
            )
        yield from _facts(review_id, summary_id, get("facts") or [], len(sections))


def _facts(review_id: str, summary_id: str, facts: list[dict[str, Any]], sections: int) -> Iterator[Row]:
    for position, fact in enumerate(facts, 1):
        index, number = fact.get("section"), fact.get("number")
        yield FactRow(
            fact_id=f"{summary_id}-fact-{position}",
            review_id=review_id,
            summary_id=summary_id,
            section_id=f"{summary_id}-{index + 1}" if index is not None and 0 <= index < sections else None,
            position=position,
            fact=fact["fact"],
            value=fact["value"],
            number=number if number is not None and abs(number) <= _LARGEST else None,
            precision=fact.get("precision"),
            quote=fact["quote"],
            quote_start=fact["quote_start"],
            quote_end=fact["quote_end"],
        )
