"""From an exchange to its records: response or revisit, request, metadata, in this order."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.read.locate import raw_record_at
from campbell_scraper.archive.read.member import RecordError
from campbell_scraper.archive.read.payload import stream_entity

from .catalog import Holder
from .records import (
    IDENTICAL_PAYLOAD,
    NOT_MODIFIED,
    REQUEST_TYPE,
    RESPONSE_TYPE,
    Digester,
    Fields,
    date_of,
    digest_of,
    fields_block,
)

if TYPE_CHECKING:
    from campbell_scraper.archive.archive_settings import ArchiveSettings

    from .catalog import Catalog
    from .exchange import Exchange
    from .records import Digests, RecordWriter
    from .restore import Restored

logger = logging.getLogger(__name__)

_CODED: Final = re.compile(rb"\ncontent-encoding[ \t]*:[ \t]*(?!identity)", re.IGNORECASE)
"""Found in a head whose body is compressed already."""


class Assembler:
    """Writes exchanges as records, and adds those that hold a payload to the catalog."""

    def __init__(self, settings: ArchiveSettings, catalog: Catalog) -> None:
        self._settings = settings
        self._catalog = catalog
        self._sound: set[str] = set()
        """capture_ids of holders whose records were read and checked."""

    def write(self, out: RecordWriter, exchange: Exchange) -> str:
        """Write an exchange's records next to one another; return its outcome, as in ``Capture``."""
        url, date, common = exchange.context.url, date_of(exchange.started), _common_fields(exchange)
        outcome = self._write_answer(out, exchange, date, common) if exchange.answered else "failed"
        linked = [("WARC-Concurrent-To", f"<{exchange.record_id}>")]
        request = exchange.request_block() if exchange.request_sent else b""
        if request:
            out.write_block("request", url, date, [*common, *linked], request, content_type=REQUEST_TYPE)
        block = fields_block(_metadata(out, exchange, is_asked=bool(request)))
        if exchange.answered:
            out.write_block("metadata", url, date, [*common, *linked], block)
        else:
            out.write_block("metadata", url, date, common, block, record_id=exchange.record_id)
        return outcome

    def _write_answer(self, out: RecordWriter, exchange: Exchange, date: str, common: Fields) -> str:
        """Write the response or revisit record; return its outcome."""
        url, record_id = exchange.context.url, exchange.record_id
        fields = [*common, ("WARC-Truncated", exchange.truncated)] if exchange.truncated else common
        digester = Digester(self._settings.digest, exchange.head, chunked=exchange.chunked)
        for piece in exchange.body.pieces():
            digester.update(piece)
        digests = digester.digests
        profile, holder = self._repeated(exchange, digests)
        if holder is not None:
            fields = [
                *fields,
                ("WARC-Profile", profile),
                ("WARC-Refers-To", f"<{holder.capture_id}>"),
                ("WARC-Refers-To-Target-URI", holder.url),
                ("WARC-Refers-To-Date", holder.captured_at),
            ]
            if profile == IDENTICAL_PAYLOAD:
                # "length" says that the payload was left out (WARC 1.1, 6.7.2).
                fields += [("WARC-Payload-Digest", digests.payload), ("WARC-Truncated", "length")]
            out.write_block(
                "revisit", url, date, fields, exchange.head, content_type=RESPONSE_TYPE, record_id=record_id
            )
            return "revisit"
        fields = [*fields, ("WARC-Block-Digest", digests.block), ("WARC-Payload-Digest", digests.payload)]
        offset = out.file.size
        out.write_pieces(
            "response",
            url,
            date,
            fields,
            chain((exchange.head,), exchange.body.pieces()),
            content_type=RESPONSE_TYPE,
            length=len(exchange.head) + exchange.body.size,
            record_id=record_id,
            coded=_CODED.search(exchange.head) is not None,
        )
        if exchange.status == 200 and not exchange.truncated:
            self._catalog.add(Holder(record_id, url, date), digests.payload_sha256, out.file.name, offset)
        return "unchanged" if exchange.status == 304 else "new"

    def _repeated(self, exchange: Exchange, digests: Digests) -> tuple[str, Holder | None]:
        """Return a revisit's profile and the capture it refers to; no capture if the answer must be stored."""
        if not self._settings.dedup or not exchange.complete or exchange.truncated:
            return "", None
        if exchange.status == 304:
            return NOT_MODIFIED, self._catalog.of_url(exchange.context.url)
        is_page = exchange.status == 200 and exchange.context.method == "GET"
        if is_page and digests.payload_length >= self._settings.dedup_min:
            return IDENTICAL_PAYLOAD, self._sound_holder(digests.payload_sha256)
        return "", None

    def _sound_holder(self, digest: str) -> Holder | None:
        """Return a capture that still holds a payload, checked by reading its record."""
        while (holder := self._catalog.of_payload(digest)) is not None and holder.capture_id not in self._sound:
            if self._holds(holder, digest):
                self._sound.add(holder.capture_id)
            else:
                logger.error("The record of %s (%s) is damaged; it is stored again.", holder.capture_id, holder.url)
                self._catalog.forget(holder)
        return holder

    def _holds(self, holder: Holder, digest: str) -> bool:
        place = self._catalog.place_of(holder.capture_id)
        if place is None:
            return False
        try:
            record = raw_record_at(self._settings.directory / place[0], place[1])
            return stream_entity(record)[1] == digest
        except (OSError, RecordError):
            return False


