"""Bytes that wait for the writer: in memory while they are few."""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ_SIZE: Final = 256 * 1024


class Spool:
    """Bytes kept in memory up to a size, behind that in an unnamed file."""

    __slots__ = ("_buffer", "_directory", "_file", "_memory", "size")

    def __init__(self, memory: int, directory: Path) -> None:
        self._buffer = bytearray()
        self._file: IO[bytes] | None = None
        self._memory = memory
        self._directory = directory
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        if self._file is None and self.size + len(data) > self._memory:
            self._file = tempfile.TemporaryFile(dir=self._directory)  # noqa: SIM115 - closed by close()
            self._file.write(self._buffer)
            self._buffer = bytearray()
        if self._file is None:
            self._buffer += data
        else:
            self._file.write(data)
        self.size += len(data)

    def holds(self, more: int) -> bool:
        """Whether ``more`` bytes still fit into memory."""
        return self._file is None and self.size + more <= self._memory

    @property
    def in_memory(self) -> int:
        """Bytes of it that are in memory."""
        return len(self._buffer)

    @property
    def buffer(self) -> bytearray | None:
        """All bytes, if they are in memory; they must not change any more when they are given away."""
        return self._buffer if self._file is None else None

    def pieces(self) -> Iterator[bytes]:
        """Give the bytes from the beginning, in pieces."""
        if self._file is None:
            if self._buffer:
                yield bytes(self._buffer)
            return
        self._file.seek(0)
        while piece := self._file.read(_READ_SIZE):
            yield piece

    def read(self) -> bytes:
        """Return all bytes."""
        return b"".join(self.pieces())

    def close(self) -> None:
        """Free memory and file."""
        self._buffer = bytearray()
        if self._file is not None:
            self._file.close()
