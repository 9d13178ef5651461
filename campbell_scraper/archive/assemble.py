"""From an exchange to its records and its capture: response or revisit, request, metadata, in this order."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any, Final

from fastwarc.warc import ArchiveIterator

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import Capture, Holder, PayloadError, PayloadLookup, UrlLookup
from campbell_scraper.archive.serialise import (
    FIELDS_TYPE,
    IDENTICAL_PAYLOAD,
    NOT_MODIFIED,
    REQUEST_TYPE,
    RESPONSE_TYPE,
    Fields,
    digest_of,
    warc_date,
    warc_fields,
    write_record,
)
from campbell_scraper.archive.urls import url_key

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.archive.capture import CaptureSink
    from campbell_scraper.archive.exchange import Exchange
    from campbell_scraper.archive.files import OpenFile
    from campbell_scraper.archive.options import ArchiveSettings

_REMEMBERED: Final = 20_000
"""Payloads and URLs of this crawl that are remembered for dedup where the sink offers no lookup of its own."""


class RecordedPayload:
    """Gives a capture's payload: from the spool while the writer holds it, afterwards from the WARC file."""

    def __init__(self, exchange: Exchange, file: OpenFile, offset: int | None) -> None:
        """Take the record's offset; None for a revisit, whose payload is in another capture's record."""
        self._exchange: Exchange | None = exchange
        self._headers = exchange.headers
        self._paths: tuple[Path, Path] = (file.final, file.path)
        self._offset = offset
        self._lock = threading.Lock()

    def __call__(self) -> bytes:
        """Return the entity with content codings undone. Raises PayloadError."""
        with self._lock:
            if self._exchange is not None:
                if self._exchange.payload_length > http.MAX_PAYLOAD:
                    raise PayloadError(f"payload is over {http.MAX_PAYLOAD} bytes")
                return http.content(self._headers, self._exchange.body.read())
        return self._from_file()

    def _from_file(self) -> bytes:
        if self._offset is None:
            raise PayloadError("the payload is in the record that the revisit refers to")
        for path in self._paths:
            try:
                with path.open("rb") as file:
                    file.seek(self._offset)
                    for record in ArchiveIterator(file, parse_http=False):
                        block = record.reader.read(http.MAX_PAYLOAD + http.MAX_HEAD)
                        return http.content(self._headers, http.split_head(block)[2])
            except FileNotFoundError:
                continue
        raise PayloadError(f"{self._paths[0].name} is gone")

    def release(self) -> None:
        """Let go of the exchange."""
        with self._lock:
            self._exchange = None


class Holders:
    """Knows which capture holds a payload, or is the last good one of a URL: this crawl's own, then the sink's."""

    def __init__(self, sink: CaptureSink) -> None:
        self._payload_lookup = sink.lookup if isinstance(sink, PayloadLookup) else None
        self._url_lookup = sink.lookup_url if isinstance(sink, UrlLookup) else None
        self._payloads: OrderedDict[str, Holder] = OrderedDict()
        self._urls: OrderedDict[str, Holder] = OrderedDict()

    def of_payload(self, digest: str) -> Holder | None:
        """Return who holds a payload; None for a new one."""
        if digest in self._payloads:
            return self._payloads[digest]
        if self._payload_lookup is None:
            return None
        found = self._payload_lookup(digest)
        return Holder(*found) if found else None

    def of_url(self, url: str) -> Holder | None:
        """Return the newest capture of a URL with status 200."""
        if url in self._urls:
            return self._urls[url]
        if self._url_lookup is None:
            return None
        found = self._url_lookup(url)
        return Holder(*found) if found else None

    def forget(self, capture: Capture) -> None:
        """Drop what the sink knows from now on: memory does not grow with the crawl."""
        if self._payload_lookup and capture.payload_digest:
            self._payloads.pop(capture.payload_digest, None)
        if self._url_lookup:
            self._urls.pop(capture.url, None)

    def remember(self, capture: Capture) -> None:
        """Take note of a capture whose record holds a payload whole."""
        holder = Holder(capture.capture_id, capture.url, capture.captured_at)
        if capture.payload_digest:
            _keep(self._payloads, capture.payload_digest, holder)
        _keep(self._urls, capture.url, holder)


