"""Digests of a response: of its block, and of the payload in it."""

from __future__ import annotations

from typing import NamedTuple

from campbell_scraper.archive.chunks import Dechunker

from .records import labelled_digest, new_hasher


class Digests(NamedTuple):
    """What is known of a response's bytes. Digests are labelled."""

    block: str
    payload: str
    """Of the payload: dechunked, content codings left on."""
    payload_sha256: str
    """Identifies the payload to dedup and database whatever ARCHIVE_DIGEST says."""
    payload_length: int


class Digester:
    """Takes a response's bytes as they come."""

    def __init__(self, algorithm: str, head: bytes, *, chunked: bool) -> None:
        self._algorithm = algorithm
        self._block = new_hasher(algorithm)
        self._payload = new_hasher(algorithm)
        self._payload_sha256 = self._payload if algorithm == "sha256" else new_hasher("sha256")
        self._dechunker = Dechunker() if chunked else None
        self._length = 0
        self._block.update(head)

    def update(self, data: bytes) -> None:
        """Take bytes of the body."""
        self._block.update(data)
        for piece in self._dechunker.feed(data) if self._dechunker else (data,):
            self._payload.update(piece)
            if self._payload_sha256 is not self._payload:
                self._payload_sha256.update(piece)
            self._length += len(piece)

    @property
    def digests(self) -> Digests:
        """What came so far."""
        payload = labelled_digest(self._algorithm, self._payload)
        sha256 = payload if self._algorithm == "sha256" else labelled_digest("sha256", self._payload_sha256)
        return Digests(labelled_digest(self._algorithm, self._block), payload, sha256, self._length)
