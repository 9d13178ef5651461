"""Chunk framing (RFC 9112, 7.1), taken off as it comes; what breaks it is a stranger's, and bounded."""

from __future__ import annotations

import re
from typing import Final

_MAX_LINE: Final = 64 * 1024
_SIZE: Final = re.compile(rb"\s*([0-9A-Fa-f]{1,16})\s*(?:;.*)?\r?$", re.DOTALL)


class Dechunker:
    """Takes chunk framing off, piece by piece.

    ``complete`` once the last chunk and the trailer section came; ``failed`` once the framing was broken, after which
    everything is ignored. ``started`` tells whether one valid chunk-size line was seen.
    """

    __slots__ = ("_line", "_remaining", "_state", "complete", "failed", "started")

    def __init__(self) -> None:
        self.complete = self.failed = self.started = False
        self._line = bytearray()
        self._remaining = 0
        self._state = "size"

    def feed(self, data: bytes) -> list[bytes]:
        """Return the payload bytes in ``data``, in order."""
        out: list[bytes] = []
        position = 0
        while position < len(data) and not self.complete and not self.failed:
            if self._state == "data":
                piece = data[position : position + self._remaining]
                out.append(piece)
                position += len(piece)
                self._remaining -= len(piece)
                if not self._remaining:
                    self._state = "end"
                continue
            end = data.find(b"\n", position)
            self._line += data[position : end + 1 if end >= 0 else len(data)]
            position = end + 1 if end >= 0 else len(data)
            if len(self._line) > _MAX_LINE:
                self.failed = True
            elif end >= 0:
                line, self._line = bytes(self._line[:-1]), bytearray()
                self._take_line(line.removesuffix(b"\r"))
        return out

    def _take_line(self, line: bytes) -> None:
        if self._state == "size":
            match = _SIZE.match(line)
            if not match:
                self.failed = True
                return
            self.started = True
            self._remaining = int(match[1], 16)
            self._state = "data" if self._remaining else "trailer"
        elif self._state == "end":
            self._state = "size"
            self.failed = bool(line)
        elif not line:
            self.complete = True


def dechunk(body: bytes) -> bytes:
    """Return a chunked body's payload, as far as its framing holds.

    A body that does not begin with a chunk size is returned as it stands: several tools store bodies dechunked under
    the original header.
    """
    dechunker = Dechunker()
    payload = b"".join(dechunker.feed(body))
    return payload if dechunker.started else body
