"""Text of archived PDFs, read by pypdf in a process of its own with bounds on pages, memory and time.

A PDF is somebody else's program: one that is broken, encrypted or endless must cost a row with an error, never the run.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import logging
import os
import resource
import select
import struct
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass

MAX_PAGES = 500
"""Pages read of one PDF; the rest is named in ``error``."""
MAX_TEXT = 5_000_000
"""Characters kept of one PDF."""
MAX_SECONDS = 30.0
"""Wall-clock time one PDF may take."""
MAX_MEMORY = 1 << 30
"""Bytes of address space of the worker."""

_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class PdfText:
    """What could be read of a PDF."""

    pages: int | None
    """Number of pages the document has; None if that could not be read."""
    text: str | None
    """Text of the pages, separated by form feeds; None if nothing could be read."""
    error: str | None = None
    """Why the text is missing or cut."""


def read_pdf(body: bytes) -> PdfText:
    """Give the text of a PDF. Never raises."""
    return _worker.read(body)


class _Worker:
    """A child process that reads one PDF after another; a new one takes over when it had to be killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._owner = os.getpid()

    def read(self, body: bytes) -> PdfText:
        with self._lock:
            if self._owner != os.getpid():  # forked: the child process belongs to the parent
                self._process, self._owner = None, os.getpid()
            try:
                answer = self._ask(body)
            except TimeoutError:
                self._stop()
                return PdfText(None, None, f"not read within {MAX_SECONDS:.0f} seconds")
            except (OSError, ValueError):
                self._stop()
                return PdfText(None, None, "the PDF reader stopped (memory limit or malformed file)")
        return PdfText(answer["pages"], answer["text"], answer["error"])

    def _ask(self, body: bytes) -> dict[str, None]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "campbell_scraper.reading.pdf"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        deadline = time.monotonic() + MAX_SECONDS
        process.stdin.write(_LENGTH.pack(len(body)) + body)
        process.stdin.flush()
        length = _LENGTH.unpack(_read_exactly(process.stdout.fileno(), _LENGTH.size, deadline))[0]
        answer: dict[str, None] = json.loads(_read_exactly(process.stdout.fileno(), length, deadline))
        return answer

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait()

    def close(self) -> None:
        if self._owner == os.getpid():
            self._stop()


def _read_exactly(fd: int, length: int, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            raise TimeoutError
        part = os.read(fd, min(1 << 16, length - len(parts)))
        if not part:
            raise OSError("the PDF reader closed its output")
        parts += part
    return bytes(parts)


def _read_here(body: bytes) -> PdfText:
    """Read a PDF in this process."""
    from pypdf import PdfReader  # noqa: PLC0415 - only the worker pays for the import

    try:
        reader = PdfReader(io.BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return PdfText(None, None, "encrypted")
        count = len(reader.pages)
    except MemoryError:
        return PdfText(None, None, "memory limit")
    except Exception as error:  # noqa: BLE001 - a malformed PDF can raise anything in pypdf
        return PdfText(None, None, f"{type(error).__name__}: {error}"[:300])
    texts: list[str] = []
    problem = f"only the first {MAX_PAGES} of {count} pages read" if count > MAX_PAGES else None
    size = 0
    for number in range(min(count, MAX_PAGES)):
        try:
            text = reader.pages[number].extract_text() or ""
        except MemoryError:
            problem = f"page {number + 1}: memory limit"
            break
        except Exception as error:  # noqa: BLE001 - as above, and the other pages may be whole
            problem = f"page {number + 1}: {type(error).__name__}: {error}"[:300]
            text = ""
        texts.append(text.encode("utf-8", "replace").decode("utf-8").replace("\x00", ""))
        size += len(text)
        if size > MAX_TEXT:
            problem = f"cut after page {number + 1}: over {MAX_TEXT} characters"
            break
    return PdfText(count, "\f".join(texts)[:MAX_TEXT], problem)


def _serve() -> None:
    """Answer on stdout what is asked on stdin, until stdin ends."""
    logging.disable(logging.CRITICAL)  # pypdf reports every oddity of a file; the row's error says what matters
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(_LENGTH.size):
        answer = json.dumps(asdict(_read_here(source.read(_LENGTH.unpack(head)[0])))).encode()
        target.write(_LENGTH.pack(len(answer)) + answer)
        target.flush()


_worker = _Worker()
atexit.register(_worker.close)

if __name__ == "__main__":
    _serve()
