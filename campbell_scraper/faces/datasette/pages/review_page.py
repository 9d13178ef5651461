"""One review as a person reads it: what the page shows of it, with each fact at its sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import langcodes
import nh3
from markupsafe import Markup

from campbell_scraper.faces.export.citations.citation import Citation, cite
from campbell_scraper.faces.export.citations.clean_text import web_url
from campbell_scraper.faces.export.library_export import Review, decoded_record
from campbell_scraper.faces.export.portable.overview import replay_base, replay_url, text_fragment
from campbell_scraper.view.fold.corrections import corrected, load_corrections
from campbell_scraper.words import clean

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from campbell_scraper.view.schema.summary_tables import CorrectionRow

_MAX_SHOWN = 400_000
"""Characters of one text that a page shows; the rest is in the table."""
_MAX_VERSIONS = 100
"""Versions that a page lists; a comparison leads to all."""
_BULLET = re.compile(r"- |(\d{1,3})\. ")
_HEADING = re.compile(r"<(/?)h[1-6]\b", re.IGNORECASE)
_EMPTY = re.compile(r"<p>\s*</p>")
_ABSOLUTE = re.compile("[a-z]+:", re.IGNORECASE)
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "syr", "ug", "ur", "yi"})
SUMMARY_FORMS = {
    "plain_language_summary": "Plain language summary",
    "user_abstract": "User abstract",
    "executive_summary": "Executive summary",
    "policy_brief": "Policy brief",
}
"""Form of a summary → what it is called."""
_FACT_ORDER = (
    "studies_included", "studies_identified", "studies_analysed", "reports", "interventions", "participants",
    "study_designs", "countries", "search_date", "publication_window",
)  # fmt: skip
_SHOW = nh3.Cleaner(
    tags={
        "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "dl", "dt", "em", "h1", "h2",
        "h3", "h4", "h5", "h6", "i", "ins", "li", "mark", "ol", "p", "pre", "q", "s", "small", "strong", "sub", "sup",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
    },
    attributes={"*": {"lang", "dir"}, "a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
    attribute_filter=lambda _, name, value: value if name != "href" or _ABSOLUTE.match(value) else None,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)  # fmt: skip
"""Stored markup without images, since showing one would ask another machine for it, and without links to places of the
page it stood on."""


_OF_REVIEW = {
    "authors": "SELECT a.* FROM review_authors ra JOIN authors a USING (author_id) WHERE ra.review_id = ? "
    "ORDER BY ra.position",
    "labels": "SELECT * FROM additional_info WHERE review_id = ? ORDER BY position",
    "urls_of": "SELECT url, how FROM review_urls WHERE review_id = ? ORDER BY how, url LIMIT 50",
    "files": "SELECT url, label, language, capture_id, pages, error, rowid AS file_row FROM files "
    "WHERE review_id = ? ORDER BY url",
}
"""What a review's page shows of its tables: name → rows."""
_VERSIONS = """SELECT v.version, v.valid_from, c.captured_at, c.url,
  (SELECT count(*) FROM changes d WHERE d.review_id = v.review_id AND d.version = v.version) AS changed
FROM review_versions v LEFT JOIN captures c USING (capture_id) WHERE v.review_id = ? ORDER BY v.version"""


@dataclass(frozen=True, slots=True)
class TextRun:
    """A stretch of text, with the facts whose sentence it belongs to."""

    text: str
    facts: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    """Those of them whose sentence begins here."""


@dataclass(slots=True)
class TextBlock:
    """A paragraph, list or table of a text."""

    tag: str
    """p, ul, ol or table."""
    items: list[Any] = field(default_factory=list)
    """Runs of a paragraph; runs of each list item; runs of each cell of each row."""
    start: int = 1
    """Number of an ordered list's first item."""


