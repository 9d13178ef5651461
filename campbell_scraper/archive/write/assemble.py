"""From an exchange to its records: response or revisit, request, metadata, in this order."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.capture import Holder

from .digests import Digester
from .jobs import Place, Written
from .records import (
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

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campbell_scraper.archive.files import OpenFile
    from campbell_scraper.archive.listen.archive_settings import ArchiveSettings

    from .channel import Receiver
    from .digests import Digests
    from .holders import Holders
    from .jobs import ExchangeJob

_CODED: Final = re.compile(rb"\ncontent-encoding[ \t]*:[ \t]*(?!identity)", re.IGNORECASE)
"""Says of a head that there is little to be gained by compressing the body."""


class Assembler:
    """Writes exchanges as records."""

    def __init__(self, settings: ArchiveSettings, holders: Holders) -> None:
        self.holders = holders
        self._settings = settings
        self._chains_written: set[bytes] = set()

    def begin_file(self) -> None:
        """Take note that a new file begins, in which nothing has been said yet."""
        self._chains_written.clear()

    def write(self, file: OpenFile, warcinfo_id: str, job: ExchangeJob, source: Receiver) -> Written:
        """Write one exchange's records next to one another."""
        date = warc_date(job.started)
        common = _common_fields(job, warcinfo_id)
        written = self._write_answer(file, job, date, common, source) if job.head else None
        linked = [*common, ("WARC-Concurrent-To", f"<{job.record_id}>")]
        if job.request_length:
            block = source.take(job.request_length)
            fields = [*linked, ("WARC-Block-Digest", self._digest(block)), ("Content-Type", REQUEST_TYPE)]
            write_record(file, "request", date, fields, (block,), length=len(block))
        block = warc_fields(self._metadata(job))
        fields = [*(linked if job.head else common)]
        fields += [("WARC-Block-Digest", self._digest(block)), ("Content-Type", FIELDS_TYPE)]
        record_id = None if job.head else job.record_id
        _, offset, length = write_record(
            file, "metadata", date, fields, (block,), length=len(block), record_id=record_id
        )
        written = written or Written(Place(file.name, offset, length), "failed")
        holds = written.outcome == "new" and job.status == 200 and not job.truncated
        self.holders.written(Holder(job.record_id, job.url, date), written.payload_digest if holds else None)
        return written

    def _digest(self, block: bytes) -> str:
        return digest_of(self._settings.digest, block)

    def _write_answer(self, file: OpenFile, job: ExchangeJob, date: str, common: Fields, source: Receiver) -> Written:
        """Write the response or revisit record."""
        fields: Fields = list(common)
        if job.truncated:
            fields.append(("WARC-Truncated", job.truncated))
        digests, body = self._hashed(job, source)
        profile, holder = self._repeated(job, digests)
        if holder is not None:
            for _ in body:  # it need not be kept
                pass
            fields += [
                ("WARC-Profile", profile),
                ("WARC-Refers-To", f"<{holder.capture_id}>"),
                ("WARC-Refers-To-Target-URI", holder.url),
                ("WARC-Refers-To-Date", holder.captured_at),
                ("WARC-Block-Digest", self._digest(job.head)),
                ("Content-Type", RESPONSE_TYPE),
            ]
            if profile == IDENTICAL_PAYLOAD:
                fields.append(("WARC-Payload-Digest", digests.payload))
            _, offset, length = write_record(
                file, "revisit", date, fields, (job.head,), length=len(job.head), record_id=job.record_id
            )
            place = Place(file.name, offset, length)
            if profile == IDENTICAL_PAYLOAD:
                return Written(place, "revisit", holder.capture_id, digests.payload, digests.payload_length)
            return Written(place, "unchanged", holder.capture_id)
        fields += [
            ("WARC-Block-Digest", digests.block),
            ("WARC-Payload-Digest", digests.payload),
            ("Content-Type", RESPONSE_TYPE),
        ]
        _, offset, length = write_record(
            file,
            "response",
            date,
            fields,
            chain((job.head,), body),
            length=len(job.head) + job.body_length,
            record_id=job.record_id,
            coded=_CODED.search(job.head) is not None,
        )
        outcome = "unchanged" if job.status == 304 else "new"
        place = Place(file.name, offset, length)
        return Written(place, outcome, None, digests.payload_sha256, digests.payload_length)

    def _hashed(self, job: ExchangeJob, source: Receiver) -> tuple[Digests, Iterable[bytes]]:
        """Give the response's digests and its body."""
        if job.digests is not None:
            return job.digests, source.pieces(job.body_length)
        body = source.take(job.body_length)
        digester = Digester(self._settings.digest, job.head, chunked=job.chunked)
        if body:
            digester.update(body)
        return digester.digests, (body,)

    def _repeated(self, job: ExchangeJob, digests: Digests) -> tuple[str, Holder | None]:
        """Give a revisit's profile and who is referred to; no one for an answer that is to be stored."""
        if not self._settings.dedup or not job.complete or job.truncated:
            return "", None
        if job.status == 304:
            return NOT_MODIFIED, self.holders.of_url(job.url)
        if job.status == 200 and job.method == "GET" and digests.payload_length >= self._settings.dedup_min:
            return IDENTICAL_PAYLOAD, self.holders.of_payload(digests.payload_sha256)
        return "", None

    def _metadata(self, job: ExchangeJob) -> Fields:
        fields: Fields = []
        if job.via:
            fields.append(("via", job.via))
        if job.hops:
            fields.append(("hopsFromSeed", job.hops))
        fields.append(("fetchTimeMs", str(round(job.seconds * 1000))))
        if job.connection:
            fields.append(("connection", str(job.connection)))
        if job.proxy:
            fields.append(("proxy", job.proxy))
        if not job.request_length:
            fields.append(("method", job.method))
        if job.error:
            fields.append(("error", job.error))
        if job.interim:
            fields.append(("interim", base64.b64encode(job.interim).decode()))
        if job.junk:
            fields.append(("trailingJunk", base64.b64encode(job.junk).decode()))
        if job.chain:
            leaf = hashlib.sha256(job.chain[0])
            fields.append(("tlsCertificateDigest", f"sha256:{leaf.hexdigest()}"))
            if leaf.digest() not in self._chains_written:  # a few KB: said once a file, not with each exchange
                self._chains_written.add(leaf.digest())
                fields += [("tlsCertificate", base64.b64encode(der).decode()) for der in job.chain]
        return fields


def _common_fields(job: ExchangeJob, warcinfo_id: str) -> Fields:
    fields = [("WARC-Target-URI", job.url), ("WARC-Warcinfo-ID", f"<{warcinfo_id}>")]
    if job.ip:
        fields.append(("WARC-IP-Address", job.ip))
    if job.head:
        fields.append(("WARC-Protocol", job.head.split(b" ", 1)[0].decode("ascii", "replace").lower()))
    if job.tls:
        fields.append(("WARC-Protocol", job.tls))
    if job.cipher:
        fields.append(("WARC-Cipher-Suite", job.cipher))
    return fields
