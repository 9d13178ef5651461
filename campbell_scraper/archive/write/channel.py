"""Messages between a crawl and the process that writes its archive, over a pipe each way.

A message is a pickled object and, behind it, bytes that are passed on as they are. Both ends are this program's own,
the pipes have no name, so nothing a stranger sent is ever unpickled: it travels in fields, or in the bytes behind.
"""

from __future__ import annotations

import os
import pickle
import select
import struct
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Buffer = bytes | bytearray | memoryview

_FRAME: Final = struct.Struct("!IQ")
"""Bytes of the pickle, bytes behind it."""
_PIECE: Final = 256 * 1024
_PIPE_SIZE: Final = 1024 * 1024
"""What an unprivileged Linux process may have at most, and usually gets."""


def framed(message: object, behind: int = 0) -> bytes:
    """Return a message as it is sent, before the ``behind`` bytes that follow it."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _FRAME.pack(len(data), behind) + data


def widen(descriptor: int) -> None:
    """Let a pipe hold more, where the system can."""
    try:
        import fcntl  # noqa: PLC0415 - POSIX

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
    except (ImportError, AttributeError, OSError):
        return


class Sender:
    """Sends on the caller's thread what the pipe takes at once, and what it does not on a thread of its own."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        widen(descriptor)
        os.set_blocking(descriptor, False)
        self._writable = select.poll()
        self._writable.register(descriptor, select.POLLOUT)
        self._waiting: deque[tuple[list[Buffer], Iterable[bytes]]] = deque()
        self._lock = threading.Lock()
        self._called = threading.Event()
        self._ended = False
        self._is_broken = False
        self._thread = threading.Thread(target=self._run, name="warc-sender", daemon=True)
        self._thread.start()

    def send(self, pieces: list[Buffer], stream: Iterable[bytes] = ()) -> None:
        """Send pieces, and what the stream gives behind them; never waits. Their buffers must not change any more.

        What the other end does not take, because it has ended, is dropped: the one who hears of its end sees to that.
        """
        with self._lock:
            if self._ended:
                return
            rest = pieces if self._waiting else self._write(pieces)
            if rest or stream != ():
                self._waiting.append((rest, stream))
                self._called.set()

    def close(self) -> None:
        """Send what waits, then close the pipe. Waits."""
        with self._lock:
            self._ended = True
            self._called.set()
        self._thread.join()

    def _write(self, pieces: list[Buffer]) -> list[Buffer]:
        """Write as much as the pipe takes; give the rest."""
        if self._is_broken:
            return []
        try:
            written = os.writev(self._descriptor, pieces)
        except BlockingIOError:
            return pieces
        except BrokenPipeError:
            self._is_broken = True
            return []
        rest: list[Buffer] = []
        for piece in pieces:
            if written < len(piece):
                rest.append(memoryview(piece)[written:])
            written = max(0, written - len(piece))
        return rest

    def _write_all(self, pieces: list[Buffer]) -> None:
        while pieces := self._write(pieces):
            self._writable.poll()

    def _run(self) -> None:
        try:
            while True:
                self._called.wait()
                self._called.clear()
                while self._waiting:
                    pieces, stream = self._waiting[0]
                    self._write_all(pieces)
                    for piece in stream:
                        self._write_all([piece])
                    self._waiting.popleft()  # only now: while there is one, nobody else writes
                with self._lock:
                    if self._ended and not self._waiting:
                        return
        finally:
            with self._lock:
                self._ended = True
            os.close(self._descriptor)


class Receiver:
    """Receives messages from a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = bytearray()
        self._readable = select.poll()
        self._readable.register(descriptor, select.POLLIN)

    @property
    def is_empty(self) -> bool:
        """Whether nothing that was read is left."""
        return not self._data

    def ready(self, patience: float | None) -> bool:
        """Wait until something has come, or the end, but no longer than ``patience`` seconds; tell whether it has."""
        return not self.is_empty or bool(self._readable.poll(None if patience is None else max(0, patience) * 1000))

    def receive(self) -> tuple[Any, int] | None:
        """Return the next message and the number of bytes behind it; None at the end.

        Raises EOFError if the end comes amid a message.
        """
        if not self._data and not self._read():
            return None
        size, behind = _FRAME.unpack(self.take(_FRAME.size))
        return pickle.loads(self.take(size)), behind  # noqa: S301 - our own, see above

    def take(self, length: int) -> bytes:
        """Return so many bytes. Raises EOFError if there are not so many."""
        while len(self._data) < length:
            if not self._read(length - len(self._data)):
                raise EOFError("the pipe ended amid a message")
        taken = bytes(memoryview(self._data)[:length])
        del self._data[:length]
        return taken

    def pieces(self, length: int) -> Iterator[bytes]:
        """Give so many bytes in pieces. Raises EOFError likewise."""
        while length:
            piece = self.take(min(length, _PIECE))
            length -= len(piece)
            yield piece

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._descriptor)

    def _read(self, wanted: int = 0) -> bool:
        data = os.read(self._descriptor, max(wanted, _PIPE_SIZE))
        self._data += data
        return bool(data)