def blocks(text: str, facts: Iterable[tuple[str, int, int]] = ()) -> list[TextBlock]:
    """Cut a stored text into paragraphs, lists and tables; ``facts`` are (fact_id, start, end) of their sentences."""
    marks = [(one, max(0, start), min(end, len(text))) for one, start, end in facts if start < end]
    text_blocks: list[TextBlock] = []
    at = 0
    for line in text[:_MAX_SHOWN].split("\n"):
        begin, at = at, at + len(line) + 1
        if not line.strip():
            continue
        bullet = _BULLET.match(line)
        if "\t" in line:
            cells, place = [], begin
            for cell in line.split("\t"):
                cells.append(_runs(cell, place, marks))
                place += len(cell) + 1
            _under(text_blocks, "table").items.append(cells)
        elif bullet:
            block = _under(text_blocks, "ol" if bullet[1] else "ul", int(bullet[1] or 1))
            block.items.append(_runs(line[bullet.end() :], begin + bullet.end(), marks, bullet.end()))
        else:
            text_blocks.append(TextBlock("p", _runs(line, begin, marks)))
    return text_blocks


def _under(earlier: list[TextBlock], tag: str, start: int = 1) -> TextBlock:
    if not earlier or earlier[-1].tag != tag or (tag == "ol" and start != earlier[-1].start + len(earlier[-1].items)):
        earlier.append(TextBlock(tag, start=start))
    return earlier[-1]


def _runs(text: str, begin: int, marks: list[tuple[str, int, int]], skipped: int = 0) -> list[TextRun]:
    """Cut a line where sentences of facts begin and end; ``skipped`` characters before it are a list's mark."""
    end = begin + len(text)
    here = [(one, start, stop) for one, start, stop in marks if start < end and stop > begin]
    if not here:
        return [TextRun(clean(text))]
    cuts = sorted({begin, end, *(min(max(place, begin), end) for _, *places in here for place in places)})
    runs = []
    for start, stop in pairwise(cuts):
        inside = tuple(one for one, first, last in here if first < stop and last > start)
        first_at = tuple(
            one for one, first, _ in here if first == start or (start == begin and begin - skipped <= first < begin)
        )
        runs.append(TextRun(clean(text[start - begin : stop - begin]), inside, first_at))
    return runs


def language_name(tag: str) -> str:
    """Return a language's English name.

    >>> language_name("nb"), language_name("und")
    ('Norwegian Bokmål', 'Unknown language')
    """
    if tag == "und":
        return "Unknown language"
    try:
        return str(langcodes.get(tag).display_name("en"))
    except (ValueError, LookupError):
        return tag


def shown_html(markup: str) -> Markup:
    """Return stored markup as it may be shown inside a page that has headings of its own: cleaned once more."""
    cleaned = _SHOW.clean(clean(markup[:_MAX_SHOWN]))
    return Markup(_EMPTY.sub("", _HEADING.sub(r"<\1p", cleaned)))  # noqa: S704 - cleaned above


def review_path(review_id: str) -> str:
    """Return the path of a review's page."""
    return f"/-/review/{quote(review_id, safe='/')}"


def pdf_path(capture_id: str) -> str:
    """Return the path of a captured PDF."""
    return f"/-/pdf/{quote(capture_id, safe=':')}"


