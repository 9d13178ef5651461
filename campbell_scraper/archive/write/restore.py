"""Records restored from a web archive's answers: what a site once sent, extracted from what an archive sends today.

The exchange with the archive is recorded like any other. An answer that is a memento (RFC 7089: it carries
``Memento-Datetime``) gets a second record, of the original URL at the time of the original capture, with the original
headers, which the Wayback Machine repeats as ``x-archive-orig-*``. Those that a browser needs itself
(``Content-Type``, ``Content-Encoding``, ``Location``) may come without that prefix.

The record is never passed off as a capture of ours: it lies in ``restored-*.warc.gz``, whose warcinfo says so. It names
its source (``WARC-Source-URI``, ``WARC-Creation-Date``, as pywb does), and its metadata record names the record of the
exchange as ``restoredFrom``. (WARC 1.1 forbids ``WARC-Refers-To`` in response records, and
``WARC-Concurrent-To`` is for records of one URL.)
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, NamedTuple

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import PayloadError

FILE_PREFIX: Final = "restored"
DESCRIPTION: Final = (
    "Records restored from the answers of a web archive, as their WARC-Source-URI says; no captures of this crawler. "
    "The exchanges in which they were got are in the other files of this crawl; each record's metadata names its own "
    "as restoredFrom."
)
"""What the warcinfo of such files says."""
PREFIX: Final = "x-archive-orig-"
_NAMESPACE: Final = uuid.UUID("0f2f5b7c-7a55-5d0c-8f0b-2a54b7f0d6c3")
"""Namespace of restored records' ids: one source record gives one id, so that no record is restored twice."""
_MEMENTO_URL: Final = re.compile(
    r"^(?P<machine>.*?)/web/(?P<timestamp>\d{1,14})(?:[a-z]{2}_)?/(?P<url>https?:.+)$", re.DOTALL | re.ASCII
)
_ORIGINAL_LINK: Final = re.compile(r'<([^<>]{1,8192})>\s*;[^,<]*\brel="?original\b', re.IGNORECASE)
_NOT_RESTORED: Final = frozenset({"transfer-encoding", "content-length", "content-encoding", "location"})
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Recorded(NamedTuple):
    """Which record holds an answer that the crawl got: ``Request.meta["archive_record"]``."""

    record_id: str
    """WARC-Record-ID of the response or revisit record, without angle brackets."""
    date: str
    """Its WARC-Date."""
    headers: http.Headers
    """In wire order, which Scrapy's own headers do not keep."""
    is_whole: bool
    """False for an answer that was cut off."""


class MementoUrl(NamedTuple):
    """The address of one capture in the Wayback Machine, taken apart."""

    timestamp: str
    """Fourteen digits, UTC; fewer in an address that asks for the nearest capture."""
    url: str
    """The original URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """One record to write into the restored files."""

    url: str
    """The original URL: WARC-Target-URI."""
    captured_at: str
    """When the other archive made its capture, ISO 8601, UTC, microseconds, Z: WARC-Date."""
    source_uri: str
    """Where it was fetched from: WARC-Source-URI."""
    source_id: str
    """Id of the record of the exchange that fetched it."""
    fetched_at: str
    """That record's date: WARC-Creation-Date."""
    head: bytes
    """Status line and original headers, with the blank line."""
    entity: bytes
    """Dechunked; content-encoded as ``head`` says."""

    @property
    def record_id(self) -> str:
        """WARC-Record-ID: the same whenever it is restored from the same record."""
        return uuid.uuid5(_NAMESPACE, self.source_id).urn


def split_memento_url(url: str) -> MementoUrl | None:
    """Return the parts of the Wayback Machine's URL of a capture; None for another URL."""
    match = _MEMENTO_URL.match(url)
    return MementoUrl(match["timestamp"], match["url"]) if match else None


