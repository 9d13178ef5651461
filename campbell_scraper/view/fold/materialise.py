"""A folded review as rows: everything about its latest state, its versions and their changes."""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campbell_scraper.view.keys import canonical_json, content_hash, hashed, slug_key

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from campbell_scraper.view.log.row_buffer import Row, Rows

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
    """Put all rows of a folded review into the buffer. ``text_of`` gives the JSON of a content by its hash."""
    current = folded.versions[-1]
    seen = (folded.first_seen, folded.last_seen, current.valid_from, len(folded.versions), folded.capture_id)
    put_review(rows, review_id, current.record, seen)
    versions, changes = history(review_id, folded, text_of)
    rows.extend("review_versions", versions)
    rows.extend("changes", changes)


def history(review_id: str, folded: Folded, text_of: Callable[[str], str]) -> tuple[list[Row], list[Row]]:
    """Return the rows of ``review_versions`` and ``changes``, in the order of their keys."""
    versions: list[Row] = []
    changes: list[Row] = []
    for number, version in enumerate(folded.versions, 1):
        valid_to = folded.versions[number].valid_from if number < len(folded.versions) else None
        # A record that is one representation's content has been encoded and hashed already.
        text = text_of(version.content_hash) if version.content_hash else canonical_json(version.record)
        hashed_as = version.content_hash or content_hash(text)
        versions.append((review_id, number, version.valid_from, valid_to, version.capture_id, hashed_as, text))
        for field, change in sorted(version.changes.items()):
            captures = (change.old_capture_id, change.new_capture_id)
            changes.append((review_id, number, field, change.old, change.new, change.at, *captures))
    return versions, changes


def put_review(rows: Rows, review_id: str, record: Record, seen: tuple[str, str, str, int, str]) -> None:
    """Put the rows of a review's record; ``seen``: first_seen, last_seen, last_changed, version, capture_id."""
    get = record.get
    rows.add(
        "reviews",
        (
            review_id,
            review_id,
            None,
            get("stage"),
            record["status"],
            get("url") or "",
            get("title"),
            get("published_date"),
            get("published_date_raw"),
            get("published_precision"),
            get("doi"),
            get("full_review_url"),
            get("library_image_url"),
            get("headline"),
            get("brief"),
            get("layout"),
            get("intro"),
            *seen,
        ),
    )
    _people(rows, review_id, get("authors") or [])
    _terms(rows, review_id, get("groups") or [], "coordinating_groups", "review_groups")
    _terms(rows, review_id, get("document_types") or [], "document_types", "review_document_types")
    rows.extend(
        "additional_info",
        [
            (review_id, position, item["label"], item["value"], item["html"], item.get("field_type"))
            for position, item in enumerate(get("additional_info") or [], 1)
        ],
    )
    files: dict[str, tuple[str | None, str | None]] = {}
    for item in get("attachments") or []:
        files.setdefault(item["url"], (item.get("label"), item.get("language")))
    _summaries(rows, review_id, get("summaries") or [], files)
    rows.extend(
        "files",
        [(url, review_id, None, label, language, None, None, None, None) for url, (label, language) in files.items()],
    )


def _people(rows: Rows, review_id: str, authors: list[dict[str, Any]]) -> None:
    for position, author in enumerate(authors, 1):
        row = (
            author["name"],
            author.get("given"),
            author.get("family"),
            author.get("suffix"),
            int(bool(author.get("is_group"))),
        )
        author_id = hashed(*row)
        rows.add("authors", (author_id, *row))
        rows.add("review_authors", (review_id, position, author_id))


def _terms(rows: Rows, review_id: str, names: list[str], vocabulary: str, links: str) -> None:
    for position, name in enumerate(names, 1):
        key = slug_key(name)
        rows.add(vocabulary, (key, name))
        rows.add(links, (review_id, key, position, name))


def _summaries(
    rows: Rows,
    review_id: str,
    summaries: list[dict[str, Any]],
    files: dict[str, tuple[str | None, str | None]],
) -> None:
    equals: dict[tuple[str, str], int] = {}
    for position, summary in enumerate(summaries, 1):
        kind = (summary["language"], summary["form"])
        equals[kind] = equals.get(kind, 0) + 1
        summary_id = hashed(review_id, *kind, equals[kind])
        get = summary.get
        rows.add(
            "summaries",
            (
                summary_id,
                review_id,
                position,
                summary["language"],
                get("language_label"),
                summary["form"],
                get("title"),
                get("banner"),
                get("headline"),
                get("brief"),
                get("text") or "",
                int(bool(get("is_placeholder"))),
                get("pdf_url"),
            ),
        )
        if get("pdf_url"):
            label, language = files.get(summary["pdf_url"], (None, None))
            files[summary["pdf_url"]] = (label, language or summary["language"])
        sections = get("sections") or []
        section_ids = [f"{summary_id}-{place}" for place in range(1, len(sections) + 1)]
        rows.extend(
            "sections",
            [
                (
                    section_ids[index],
                    summary_id,
                    review_id,
                    index + 1,
                    section["heading"],
                    section.get("level"),
                    section["kind"],
                    section["text"],
                )
                for index, section in enumerate(sections)
            ],
        )
        _facts(rows, review_id, summary_id, get("facts") or [], section_ids)


def _facts(rows: Rows, review_id: str, summary_id: str, facts: list[dict[str, Any]], section_ids: list[str]) -> None:
    for position, fact in enumerate(facts, 1):
        index, number = fact.get("section"), fact.get("number")
        rows.add(
            "evidence_facts",
            (
                f"{summary_id}-fact-{position}",
                review_id,
                summary_id,
                section_ids[index] if index is not None and 0 <= index < len(section_ids) else None,
                position,
                fact["fact"],
                fact["value"],
                number if number is not None and abs(number) <= _LARGEST else None,
                fact.get("precision"),
                fact["quote"],
                fact["quote_start"],
                fact["quote_end"],
            ),
        )