def load_review(
    connection: sqlite3.Connection, review_id: str, position: int | None, file: str | None = None
) -> dict[str, Any] | None:
    """Return what the page of a review shows, with the summary of that position (else the English, else the first).

    With the address of a ``file``, its text is shown instead. If a summary is only in a PDF, the PDF's text is too.
    ``None`` if there is no such review to be shown.
    """
    row = _first_row(connection, "SELECT * FROM reviews WHERE review_id = ?", review_id)
    if row is None:
        return None
    summaries = rows_of(connection, "SELECT * FROM summaries WHERE review_id = ? ORDER BY position", review_id)
    for one in summaries:
        one["name"] = language_name(one["language"])
        one["form_name"] = SUMMARY_FORMS.get(one["form"], one["form"].replace("_", " ").capitalize())
        one["direction"] = _direction(one["language"])
    found = {name: rows_of(connection, sql, review_id) for name, sql in _OF_REVIEW.items()}
    for one in found["files"]:
        one["name"] = language_name(one["language"]) if one["language"] else None
    files = {one["url"]: one for one in found["files"]}
    summary = None if file in files else _chosen(summaries, position)
    pdf = files.get(summary["pdf_url"] if summary else file)
    capture = _first_row(connection, "SELECT * FROM captures WHERE capture_id = ?", row["capture_id"])
    replayed = capture and web_url(replay_url(replay_base(connection), capture["captured_at"], capture["url"]))
    facts = _facts(connection, review_id, summaries)
    for fact in facts:
        fact["replay_url"] = replayed and replayed + text_fragment(fact["quote"])
    corrections = load_corrections(connection, review_id).get(review_id, [])
    for label in found["labels"]:
        label["markup"] = shown_html(label["html"])
    languages = {one["language"] for one in summaries} | {None}
    labels = {one["language_label"] for one in summaries} - {None}
    printed = (one["markup"] for one in found["labels"] if summary and one["label"] == summary["language_label"])
    return found | {
        "review": row,
        "groups": _names(connection, "review_groups", review_id),
        "types": _names(connection, "review_document_types", review_id),
        "summaries": summaries,
        "summary": summary,
        "pdf": pdf,
        "pdf_text": _pdf_text(connection, pdf) if pdf and not (summary and not summary["is_placeholder"]) else None,
        "only_files": [one for one in found["files"] if one["language"] not in languages],
        "parts": _parts(connection, summary, facts) if summary else [],
        "as_printed": next(printed, None),
        "facts": facts,
        "confirmed": _confirmed(connection, review_id),
        "corrections": [one for one in corrections if one.applies],
        "labels": [one for one in found["labels"] if one["label"] not in labels],
        "capture": capture,
        "replay_url": replayed,
        "others": rows_of(
            connection,
            "SELECT review_id, title, stage, status, published_date, matched_by FROM reviews WHERE work_id = ? AND "
            "review_id <> ? ORDER BY published_date DESC, review_id",
            row["work_id"],
            review_id,
        ),
        "versions": versions_of(connection, review_id)[::-1][:_MAX_VERSIONS],
        "citation": _citation(connection, row, corrections),
    }


def _pdf_text(connection: sqlite3.Connection, pdf: dict[str, Any]) -> dict[str, Any]:
    """Return the stored text of a PDF, as much of it as a page shows, and its direction."""
    sql = "SELECT substr(text, 1, ?1) AS text, length(text) > ?1 AS is_cut FROM files WHERE rowid = ?2"
    row = rows_of(connection, sql, _MAX_SHOWN, pdf["file_row"])[0]
    return row | {"direction": _direction(pdf["language"] or "")}


def _direction(language: str) -> str:
    return "rtl" if language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def _citation(
    connection: sqlite3.Connection, row: dict[str, Any], corrections: Iterable[CorrectionRow]
) -> Citation | None:
    """Return the review's citation as the exports have it."""
    sql = (
        "SELECT v.*, c.captured_at FROM review_versions v LEFT JOIN captures c USING (capture_id) "
        "WHERE review_id = ? AND version IN (1, ?)"
    )
    stored = {one["version"]: one for one in rows_of(connection, sql, row["review_id"], row["version"])}
    now = stored.get(row["version"])
    if now is None:
        return None
    record = decoded_record(row["review_id"], now["record"])
    origin = decoded_record(row["review_id"], stored[1]["record"]) if 1 in stored else record
    names = ("review_id", "version", "valid_from", "valid_to", "content_hash", "capture_id", "captured_at")
    record = corrected(record, corrections)
    return cite(Review(**{name: now[name] for name in names}, work_id=row["work_id"], record=record, origin=origin))


