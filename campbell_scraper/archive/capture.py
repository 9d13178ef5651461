"""The capture: one HTTP exchange (or attempt), as the archive knows it.

The reader makes captures from WARC records, ours and other tools'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One exchange. Times are ISO 8601 in UTC with microseconds and Z."""

    capture_id: str
    """WARC-Record-ID of the response or revisit record, without angle brackets ("urn:uuid:..."); of the metadata
    record when nothing arrived."""
    crawl_id: str | None
    """``isPartOf`` of the warcinfo that governs the record; None for files that name none."""
    method: str
    url: str
    url_key: str
    """SURT form of ``url``."""
    captured_at: str
    """WARC-Date: when the request began; for restored records, when the Wayback Machine made its capture. Empty if that
    date cannot be read, which ``error`` then says."""
    fetched_at: str
    """When this archive got it: equal to ``captured_at`` except for restored records (WARC-Creation-Date)."""
    source_uri: str | None = None
    """WARC-Source-URI of a restored record."""
    restored: bool = False
    status: int | None = None
    """HTTP status; None when no answer arrived."""
    mime: str | None = None
    """Media type of the Content-Type header, lower case, without parameters."""
    outcome: str = "new"
    """new, unchanged (304), revisit (identical payload), failed."""
    error: str | None = None
    redirect_to: str | None = None
    """Absolute URL of the Location header of a 3xx answer."""
    refers_to: str | None = None
    """capture_id of the record that holds the payload, for revisits."""
    via: str | None = None
    """URL of the page that led here."""
    hops: str = ""
    """Heritrix hop letters from the seed: L link, R redirect, E embed, I inferred (robots, sitemap)."""
    etag: str | None = None
    last_modified: str | None = None
    payload_digest: str | None = None
    """"sha256:" + lower-case hex over the dechunked, still content-encoded entity."""
    payload_length: int | None = None
    """Bytes of that entity."""
    truncated: str | None = None
    """WARC-Truncated: length, time, disconnect, unspecified; "segmented" for the first record of several that together
    hold an answer, if one of the others is missing. None for a revisit that only leaves out the payload it repeats."""
    warc_file: str = ""
    """Final name of the WARC file, after its package's name if it is in a WACZ; with its folder only where two files
    that are read have the same name."""
    warc_offset: int = 0
    warc_length: int = 0
    """Bytes of the record's gzip member."""
    headers: Sequence[tuple[str, str]] = ()
    """Response headers in wire order, decoded as ISO-8859-1."""
    payload: Callable[[], bytes] | None = field(default=None, compare=False, repr=False)
    """Returns the entity with content encodings undone (bounded, see ``archive.http.MAX_PAYLOAD``); None without one.
    May raise PayloadError."""


class PayloadError(Exception):
    """A payload cannot be decoded, or is over the limit."""


class OversizedPayloadError(PayloadError):
    """The payload is over the limit once its content codings are undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlStart:
    """A warcinfo record that names a crawl (several with one ``crawl_id`` when it was resumed or rotated)."""

    crawl_id: str
    started_at: str
    software: str
    info: Mapping[str, str]
    """All warcinfo fields; among ours are ``setting-NAME`` for allow-listed settings, and ``crawl-NAME``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlEnd:
    """The closing record of a crawl."""

    crawl_id: str
    finished_at: str
    status: str
    """finished, interrupted, failed."""
    info: Mapping[str, str]
    """Counts, and fields that the project adds (``discovery_complete`` for instance)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One decision that led to no exchange (a URL barred by robots.txt, out of scope, over the limit)."""

    crawl_id: str
    noted_at: str
    fields: Mapping[str, str | None]
    """For URLs: ``url``, ``via``, ``decision`` (robots, limit, offsite, private, unchanged), ``hint_modified``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Something in a WARC file that could not be read; reading goes on after it."""

    warc_file: str
    warc_offset: int
    reason: str
    is_lost: bool = True
    """False for records that were read although they break the standard, and for records that hold no page."""


Event = Capture | CrawlStart | CrawlEnd | Note | Damage
