"""Where a value comes from: the capture that says it, the bytes of that capture, checked, and the words themselves."""

from __future__ import annotations

import hashlib
import html
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.archive.read.locate import read_at
from campbell_scraper.archive.read.payload import RevisitPayload
from campbell_scraper.errors import DamagedError, UsageError
from campbell_scraper.faces.export.portable.overview import replay_base, replay_url, text_fragment
from campbell_scraper.reading.page.decoding import decode
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.exclusions import excluded
from campbell_scraper.view.fold.corrections import load_corrections
from campbell_scraper.view.fold.provenance import field_sources
from campbell_scraper.view.fold.record_diff import summary_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campbell_scraper.archive.capture import Capture
    from campbell_scraper.folder import DataFolder

_SHOWN: Final = 300
"""Characters of markup shown on either side together."""
_LONGEST: Final = 500
"""Characters of words that are looked for as they are."""
_NOWHERE: Final = "(the page does not say)"
_PRINTED: Final = {"published_date": "published_date_raw", "published_precision": "published_date_raw"}
"""Fields that were read from another field's words."""
_SUMMARY_LEAVES: Final = ("title", "banner", "headline", "brief", "text", "pdf_url")


@dataclass(frozen=True, slots=True)
class _Value:
    """One value of a review."""

    review_id: str
    name: str | None
    """None if the review as a whole was asked for."""
    value: str | None
    words: tuple[str, ...] = ()
    """What the page prints, the likeliest first."""
    field: str | None = None
    """Field of the record it belongs to."""


