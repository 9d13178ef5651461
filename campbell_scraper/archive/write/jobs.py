"""What a crawl tells the process that writes its archive, and what it hears back (see ``channel``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from campbell_scraper.archive.capture import CrawlEnd, CrawlStart, Lookup, Note
from campbell_scraper.archive.listen.archive_settings import ArchiveSettings

from .digests import Digests
from .records import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """The first message."""

    settings: ArchiveSettings
    """Without ``sink``."""
    fields: Fields
    """What the warcinfo records say of the crawl."""
    started_at: str
    lookup: Lookup | None
    """What the sink remembers of earlier crawls."""


class ExchangeJob(NamedTuple):
    """A closed exchange. Behind it: the response's body, then the request."""

    record_id: str
    started: float
    """POSIX time."""
    seconds: float
    url: str
    method: str
    via: str | None
    hops: str
    proxy: str | None
    connection: int
    """Its serial number."""
    ip: str | None
    tls: str | None
    cipher: str | None
    chain: Sequence[bytes]
    status: int | None
    complete: bool
    truncated: str | None
    error: str | None
    head: bytes
    """b"" for an exchange without an answer."""
    interim: bytes
    junk: bytes
    chunked: bool
    body_length: int
    request_length: int
    """0 if the request cannot have left."""
    digests: Digests | None
    """None for a body that was in memory: not hashed yet."""


@dataclass(frozen=True, slots=True)
class Late:
    """Bytes a server sent over an idle connection, after the last message on it was recorded."""

    record_id: str
    """Of that message's record."""
    url: str
    started: float
    data: bytes

    @property
    def in_memory(self) -> int:
        """Bytes of memory held."""
        return len(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredJob:
    """A record restored from an archive's answer (see ``restore``). Behind it: its entity."""

    record_id: str
    url: str
    captured_at: str
    source_uri: str
    source_id: str
    fetched_at: str
    head: bytes
    payload_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """The last message: what the closing record says. Behind it: the crawl's log."""

    status: str
    info: Mapping[str, str]
    log_digest: str


@dataclass(frozen=True, slots=True)
class Flush:
    """Have everything on disk now, and say so."""

    @property
    def in_memory(self) -> int:
        """Bytes of memory held."""
        return 0


@dataclass(frozen=True, slots=True)
class Stored:
    """The sink has the captures of so many more exchanges."""

    exchanges: int


class Place(NamedTuple):
    """Where a record is that has been written and synced."""

    file: str
    """Final name."""
    offset: int
    length: int


class Written(NamedTuple):
    """What became of an exchange."""

    place: Place
    """Of the response or revisit record; of the metadata record where nothing arrived."""
    outcome: str
    """As in ``Capture``."""
    refers_to: str | None = None
    payload_digest: str | None = None
    payload_length: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The archive cannot be written any more; nothing that is said after it counts."""

    error: Exception


Job = ExchangeJob | Late | RestoredJob | Note | Stored | Flush | Close
Said = Written | Place | CrawlStart | CrawlEnd | Note | None
"""What became of a job: Written, Place for a restored record, None for late bytes and Flush, in the order of the
jobs; and the events that come of the crawl itself."""