def memento_time(headers: http.Headers) -> datetime | None:
    """Return the time of capture that a memento states (Memento-Datetime), in UTC; None if it is not one."""
    value = http.header(headers, "memento-datetime")
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def is_archive_answer(headers: http.Headers) -> bool:
    """Tell whether an answer is an archive's copy of another site's answer, not a page of the archive's host."""
    return any(name.lower() == "memento-datetime" or name.lower().startswith(PREFIX) for name, _ in headers)


def original_url(headers: http.Headers, memento_url: str) -> str | None:
    """Return the captured URL: the ``original`` of the Link header, else the one in the memento's own address.

    web.archive.org has written "&amp;" in that header (2020-10); it is kept only if the requested URL has it too.
    """
    parts = split_memento_url(memento_url)
    for name, value in headers:
        if name.lower() == "link" and (match := _ORIGINAL_LINK.search(value)):
            url = match[1].strip()
            return url if parts and "&amp;" in parts.url else url.replace("&amp;", "&")
    return parts.url if parts else None


def restore(
    recorded: Recorded, *, memento_url: str, status: int, entity: bytes, digest: str | None = None
) -> Restored | None:
    """Return the original record of a memento; None if the answer is not one, or was cut off.

    ``entity`` is the answer's, dechunked and still content-encoded. ``digest`` is that of the original payload in the
    archive's index (Base32 SHA-1): it tells whether a content coding without prefix is the original's.
    """
    moment = memento_time(recorded.headers)
    url = original_url(recorded.headers, memento_url)
    if moment is None or url is None or not recorded.is_whole:
        return None
    headers = _original_headers(recorded.headers)
    codings, payload = _original_entity(recorded.headers, entity, digest)
    if (location := _original_location(recorded.headers)) is not None:
        headers.append(("Location", location))
    if codings:
        headers.append(("Content-Encoding", ", ".join(codings)))
    headers.append(("Content-Length", str(len(payload))))
    return Restored(
        url=url,
        captured_at=moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        source_uri=memento_url,
        source_id=recorded.record_id,
        fetched_at=recorded.date,
        head=_head(status, headers),
        entity=payload,
    )


def _original_headers(headers: http.Headers) -> list[tuple[str, str]]:
    """Return the original headers, except those that say how the entity is sent."""
    original = [(name[len(PREFIX) :], value) for name, value in headers if name.lower().startswith(PREFIX)]
    kept = [(name, value) for name, value in original if name.lower() not in _NOT_RESTORED and _TOKEN.fullmatch(name)]
    served = http.header(headers, "content-type")
    if served is not None and http.header(kept, "content-type") is None:
        kept.append(("Content-Type", served))
    return kept


def _original_location(headers: http.Headers) -> str | None:
    """Return the original target of a redirect, which the archive rewrites to its own address of it."""
    location = http.header(headers, PREFIX + "location") or http.header(headers, "location")
    if location is None:
        return None
    parts = split_memento_url(location)
    return parts.url if parts else location


def _original_entity(headers: http.Headers, entity: bytes, digest: str | None) -> tuple[list[str], bytes]:
    """Return the content codings of the original and its entity.

    The bytes are kept as they were served. Only a coding that the archive's own server added is undone; the index's
    digest tells which.
    """
    stated = [(name[len(PREFIX) :], value) for name, value in headers if name.lower() == f"{PREFIX}content-encoding"]
    served, original = http.content_codings(headers), http.content_codings(stated)
    if served == original or not served:
        return served, entity
    if digest is None or sha1_label(entity) == digest:
        return served, entity
    try:
        decoded = http.decode_content(entity, served)
    except PayloadError:
        return served, entity
    return ([], decoded) if sha1_label(decoded) == digest else (served, entity)


def sha1_label(data: bytes) -> str:
    """Return a SHA-1 as CDX indexes write it: Base32, without label."""
    return base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def _head(status: int, headers: http.Headers) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {status} {phrase}\r\n", *(f"{name}: {value}\r\n" for name, value in headers), "\r\n"]
    return "".join(lines).encode("iso-8859-1", "replace")
