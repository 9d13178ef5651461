"""From records to events: which records make one exchange, and what it was.

Records of one exchange lie together in every tool's files, in different orders: ours and Heritrix's are response,
request, metadata; wget's request, response; browsertrix's and warcprox's response, request. They are matched
by WARC-Concurrent-To where it is given, else by being adjacent and having the same URL.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart, Damage, Event, Note, PayloadError
from campbell_scraper.archive.surt_keys import url_key
from campbell_scraper.archive.userinfo import without_userinfo
from campbell_scraper.untrusted_json import parsed_json

from .digests import parse_digest
from .payload import PayloadResolver, RecordPayload, RevisitPayload, entity_pieces, head_of, stream_entity
from .remarks import Remarks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .scan import RawRecord

NOTES_URN: Final = "urn:x-notes:"
CRAWL_URN: Final = "urn:x-crawl:"
_ANSWERS: Final = frozenset({"response", "revisit", "resource"})
_DERIVED: Final = uuid.UUID("6f3c0c56-58b1-5e0e-9a70-2b7b9d3f5a11")
"""Namespace of the ids given to records that have none, or one that another record has."""
_EXACT_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_PARTIAL_DATE: Final = re.compile(r"\d{4}(?:-\d\d)?")
_DIGITS_DATE: Final = re.compile(r"(\d{8})(\d{6})(\d*)")
_UNSAFE: Final = re.compile(r"^\.|[\x00-\x1f\x7f-\x9f/\\\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_MAX_NAME: Final = 200
_MAX_FIELDS_BLOCK: Final = 4 * 1024 * 1024


def warc_date(value: str | None) -> str | None:
    """Return a WARC-Date as ISO 8601 UTC with microseconds and Z; None if it is not a date.

    WARC 1.1 allows any precision from the year to the nanosecond. Old tools wrote fourteen digits, others offsets
    (StormCrawler, ClueWeb09).
    """
    if value is None or _EXACT_DATE.fullmatch(value):
        return value
    if digits := _DIGITS_DATE.fullmatch(value):
        value = f"{digits[1]}T{digits[2]}.{digits[3] or 0}"
    elif _PARTIAL_DATE.fullmatch(value):
        value = f"{value}-01-01"[:10]
    try:
        moment = datetime.fromisoformat(value.strip().upper())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def plain_id(name: str) -> str:
    """Return a crawl's name, cut to ``_MAX_NAME``, with characters that act on paths or terminals percent-encoded."""
    return _UNSAFE.sub(lambda found: quote(found[0], safe="", errors="replace").replace(".", "%2E"), name)[:_MAX_NAME]


def warc_uri(value: str | None) -> str | None:
    """Return a URI without the angle brackets that WARC/1.0 and record ids put around it, and without userinfo."""
    if value is None:
        return None
    value = value.strip()
    return without_userinfo(value[1:-1] if value.startswith("<") and value.endswith(">") else value)


def sha256_digest(value: str | None) -> str | None:
    """Return a digest label as "sha256:" + lower-case hex, whatever its spelling; None if it is another algorithm's."""
    algorithm, raw = parse_digest(value or "")
    return f"sha256:{raw.hex()}" if raw and algorithm == "sha256" else None


def warc_fields(record: RawRecord) -> list[tuple[str, str]]:
    """Return the fields of an ``application/warc-fields`` block, in order; [] for any other block."""
    if not record.whole or record.block_length > _MAX_FIELDS_BLOCK:
        return []
    return http.named_fields(without_userinfo(record.block.decode("utf-8", "replace")))