def write_restored(out: RecordWriter, restored: Restored) -> None:
    """Write a record restored from another archive's answer, and the metadata that says where it comes from."""
    block = restored.head + restored.entity
    fields = [
        ("WARC-Source-URI", restored.source_uri),
        ("WARC-Creation-Date", restored.fetched_at),
        ("WARC-Payload-Digest", digest_of(out.digest, restored.entity)),
    ]
    url, date, record_id = restored.url, restored.captured_at, restored.record_id
    out.write_block("response", url, date, fields, block, content_type=RESPONSE_TYPE, record_id=record_id)
    about = fields_block([("restoredFrom", f"<{restored.source_id}>"), ("restoredFromDate", restored.fetched_at)])
    out.write_block("metadata", url, date, [("WARC-Concurrent-To", f"<{record_id}>")], about)


def _common_fields(exchange: Exchange) -> Fields:
    connection = exchange.connection
    named = [
        ("WARC-IP-Address", connection.ip),
        ("WARC-Protocol", exchange.head.split(b" ", 1)[0].decode("ascii", "replace").lower()),
        ("WARC-Protocol", connection.tls),
        ("WARC-Cipher-Suite", connection.cipher),
    ]
    return [(name, value) for name, value in named if value]


def _metadata(out: RecordWriter, exchange: Exchange, *, is_asked: bool) -> Fields:
    context, connection = exchange.context, exchange.connection
    named = [
        ("via", context.via),
        ("hopsFromSeed", context.hops),
        ("fetchTimeMs", str(round(exchange.seconds * 1000))),
        ("connection", str(connection.serial or "")),
        ("proxy", context.proxy),
        ("method", None if is_asked else context.method),
        ("error", exchange.error),
        ("interim", base64.b64encode(exchange.interim).decode()),
        ("trailingJunk", base64.b64encode(exchange.junk).decode()),
    ]
    fields = [(name, value) for name, value in named if value]
    if connection.chain:
        leaf = hashlib.sha256(connection.chain[0])
        fields.append(("tlsCertificateDigest", f"sha256:{leaf.hexdigest()}"))
        if leaf.digest() not in out.certificates:  # a few KB: written once per file, not with each exchange
            out.certificates.add(leaf.digest())
            fields += [("tlsCertificate", base64.b64encode(der).decode()) for der in connection.chain]
    return fields
