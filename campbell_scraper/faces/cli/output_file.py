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
    from campbell_scraper.atomic_files import replacing

    if output is None:
        if not is_text and sys.stdout.isatty():
            raise UsageError("This format is not text: name a file with --output, or send it to a pipe.")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with replacing(output) as fresh:
            try:
                file = fresh.open("xb")
            except OSError as error:
                raise UsageError(f"{output} cannot be written: {error.strerror or error}.") from error
            with file:
                yield file
    except OSError as error:
        raise Unfinished(f"{output} could not be written: {error.strerror or error}.") from error