def trace_value(folder: DataFolder, target: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of everything known about the origin of a review or of one of its fields.

    ``target`` is a review_id or the end of one; behind a dot may stand a column of ``reviews``, ``authors``,
    ``groups``, ``document_types``, ``additional_info.<label>``, ``summaries.<language>`` (with ``.headline``,
    ``.brief``, ``.sections.<heading>``), or the name of an evidence fact.

    Raises:
        UsageError: there is no such review or field, or ``exclusions.csv`` says that it must not be shown.
        DamagedError: the archived bytes are not what the database says.

    """
    hidden = excluded(folder)
    with closing(open_readonly(folder.database)) as connection:
        connection.row_factory = sqlite3.Row
        traced = _find(connection, target)
        if traced.review_id in hidden:
            reason = hidden[traced.review_id]
            raise UsageError(
                f"{traced.review_id} is excluded{f' ({reason})' if reason else ''}: see {folder.exclusions}."
            )
        said_by, capture = _capture(connection, traced)
        corrections = load_corrections(connection, traced.review_id).get(traced.review_id, ())
        correction = next((one for one in corrections if one.applies and one.field == traced.name), None)
        base = replay_base(connection)
    archived = _archived(folder, capture)
    yield "review", traced.review_id
    on_page = _NOWHERE if traced.value is None else traced.value
    if correction is not None:
        yield correction.field, correction.new or "none"
        yield "corrected by", "; ".join(filter(None, (correction.who or "a person", correction.reason)))
        yield "the page says", on_page
    elif traced.name:
        yield traced.name, on_page
    yield "url", capture["url"]
    yield "captured at", capture["captured_at"]
    if said_by:
        yield "said by", said_by
    yield "capture", capture["capture_id"]
    yield "WARC file", str((folder.archive / capture["warc_file"]).relative_to(folder.root))
    yield "offset", f"{capture['warc_offset']} ({capture['warc_length']} bytes compressed)"
    yield "payload digest", f"{capture['payload_digest']} ({_checked(capture, archived)})"
    words, markup, visible = _words(archived, traced.words)
    if markup:
        yield "read from", markup
    replayed = replay_url(base, capture["captured_at"], capture["url"]) or ""
    yield "replay", replayed + (text_fragment(words) if visible else "")


def _find(connection: sqlite3.Connection, target: str) -> _Value:
    """Return the value that a target names: all of it is a review, or a field follows one of its dots (last first)."""
    try:
        return _Value(_review(connection, target), None, None)
    except UsageError as error:
        unknown = error
    for dot in reversed([match.start() for match in re.finditer(r"\.", target)]):
        try:
            review_id = _review(connection, target[:dot])
        except UsageError:
            continue
        return _field(connection, review_id, target[dot + 1 :])
    raise unknown


def _review(connection: sqlite3.Connection, typed: str) -> str:
    name = typed.strip("/").removesuffix(".html")
    rows = connection.execute("select review_id from reviews where review_id = ?", (name,)).fetchall()
    if not rows and name:
        like = "%" + name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = connection.execute(
            "select review_id from reviews where review_id like ? escape '\\' order by 1", (like,)
        ).fetchall()
    if not rows:
        raise UsageError(f"There is no review {name!r} in this library (review_id is the path of its page).")
    if len(rows) > 1:
        some = ", ".join(row["review_id"] for row in rows[:3])
        raise UsageError(f"{name!r} matches {len(rows)} reviews: {some}{' ...' if len(rows) > 3 else ''}.")
    return str(rows[0]["review_id"])


def _field(connection: sqlite3.Connection, review_id: str, name: str) -> _Value:
    row = connection.execute("select * from reviews where review_id = ?", (review_id,)).fetchone()
    record: dict[str, Any] = json.loads(
        connection.execute(
            "select record from review_versions where review_id = ? and version = ?", (review_id, row["version"])
        ).fetchone()[0]
    )
    if name in record and isinstance(record[name], list) and name not in {"summaries", "additional_info"}:
        items = tuple(item if isinstance(item, str) else item.get("name") or item.get("url") for item in record[name])
        return _Value(review_id, name, "; ".join(items) or None, items, name)
    if name in row.keys():  # noqa: SIM118 - a Row's own iterator gives values
        on_page = record.get(name, row[name])  # the page's, if a person has corrected the row
        value = None if on_page is None else str(on_page)
        printed = row[_PRINTED[name]] if name in _PRINTED else value
        return _Value(review_id, name, value, (printed,) if printed else (), name)
    for path, value, words, field in _leaves(record):
        if path.casefold() == name.casefold():
            return _Value(review_id, path, value, (words or value,), field)
    raise UsageError(f"{review_id} has no field {name!r}.")


def _leaves(record: dict[str, Any]) -> Iterator[tuple[str, str, str | None, str]]:
    """Yield path, value, printed words and field of the values inside a record's lists."""
    for item in record.get("additional_info") or []:
        yield f"additional_info.{item['label']}", item["value"], None, "additional_info"
    for summary in record.get("summaries") or []:
        path = summary_path(summary)
        yield path, summary.get("text") or "", None, "summaries"
        for name in _SUMMARY_LEAVES:
            if summary.get(name):
                yield f"{path}.{name}", summary[name], None, "summaries"
        for section in summary.get("sections") or []:
            yield f"{path}.sections.{section['heading']}", section["text"], None, "summaries"
        for fact in summary.get("facts") or []:
            yield fact["fact"], fact["value"], fact["quote"], "summaries"


def _capture(connection: sqlite3.Connection, traced: _Value) -> tuple[str | None, sqlite3.Row]:
    """Return what says the value, if that is known, and its capture."""
    source = field_sources(connection, traced.review_id).get(traced.field or "")
    (shown,) = connection.execute("select capture_id from reviews where review_id = ?", (traced.review_id,)).fetchone()
    capture = connection.execute(
        "select * from captures where capture_id = ?", (source.capture_id if source else shown,)
    ).fetchone()
    said_by = f"{source.representation}, unchanged since {source.since}" if source else None
    return said_by, capture


def _archived(folder: DataFolder, capture: sqlite3.Row) -> Capture:
    place = f"{capture['warc_file']} at {capture['warc_offset']}"
    try:
        return read_at(folder.archive / capture["warc_file"], capture["warc_offset"], capture["capture_id"])
    except (OSError, ValueError) as error:
        raise DamagedError(f"{place} cannot be read: {error}.") from error


def _checked(capture: sqlite3.Row, archived: Capture) -> str:
    """Compare the digest of the bytes themselves with what the row says."""
    if capture["payload_digest"] is None:
        return "no payload"
    payload = archived.payload
    try:
        record = payload.resolve() if isinstance(payload, RevisitPayload) else payload
        entity = record.entity() if record is not None else b""  # type: ignore[attr-defined] # a RecordPayload
    except PayloadError as error:
        raise DamagedError(f"{capture['capture_id']}: {error}.") from error
    algorithm = capture["payload_digest"].partition(":")[0]
    if algorithm != "sha256":
        return f"{algorithm} is not checked"
    actual = f"sha256:{hashlib.sha256(entity).hexdigest()}"
    if actual != capture["payload_digest"]:
        raise DamagedError(f"{capture['capture_id']}: the archived payload has another digest: {actual}.")
    return "checked"


def _words(archived: Capture, candidates: tuple[str, ...]) -> tuple[str, str | None, bool]:
    """Find what was printed in the page: the words, the markup they stand in, and whether a reader sees them."""
    try:
        body = archived.payload() if archived.payload is not None and candidates else b""
    except PayloadError:
        body = b""
    source = decode(archived.headers, body)
    if not source.strip():
        return "", None, False
    visible_text = _visible(source) if (archived.mime or "").endswith(("html", "xml")) else ""
    for words in candidates:
        # A long text is found by its beginning: markup stands between its paragraphs.
        for part in (words, words.split("\n", 1)[0], " ".join(words.split()[:3])):
            if len(part) <= _LONGEST and (match := _spelled(part, archived.mime).search(source)):
                return words, _around(source, match), _folded(words.split("\n", 1)[0]) in visible_text
        if _folded(words) in visible_text:
            return words, None, True
    return "", None, False


def _spelled(words: str, mime: str | None) -> re.Pattern[str]:
    """Return a pattern for the words as a page's source may spell them: entities, other white space, JSON's escapes."""
    if (mime or "").endswith("json"):
        return re.compile(re.escape(json.dumps(words)[1:-1]) + "|" + re.escape(words.replace("/", "\\/")))
    parts = (
        f"(?:{re.escape(word)}|{re.escape(html.escape(word))}|{re.escape(html.escape(word, quote=False))})"
        for word in words.split()
    )
    return re.compile(r"(?:\s|&nbsp;|&#160;)+".join(parts) or r"(?!)")


def _around(source: str, match: re.Match[str]) -> str:
    room = max(40, (_SHOWN - (match.end() - match.start())) // 2)
    start, end = max(0, match.start() - room), min(len(source), match.end() + room)
    text = " ".join(source[start:end][: 2 * _SHOWN].split())
    return ("... " if start else "") + text + (" ..." if end < len(source) else "")


def _visible(source: str) -> str:
    root = etree.fromstring(source.encode("utf-8", "replace"), etree.HTMLParser(encoding="utf-8", huge_tree=True))
    if root is None:
        return ""
    etree.strip_elements(root, "script", "style", "template", "head", etree.Comment, with_tail=False)
    return _folded(" ".join(str(text) for text in root.itertext()))


def _folded(text: str) -> str:
    return " ".join(text.split())
