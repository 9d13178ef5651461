"""From records to events: which records make one exchange, and what it was.

Records of one exchange lie together in every tool's files, in different orders: ours and Heritrix's are response,
request, metadata; wget's request, response; browsertrix's and warcprox's response, request. They are told by
WARC-Concurrent-To where it is given, else by standing side by side with one URL.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart, Damage, Event, Note
from campbell_scraper.archive.surt_keys import url_key

from .payload import PayloadResolver, RecordPayload, RevisitPayload, stream_entity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .scan import RawRecord

NOTES_URN: Final = "urn:x-notes:"
CRAWL_URN: Final = "urn:x-crawl:"
_DERIVED: Final = uuid.UUID("6f3c0c56-58b1-5e0e-9a70-2b7b9d3f5a11")
"""Namespace of the ids given to records that have none, or one that another record has."""
_EXACT_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_PARTIAL_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z?)?)?)?")
_DIGITS_DATE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d*)")
_MAX_FIELDS_BLOCK: Final = 4 * 1024 * 1024


def warc_date(value: str | None) -> str | None:
    """Return a WARC-Date as ISO 8601 UTC with microseconds and Z; None if it is no date.

    WARC 1.1 allows any precision from the year to the nanosecond, and old tools wrote fourteen digits.
    """
    if value is None:
        return None
    if _EXACT_DATE.fullmatch(value):
        return value
    match = _PARTIAL_DATE.fullmatch(value) or _DIGITS_DATE.fullmatch(value)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction = match.groups()
    try:
        moment = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
                          int(second or 0), int((fraction or "0").ljust(6, "0")[:6]), UTC)  # fmt: skip
    except ValueError:
        return None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def warc_uri(value: str | None) -> str | None:
    """Return a URI without the angle brackets that WARC/1.0 and record ids put around it."""
    if value is None:
        return None
    value = value.strip()
    return value[1:-1] if value.startswith("<") and value.endswith(">") else value


def sha256_digest(value: str | None) -> str | None:
    """Return a digest label as "sha256:" + lower-case hex, whatever its spelling; None if it is another algorithm's."""
    algorithm, colon, digest = (value or "").partition(":")
    if not colon or algorithm.strip().lower().replace("-", "") != "sha256":
        return None
    raw = decode_digest(digest, 32)
    return f"sha256:{raw.hex()}" if raw else None