def _keep(memory: OrderedDict[str, Holder], key: str, holder: Holder) -> None:
    memory[key] = holder
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)


class Assembler:
    """Writes exchanges as records and describes them as captures."""

    def __init__(self, settings: ArchiveSettings, sink: CaptureSink) -> None:
        self._settings = settings
        self._holders = Holders(sink)
        self._delivered: deque[Capture] = deque()
        self._chains_written: set[bytes] = set()

    def begin_file(self) -> None:
        """Take note that a new file begins, in which nothing has been said yet."""
        self._chains_written.clear()

    def stored(self, captures: list[Capture]) -> None:
        """Take note that the sink knows these captures. Called on the sink's thread."""
        self._delivered.extend(captures)

    def write(self, file: OpenFile, warcinfo_id: str, exchange: Exchange) -> Capture:
        """Write one exchange's records next to one another; return its capture."""
        while self._delivered:
            self._holders.forget(self._delivered.popleft())
        common = self._common_fields(exchange, warcinfo_id)
        date = warc_date(exchange.started)
        facts: dict[str, Any] = {}
        main_id = exchange.record_id
        if exchange.answered:
            facts = self._write_answer(file, exchange, main_id, date, common)
        linked = [*common, ("WARC-Concurrent-To", f"<{main_id}>")]
        if exchange.request_sent:
            block = exchange.request_block()
            fields = [*linked, ("WARC-Block-Digest", self._digest(block)), ("Content-Type", REQUEST_TYPE)]
            write_record(file, "request", date, fields, (block,), length=len(block))
        block = warc_fields(self._metadata(exchange))
        fields = [*(linked if exchange.answered else common)]
        fields += [("WARC-Block-Digest", self._digest(block)), ("Content-Type", FIELDS_TYPE)]
        record_id = None if exchange.answered else main_id
        _, offset, length = write_record(
            file, "metadata", date, fields, (block,), length=len(block), record_id=record_id
        )
        if not exchange.answered:
            facts = {"outcome": "failed", "warc_offset": offset, "warc_length": length}
        capture = self._capture(exchange, main_id, date, file.name, facts)
        if capture.outcome == "new" and capture.status == 200 and not capture.truncated:
            self._holders.remember(capture)
        return capture

    def _digest(self, block: bytes) -> str:
        return digest_of(self._settings.digest, block)

    def _common_fields(self, exchange: Exchange, warcinfo_id: str) -> Fields:
        connection = exchange.connection
        fields = [("WARC-Target-URI", exchange.context.url), ("WARC-Warcinfo-ID", f"<{warcinfo_id}>")]
        if connection.ip:
            fields.append(("WARC-IP-Address", connection.ip))
        if exchange.answered:
            version = exchange.head.split(b" ", 1)[0].decode("ascii", "replace").lower()
            fields.append(("WARC-Protocol", version))
        if connection.tls:
            fields.append(("WARC-Protocol", connection.tls))
        if connection.cipher:
            fields.append(("WARC-Cipher-Suite", connection.cipher))
        return fields

    def _write_answer(
        self, file: OpenFile, exchange: Exchange, record_id: str, date: str, common: Fields
    ) -> dict[str, Any]:
        fields: Fields = list(common)
        if exchange.truncated:
            fields.append(("WARC-Truncated", exchange.truncated))
        profile, holder = self._repeated(exchange)
        facts: dict[str, Any] = {}
        if exchange.parsed:
            facts |= http.response_fields(exchange.parsed, exchange.context.url)
        if holder is None:
            fields += [
                ("WARC-Block-Digest", exchange.block_digest),
                ("WARC-Payload-Digest", exchange.payload_digest),
                ("Content-Type", RESPONSE_TYPE),
            ]
            _, offset, length = write_record(
                file,
                "response",
                date,
                fields,
                exchange.response_pieces(),
                length=exchange.block_length,
                record_id=record_id,
                coded=any(coding != "identity" for coding in http.header_tokens(exchange.headers, "content-encoding")),
            )
            facts |= {"payload_digest": exchange.payload_sha256, "payload_length": exchange.payload_length}
            facts["outcome"] = "unchanged" if exchange.status == 304 else "new"
            if exchange.payload_length:
                facts["payload"] = RecordedPayload(exchange, file, offset)
        else:
            fields += [
                ("WARC-Profile", profile),
                ("WARC-Refers-To", f"<{holder.capture_id}>"),
                ("WARC-Refers-To-Target-URI", holder.url),
                ("WARC-Refers-To-Date", holder.captured_at),
                ("WARC-Block-Digest", self._digest(exchange.head)),
                ("Content-Type", RESPONSE_TYPE),
            ]
            facts |= {"refers_to": holder.capture_id, "outcome": "unchanged"}
            if profile == IDENTICAL_PAYLOAD:
                fields.append(("WARC-Payload-Digest", exchange.payload_digest))
                facts |= {"outcome": "revisit", "payload_digest": exchange.payload_digest}
                facts["payload"] = RecordedPayload(exchange, file, None)
            _, offset, length = write_record(
                file, "revisit", date, fields, (exchange.head,), length=len(exchange.head), record_id=record_id
            )
        return facts | {"warc_offset": offset, "warc_length": length}

    def _repeated(self, exchange: Exchange) -> tuple[str, Holder | None]:
        """Return the revisit profile and who is referred to; no one for an answer that is to be stored."""
        if not self._settings.dedup or not exchange.complete or exchange.truncated:
            return "", None
        if exchange.status == 304:
            return NOT_MODIFIED, self._holders.of_url(exchange.context.url)
        worth = exchange.payload_length >= self._settings.dedup_min
        if exchange.status == 200 and exchange.context.method == "GET" and worth:
            return IDENTICAL_PAYLOAD, self._holders.of_payload(exchange.payload_sha256)
        return "", None

    def _metadata(self, exchange: Exchange) -> Fields:
        context, connection = exchange.context, exchange.connection
        fields: Fields = []
        if context.via:
            fields.append(("via", context.via))
        if context.hops:
            fields.append(("hopsFromSeed", context.hops))
        fields.append(("fetchTimeMs", str(round(exchange.seconds * 1000))))
        if connection.serial:
            fields.append(("connection", str(connection.serial)))
        if context.proxy:
            fields.append(("proxy", context.proxy))
        if not exchange.request_sent:
            fields.append(("method", context.method))
        if exchange.error:
            fields.append(("error", exchange.error))
        if exchange.interim:
            fields.append(("interim", base64.b64encode(exchange.interim).decode()))
        if exchange.junk:
            fields.append(("trailingJunk", base64.b64encode(exchange.junk).decode()))
        if connection.chain:
            leaf = hashlib.sha256(connection.chain[0])
            fields.append(("tlsCertificateDigest", f"sha256:{leaf.hexdigest()}"))
            if leaf.digest() not in self._chains_written:  # a few KB: said once a file, not with each exchange
                self._chains_written.add(leaf.digest())
                fields += [("tlsCertificate", base64.b64encode(der).decode()) for der in connection.chain]
        return fields

    def _capture(
        self, exchange: Exchange, capture_id: str, date: str, file_name: str, facts: dict[str, Any]
    ) -> Capture:
        context = exchange.context
        return Capture(
            capture_id=capture_id,
            crawl_id=self._settings.crawl_id,
            method=context.method,
            url=context.url,
            url_key=url_key(context.url),
            captured_at=date,
            fetched_at=date,
            error=exchange.error,
            via=context.via,
            hops=context.hops,
            truncated=exchange.truncated,
            warc_file=file_name,
            **facts,
        )