def meta_tags(citation: Citation | None) -> list[tuple[str, str]]:
    """Return the ``citation_*`` tags that reference managers read (Highwire Press' names)."""
    if citation is None:
        return []
    tags: list[tuple[str, str | None]] = [("citation_title", citation.title)]
    tags += [
        ("citation_author", ", ".join(filter(None, (name.whole_family, name.given, name.suffix))))
        for name in citation.authors
    ]
    tags += [
        ("citation_publication_date", "/".join(f"{part:02}" for part in citation.issued)),
        ("citation_doi", citation.doi),
        ("citation_journal_title", citation.journal),
        ("citation_issn", citation.issn),
        ("citation_volume", citation.volume),
        ("citation_issue", citation.issue),
        ("citation_firstpage", citation.article_number),
        ("citation_technical_report_institution", citation.publisher if not citation.is_article else None),
        ("citation_public_url", citation.url),
        ("citation_language", citation.language),
        ("citation_abstract", citation.abstract),
        ("citation_keywords", "; ".join(citation.keywords)),
    ]
    return [(name, clean(value)) for name, value in tags if value]


def _chosen(summaries: list[dict[str, Any]], position: int | None) -> dict[str, Any] | None:
    by_position = {one["position"]: one for one in summaries}
    if position in by_position:
        return by_position[position]
    english = (one for one in summaries if one["language"] == "en" and not one["is_placeholder"])
    return next(english, summaries[0] if summaries else None)


def _facts(connection: sqlite3.Connection, review_id: str, summaries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    facts = rows_of(connection, "SELECT * FROM evidence_facts WHERE review_id = ? ORDER BY position", review_id)
    confirmed = {(one["fact"], one["value"]) for one in _confirmed(connection, review_id)}
    decided = {fact for fact, _ in confirmed}
    facts = [one for one in facts if one["fact"] not in decided or (one["fact"], one["value"]) in confirmed]
    positions = {one["summary_id"]: (one["position"], one["name"]) for one in summaries}
    for fact in facts:
        fact["summary"], fact["language"] = positions.get(fact["summary_id"], (1, ""))
    places = {name: place for place, name in enumerate(_FACT_ORDER)}
    return sorted(facts, key=lambda one: (one["summary"], places.get(one["fact"], 99), one["position"]))


def _confirmed(connection: sqlite3.Connection, review_id: str) -> list[dict[str, Any]]:
    return rows_of(connection, "SELECT * FROM confirmed_facts WHERE review_id = ? ORDER BY fact, position", review_id)


def _parts(
    connection: sqlite3.Connection, summary: dict[str, Any], facts: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return headline, brief and sections of a summary, each as blocks."""
    own = [one for one in facts if one["summary_id"] == summary["summary_id"]]

    def part(name: str, text: str, section: str | None = None, **more: Any) -> dict[str, Any]:
        quoted = [
            (one["fact_id"], one["quote_start"], one["quote_end"])
            for one in own
            if one["section_id"] == section and (section or text[one["quote_start"] : one["quote_end"]] == one["quote"])
        ]
        return {"part": name, "id": name, "heading": None, "blocks": blocks(text, quoted)} | more

    sql = "SELECT * FROM sections WHERE summary_id = ? ORDER BY position"
    return [part(name, summary[name]) for name in ("headline", "brief") if summary[name]] + [
        part("section", one["text"], one["section_id"], id=f"section-{one['position']}", heading=one["heading"],
             kind=one["kind"])
        for one in rows_of(connection, sql, summary["summary_id"])
    ]  # fmt: skip


def versions_of(connection: sqlite3.Connection, review_id: str) -> list[dict[str, Any]]:
    """Return all versions of a review, the first one first: since when, and where its capture is replayed."""
    base = replay_base(connection)
    return [
        one | {"replay_url": web_url(replay_url(base, one["captured_at"], one["url"]))}
        for one in rows_of(connection, _VERSIONS, review_id)
    ]


def _names(connection: sqlite3.Connection, table: str, review_id: str) -> list[str]:
    sql = f"SELECT name FROM {table} WHERE review_id = ? ORDER BY position"  # noqa: S608 - a table of ours
    return [one["name"] for one in rows_of(connection, sql, review_id)]


def _first_row(connection: sqlite3.Connection, sql: str, *values: object) -> dict[str, Any] | None:
    return next(iter(rows_of(connection, sql, *values)), None)


def rows_of(connection: sqlite3.Connection, sql: str, *values: object) -> list[dict[str, Any]]:
    """Return the rows of a query as dictionaries."""
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