def decode_digest(digest: str, size: int) -> bytes | None:
    """Return the bytes of a digest of ``size`` bytes in hex, Base32 or Base64; None if it is none of them."""
    digest = digest.strip()
    try:
        if len(digest) == 2 * size:
            return bytes.fromhex(digest)
        bare = digest.rstrip("=")
        base32_length = (size * 8 + 4) // 5
        if len(bare) == base32_length:
            raw = base64.b32decode(bare.upper() + "=" * (-len(bare) % 8))
        else:
            raw = base64.b64decode(bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if len(raw) == size else None


def warc_fields(record: RawRecord) -> list[tuple[str, str]]:
    """Return the fields of an ``application/warc-fields`` block, in order; none of a block that is no such thing."""
    if not record.whole or record.block_length > _MAX_FIELDS_BLOCK:
        return []
    return http.named_fields(record.block.decode("utf-8", "replace"))


def field_dict(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return fields as a mapping; values of a repeated name on lines of their own."""
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    return {name: "\n".join(several) for name, several in values.items()}


@dataclass(slots=True)
class _ExchangeRecords:
    """Records that belong together, while more may come."""

    url: str
    answer: RawRecord | None = None
    request: RawRecord | None = None
    metadata: RawRecord | None = None
    ids: set[str] = field(default_factory=set)
    """Record ids of, and named by, its records."""
    linked: bool = False
    """True if one of them names another."""

    def takes(self, rtype: str, url: str, own: str | None, links: set[str]) -> bool:
        """Tell whether a record of this type, URL, id and WARC-Concurrent-To belongs to this exchange."""
        if getattr(self, _slot(rtype)) is not None:
            return False
        if own in self.ids or links & self.ids:
            return True
        # A failed attempt and its repetition stand side by side with one URL too: that alone counts only if none of
        # them says where it belongs.
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
    return "answer" if rtype in {"response", "revisit"} else rtype


def _links(record: RawRecord) -> set[str]:
    if "warc-concurrent-to" not in record.values:
        return set()
    return {uri for value in record.get_all("warc-concurrent-to") if (uri := warc_uri(value))}


class Pairing:
    """Turns the records of one or several files into events, in file order.

    A record id that comes again with the same URL, date and digest is the same record in another place, and is left
    out; with others it is another record, and gets an id of its own, derived from those three.
    """

    def __init__(self, resolver: PayloadResolver | None = None) -> None:
        self._resolver = resolver or PayloadResolver()
        self._resolver.pair = lambda records: Pairing(self._resolver).events(records)
        self._crawls: dict[str, str | None] = {}
        """Crawl id by warcinfo record id."""
        self._seen: dict[int, int] = {}
        """Hash of record id → hash of URL, date and digest: all that a million records allow to keep."""
        self._current: str | None = None

    def events(self, records: Iterable[RawRecord | Damage]) -> Iterator[Event]:
        """Yield the events of one file."""
        self._current = None
        exchange: _ExchangeRecords | None = None
        for record in records:
            if isinstance(record, Damage):
                yield record
                continue
            rtype = record.rtype
            url = warc_uri(record.get("warc-target-uri")) or ""
            if rtype in {"response", "revisit", "request", "metadata"} and url.lower().startswith(("http:", "https:")):
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
                # These give events of their own, which keep their place among the others.
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
        crawl_id = named.get("ispartof") or None
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
        """Return the record's id, a derived one, or None if the same record was given before."""
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
        """Tell whether a record of this id was given with this content; None, and take note of it, if none was."""
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
        captured_at = warc_date(record.get("warc-date")) or "1970-01-01T00:00:00.000000Z"
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
            "restored": source_uri is not None and created is not None,
            "error": info.get("error"),
            "via": info.get("via"),
            "hops": info.get("hopsfromseed", ""),
            "truncated": (record.get("warc-truncated") or "").lower() or None,
            "warc_file": record.source.name,
            "warc_offset": record.offset,
            "warc_length": record.length,
        }

    def _failure(self, exchange: _ExchangeRecords, record: RawRecord, info: dict[str, str]) -> Capture | None:
        common = self._common(exchange, record, info)
        capture_id = self._identity(record, exchange.url, common["captured_at"], None)
        return Capture(capture_id=capture_id, outcome="failed", **common) if capture_id else None

    def _answer(self, exchange: _ExchangeRecords, record: RawRecord, info: dict[str, str]) -> Capture | None:
        if not record.block.startswith(b"HTTP/") and "http" not in (record.get("content-type") or "").lower():
            return None
        common = self._common(exchange, record, info)
        _, raw_head, body = http.split_head(record.block)
        head = http.parse_head(raw_head)
        fields: dict[str, Any] = http.response_fields(head, exchange.url) if head else {}
        if record.rtype == "revisit":
            fields |= _revisit_fields(record, head)
        else:
            length, digest = _entity_facts(record, head, body)
            fields |= {"payload_length": length, "payload_digest": digest}
            if head is not None and head.status == 304:
                fields["outcome"] = "unchanged"
            if length:
                fields["payload"] = RecordPayload.of(record)
        capture_id = self._identity(record, exchange.url, common["captured_at"], fields.get("payload_digest"))
        if capture_id is None:
            return None
        if "payload" in fields:
            self._resolver.add(record, capture_id, exchange.url, common["captured_at"], fields["payload_digest"])
        elif fields.get("outcome") == "revisit":
            target = warc_uri(record.get("warc-refers-to-target-uri")) or exchange.url
            date = warc_date(record.get("warc-refers-to-date"))
            fields["payload"] = RevisitPayload(
                self._resolver, fields["refers_to"], target, date, fields["payload_digest"]
            )
        return Capture(capture_id=capture_id, **common, **fields)


def _revisit_fields(record: RawRecord, head: http.Head | None) -> dict[str, Any]:
    profile = (record.get("warc-profile") or "").lower()
    unchanged = "server-not-modified" in profile or (head is not None and head.status == 304)
    stated = record.get("warc-payload-digest")
    return {
        "outcome": "unchanged" if unchanged else "revisit",
        "refers_to": warc_uri(record.get("warc-refers-to")),
        "payload_digest": sha256_digest(stated) or stated,
    }


def _entity_facts(record: RawRecord, head: http.Head | None, body: bytes) -> tuple[int, str]:
    """Return length and SHA-256 of a response's entity.

    The record's own digest is taken where it can be trusted to mean the same: SHA-256, of a body without chunk framing
    (wget and others digest the framing too).
    """
    headers = head.headers if head else ()
    if not record.whole:
        return stream_entity(record, hashlib.sha256())
    chunked = http.is_chunked(headers)
    entity = http.dechunk(body) if chunked else body
    stated = None if chunked else sha256_digest(record.get("warc-payload-digest"))
    return len(entity), stated or f"sha256:{hashlib.sha256(entity).hexdigest()}"


def _standalone(record: RawRecord, url: str) -> Iterator[Note | CrawlEnd]:
    if url.startswith(NOTES_URN):
        yield from _notes(record, url.removeprefix(NOTES_URN))
    elif url.startswith(CRAWL_URN):
        info = field_dict(warc_fields(record))
        finished = info.pop("crawl-finished", None) or record.get("warc-date") or ""
        yield CrawlEnd(
            crawl_id=url.removeprefix(CRAWL_URN),
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
            note = json.loads(value)
        except (ValueError, RecursionError):
            continue
        if isinstance(note, dict):
            fields = {str(key): None if item is None else str(item) for key, item in note.items()}
            yield Note(crawl_id=crawl_id, noted_at=fields.pop("noted_at", None) or written, fields=fields)
