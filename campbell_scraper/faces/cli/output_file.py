"""Where a command writes: standard output, or a file that is never half there."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, BinaryIO

from campbell_scraper.errors import Unfinished, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def opened(output: Path | None, *, is_text: bool) -> Iterator[BinaryIO]:
    """Yield standard output, or a file that appears under its name only when it is complete."""
    from campbell_scraper.folder import beside

    if output is None:
        if not is_text and sys.stdout.isatty():
            raise UsageError("This format is not text: name a file with --output, or send it to a pipe.")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = beside(output)
    try:
        file = partial.open("xb")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}.") from error
    try:
        with file:
            yield file
        partial.replace(output)
    except OSError as error:
        raise Unfinished(f"{output} could not be written: {error.strerror or error}.") from error
    finally:
        partial.unlink(missing_ok=True)
