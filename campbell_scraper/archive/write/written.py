"""From what was exchanged, and where it was written, to captures."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastwarc.warc import ArchiveIterator

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import Capture, PayloadError
from campbell_scraper.archive.files import OPEN_SUFFIX
from campbell_scraper.archive.surt_keys import url_key

from .jobs import ExchangeJob, RestoredJob
from .records import digest_of, warc_date

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.archive.listen.exchange import Exchange

    from .jobs import Place, Written
    from .restore import Restored


class RecordedPayload:
    """Gives a capture's payload: from the spool while the writer holds it, afterwards from the WARC file."""

    def __init__(self, exchange: Exchange, file: Path, offset: int | None, length: int) -> None:
        """Take the record's offset; None for a revisit, whose payload is in another capture's record."""
        self._exchange: Exchange | None = exchange
        self._headers = exchange.headers
        self._paths: tuple[Path, Path] = (file, file.with_name(file.name + OPEN_SUFFIX))
        self._offset = offset
        self._length = length
        self._lock = threading.Lock()

    def __call__(self) -> bytes:
        """Return the entity with content codings undone. Raises PayloadError."""
        with self._lock:
            if self._exchange is not None:
                if self._length > http.MAX_PAYLOAD:
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


@dataclass(frozen=True, slots=True)
class RestoredPayload:
    """``Capture.payload`` of a record just restored."""

    headers: http.Headers
    entity: bytes

    def __call__(self) -> bytes:
        """Return the entity with content codings undone. Raises PayloadError."""
        return http.content(self.headers, self.entity)


def job_of(exchange: Exchange, request_length: int) -> ExchangeJob:
    """Give what is to be written of a closed exchange."""
    context, connection = exchange.context, exchange.connection
    return ExchangeJob(
        exchange.record_id,
        exchange.started,
        exchange.seconds,
        context.url,
        context.method,
        context.via,
        context.hops,
        context.proxy,
        connection.serial,
        connection.ip,
        connection.tls,
        connection.cipher,
        connection.chain,
        exchange.status,
        exchange.complete,
        exchange.truncated,
        exchange.error,
        exchange.head,
        bytes(exchange.interim),
        bytes(exchange.junk),
        exchange.chunked,
        exchange.body.size if exchange.answered else 0,
        request_length,
        exchange.digests,
    )


def capture_of(exchange: Exchange, written: Written, crawl_id: str, directory: Path) -> Capture:
    """Give the capture of an exchange that was written."""
    context, date = exchange.context, warc_date(exchange.started)
    facts: dict[str, Any] = {}
    if exchange.parsed:
        facts |= http.response_fields(exchange.parsed, context.url)
    if written.payload_length:
        offset = written.place.offset if written.refers_to is None else None
        facts["payload"] = RecordedPayload(exchange, directory / written.place.file, offset, written.payload_length)
    return Capture(
        capture_id=exchange.record_id,
        crawl_id=crawl_id,
        method=context.method,
        url=context.url,
        url_key=url_key(context.url),
        captured_at=date,
        fetched_at=date,
        outcome=written.outcome,
        error=exchange.error,
        refers_to=written.refers_to,
        via=context.via,
        hops=context.hops,
        payload_digest=written.payload_digest,
        payload_length=written.payload_length if written.refers_to is None else None,
        truncated=exchange.truncated,
        warc_file=written.place.file,
        warc_offset=written.place.offset,
        warc_length=written.place.length,
        **facts,
    )


def restored_job_of(restored: Restored, digest: str) -> RestoredJob:
    """Give what is to be written of an answer's original; ``digest`` is ARCHIVE_DIGEST."""
    return RestoredJob(
        record_id=restored.record_id,
        url=restored.url,
        captured_at=restored.captured_at,
        source_uri=restored.source_uri,
        source_id=restored.source_id,
        fetched_at=restored.fetched_at,
        head=restored.head,
        payload_digest=digest_of(digest, restored.entity),
    )


def restored_capture_of(restored: Restored, place: Place, crawl_id: str) -> Capture:
    """Give the capture of a restored record that was written."""
    head = http.parse_head(restored.head)
    facts = http.response_fields(head, restored.url) if head else {}
    headers = head.headers if head else ()
    return Capture(
        capture_id=restored.record_id,
        crawl_id=crawl_id,
        method="GET",
        url=restored.url,
        url_key=url_key(restored.url),
        captured_at=restored.captured_at,
        fetched_at=restored.fetched_at,
        source_uri=restored.source_uri,
        restored=True,
        payload_digest=digest_of("sha256", restored.entity),
        payload_length=len(restored.entity),
        warc_file=place.file,
        warc_offset=place.offset,
        warc_length=place.length,
        payload=RestoredPayload(headers, restored.entity) if restored.entity else None,
        **facts,  # type: ignore[arg-type] # keyword arguments, of the types they have in Capture
    )