def field_dict(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return fields as a mapping; values of a repeated name on lines of their own."""
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    return {name: "\n".join(several) for name, several in values.items()}


@dataclass(slots=True)
class _ExchangeRecords:
    """The records of one exchange that have been read so far."""

    url: str
    answer: RawRecord | None = None
    request: RawRecord | None = None
    metadata: RawRecord | None = None
    ids: set[str] = field(default_factory=set)
    """Ids of its records, and of the records that these name."""
    linked: bool = False
    """True if one of them names another."""

    def takes(self, rtype: str, url: str, own: str | None, links: set[str]) -> bool:
        """Tell whether a record of this type, URL, id and WARC-Concurrent-To belongs to this exchange."""
        if getattr(self, _slot(rtype)) is not None:
            return False
        if own in self.ids or links & self.ids:
            return True
        # A failed attempt and its retry are adjacent with the same URL too: adjacency counts only if no record names
        # another.
        return url == self.url and rtype != "metadata" and not (links or self.linked or self.metadata)

    def add(self, record: RawRecord, rtype: str, own: str | None, links: set[str]) -> None:
        """Take a record."""
        setattr(self, _slot(rtype), record)
        if own:
            self.ids.add(own)
        if links:
            self.ids |= links
            self.linked = True


def _slot(rtype: str) -> str:
    return "answer" if rtype in _ANSWERS else rtype


def _links(record: RawRecord) -> set[str]:
    if "warc-concurrent-to" not in record.values:
        return set()
    return {uri for value in record.get_all("warc-concurrent-to") if (uri := warc_uri(value))}


class Pairing:
    """Turns the records of one or several files into events, in file order.

    A record whose id, URL, date and digest came before is the same record in another place, and is left out. If only
    the id came before, it is another record, and gets an id of its own, derived from URL, date and digest.
    """

    def __init__(self, resolver: PayloadResolver | None = None) -> None:
        self._resolver = resolver or PayloadResolver()
        self._resolver.pair = lambda records: Pairing(self._resolver).events(records)
        self._crawls: dict[str, str | None] = {}
        """Crawl id by warcinfo record id."""
        self._seen: dict[int, int] = {}
        """Hash of record id → hash of URL, date and digest: the texts of a million would take too much memory."""
        self._current: str | None = None

    def events(self, records: Iterable[RawRecord | Damage]) -> Iterator[Event]:
        """Yield the events of one file, then the remarks on its records."""
        self._current = None
        remarks = Remarks(self._resolver.segments.has_all)
        yield from self._exchanges(records, remarks)
        yield from remarks.damages()

    def _exchanges(self, records: Iterable[RawRecord | Damage], remarks: Remarks) -> Iterator[Event]:
        exchange: _ExchangeRecords | None = None
        for record in records:
            if isinstance(record, Damage):
                yield record
                continue
            rtype = record.rtype
            url = warc_uri(record.get("warc-target-uri")) or ""
            remarks.look_at(record, url)
            if rtype in {*_ANSWERS, "request", "metadata"} and url.lower().startswith(("http:", "https:")):
                own, links = warc_uri(record.get("warc-record-id")), _links(record)
                if exchange is not None and exchange.takes(rtype, url, own, links):
                    exchange.add(record, rtype, own, links)
                    continue
                if exchange is not None:
                    yield from self._finish(exchange)
                exchange = _ExchangeRecords(url)
                exchange.add(record, rtype, own, links)
                continue
            if exchange is not None and rtype in {"warcinfo", "metadata"}:
                # These make events of their own, which keep their place among the others.
                yield from self._finish(exchange)
                exchange = None
            if rtype == "warcinfo":
                yield from self._warcinfo(record)
            elif rtype == "metadata":
                yield from _standalone(record, url)
        if exchange is not None:
            yield from self._finish(exchange)

    def _warcinfo(self, record: RawRecord) -> Iterator[CrawlStart]:
        info = field_dict(warc_fields(record))
        named = {name.lower(): value for name, value in info.items()}
        crawl_id = plain_id(named.get("ispartof", "")) or None
        self._current = crawl_id
        own = warc_uri(record.get("warc-record-id"))
        if own:
            known = own in self._crawls
            self._crawls[own] = crawl_id
            if known:
                return
        if crawl_id:
            started = named.get("crawl-started") or warc_date(record.get("warc-date")) or ""
            yield CrawlStart(
                crawl_id=crawl_id,
                started_at=warc_date(started) or started,
                software=named.get("software", ""),
                info=info,
            )

    def _crawl_of(self, record: RawRecord) -> str | None:
        named = warc_uri(record.get("warc-warcinfo-id"))
        if named and named in self._crawls:
            return self._crawls[named]
        return self._current

    def _identity(self, record: RawRecord, url: str, captured_at: str, digest: str | None) -> str | None:
        """Return the record's id or a derived one; None if the same record came before."""
        content = f"{url}\n{captured_at}\n{digest or record.get('warc-block-digest') or ''}"
        own = warc_uri(record.get("warc-record-id"))
        before = self._known(own, content) if own is not None else False
        if before is None:
            return own
        if before:
            return None
        derived = f"urn:uuid:{uuid.uuid5(_DERIVED, content)}"
        return derived if self._known(derived, content) is None else None

    def _known(self, record_id: str, content: str) -> bool | None:
        """Tell whether an earlier record of this id has this content; if none does, note this one and return None."""
        before = self._seen.get(hash(record_id))
        if before is None:
            self._seen[hash(record_id)] = hash(content)
            return None
        return before == hash(content)

    def _finish(self, exchange: _ExchangeRecords) -> Iterator[Capture]:
        about = warc_fields(exchange.metadata) if exchange.metadata else []
        info = {name.lower(): value for name, value in reversed(about)}
        if exchange.answer is not None:
            capture = self._answer(exchange, exchange.answer, info)
        elif exchange.metadata is not None and "error" in info:
            capture = self._failure(exchange, exchange.metadata, info)
        else:
            return
        if capture is not None:
            yield capture

    def _common(self, exchange: _ExchangeRecords, record: RawRecord, info: dict[str, str]) -> dict[str, Any]:
        stated = record.get("warc-date") or ""
        captured_at = warc_date(stated) or ""
        source_uri = warc_uri(record.get("warc-source-uri"))
        created = warc_date(record.get("warc-creation-date"))
        line = http.parse_request_line(exchange.request.block) if exchange.request else None
        return {
            "crawl_id": self._crawl_of(record),
            "method": line[0] if line else info.get("method", "GET"),
            "url": exchange.url,
            "url_key": url_key(exchange.url),
            "captured_at": captured_at,
            "fetched_at": created or captured_at,
            "source_uri": source_uri,
            # warcit names the file that it read in WARC-Source-URI.
            "restored": bool(captured_at and created and (source_uri or "").startswith("http")),
            "error": info.get("error") or (None if captured_at else f"WARC-Date {stated[:80]!r} cannot be read"),
            "via": info.get("via"),
            "hops": info.get("hopsfromseed", ""),
            "truncated": _truncated(record),
            "warc_file": record.source.name,
            "warc_offset": record.offset,
            "warc_length": record.length,
        }

    def _failure(self, exchange: _ExchangeRecords, record: RawRecord, info: dict[str, str]) -> Capture | None:
        common = self._common(exchange, record, info)
        capture_id = self._identity(record, exchange.url, common["captured_at"], None)
        return Capture(capture_id=capture_id, outcome="failed", **common) if capture_id else None

    def _answer(self, exchange: _ExchangeRecords, record: RawRecord, info: dict[str, str]) -> Capture | None:
        if "warc-segment-number" in record.values:
            record = self._resolver.segments.joined(record)
        common = self._common(exchange, record, info)
        head = head_of(record)
        fields: dict[str, Any] = {}
        if record.rtype == "revisit":
            fields = _revisit_fields(record, head)
            if fields["outcome"] == "revisit":
                fields["payload"] = self._repeated(record, exchange.url, fields)
                head = head or _head_referred_to(fields["payload"])
        else:
            length, digest = _entity_facts(record, head)
            fields = {"payload_length": length, "payload_digest": digest}
            if head is not None and head.status == 304:
                fields["outcome"] = "unchanged"
            if length:
                fields["payload"] = RecordPayload.of(record)
        capture_id = self._identity(record, exchange.url, common["captured_at"], fields["payload_digest"])
        if capture_id is None:
            return None
        if "payload_length" in fields and "payload" in fields:
            self._resolver.add(record, capture_id, exchange.url, common["captured_at"], fields["payload_digest"])
        answered: dict[str, Any] = http.response_fields(head, exchange.url) if head else {}
        return Capture(capture_id=capture_id, **common, **answered | fields)

    def _repeated(self, record: RawRecord, url: str, fields: dict[str, Any]) -> RevisitPayload:
        target = warc_uri(record.get("warc-refers-to-target-uri")) or url
        date = warc_date(record.get("warc-refers-to-date"))
        return RevisitPayload(self._resolver, fields["refers_to"], target, date, fields["payload_digest"])


def _head_referred_to(payload: RevisitPayload) -> http.Head | None:
    """Return the head of the answer that a revisit without a block repeats; None if it is not found."""
    try:
        return payload.resolve().message()[0]
    except PayloadError:
        return None


def _truncated(record: RawRecord) -> str | None:
    """Return why an answer is not whole in its record; None if it is."""
    if "warc-segment-number" in record.values and not record.rest:
        return "segmented"
    stated = (record.get("warc-truncated") or "").lower() or None
    # A revisit states it for the payload that it leaves out (WARC 1.1, 6.7.2).
    return None if record.rtype == "revisit" and stated == "length" else stated


def _revisit_fields(record: RawRecord, head: http.Head | None) -> dict[str, Any]:
    profile = (record.get("warc-profile") or "").lower()
    unchanged = "server-not-modified" in profile or (head is not None and head.status == 304)
    stated = record.get("warc-payload-digest")
    confirmed = {"status": 304} if unchanged and head is None else {}
    return confirmed | {
        "outcome": "unchanged" if unchanged else "revisit",
        "refers_to": warc_uri(record.get("warc-refers-to")),
        "payload_digest": sha256_digest(stated) or stated,
    }


def _entity_facts(record: RawRecord, head: http.Head | None) -> tuple[int, str]:
    """Return length and SHA-256 of a response's entity.

    The record's own digest is used where it certainly covers the same bytes: SHA-256, of a body without chunk framing
    (wget and others digest the framing too).
    """
    stated = None if http.is_chunked(head.headers if head else ()) else record.get("warc-payload-digest")
    if not record.whole or record.rest or (known := sha256_digest(stated)) is None:
        return stream_entity(record)
    return sum(map(len, entity_pieces(record))), known


def _standalone(record: RawRecord, url: str) -> Iterator[Note | CrawlEnd]:
    if url.startswith(NOTES_URN):
        yield from _notes(record, plain_id(url.removeprefix(NOTES_URN)))
    elif url.startswith(CRAWL_URN):
        info = field_dict(warc_fields(record))
        finished = info.pop("crawl-finished", None) or record.get("warc-date") or ""
        yield CrawlEnd(
            crawl_id=plain_id(url.removeprefix(CRAWL_URN)),
            finished_at=warc_date(finished) or finished,
            status=info.pop("crawl-status", ""),
            info=info,
        )


def _notes(record: RawRecord, crawl_id: str) -> Iterator[Note]:
    written = warc_date(record.get("warc-date")) or ""
    for name, value in warc_fields(record):
        if name != "note":
            continue
        try:
            note = parsed_json(value)
        except ValueError:
            continue
        if isinstance(note, dict):
            fields = {str(key): None if item is None else str(item) for key, item in note.items()}
            yield Note(crawl_id=crawl_id, noted_at=fields.pop("noted_at", None) or written, fields=fields)
