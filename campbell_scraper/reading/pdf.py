"""Text of archived PDFs, read by pypdf with bounds on bytes, pages and text.

A PDF is somebody else's program: it can loop for hours and ask for all memory. ``read_pdf`` bounds what can be counted.
Its caller bounds time and memory (``archive/watched_processes.py``).
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 200 << 20
"""Bytes of the largest PDF that is read."""
MAX_PAGES: Final = 500
"""Pages read of one PDF; the rest is named in ``error``."""
MAX_TEXT: Final = 5_000_000
"""Characters kept of one PDF."""


@dataclass(frozen=True, slots=True)
class PdfText:
    """What could be read of a PDF."""

    pages: int | None
    """Number of pages the document has; None if that could not be read."""
    text: str | None
    """Text of the pages, separated by form feeds; None if nothing could be read."""
    error: str | None = None
    """Why the text is missing or cut."""


def read_pdf(body: bytes, *, is_limited: bool = True) -> PdfText:
    """Return the text of a PDF.

    Raises:
        MemoryError: memory ran out without a limit of ours; under one (``is_limited``), it is an error of the PDF.

    """
    from pypdf import PdfReader  # noqa: PLC0415 - most processes read pages and no PDF

    # pypdf reports every oddity of a file; the result's error says what matters.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    if len(body) > MAX_BYTES:
        return PdfText(None, None, f"over {MAX_BYTES} bytes")
    try:
        reader = PdfReader(io.BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return PdfText(None, None, "encrypted")
        count = len(reader.pages)
    except MemoryError:
        if not is_limited:
            raise
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
            if not is_limited:
                raise
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
