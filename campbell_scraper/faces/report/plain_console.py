"""The console that tables and lines about a library are printed on."""

from __future__ import annotations

from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console

from campbell_scraper.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType
    from rich.segment import Segment


class PlainConsole(Console):
    """A console on which words of others are words: neither rich's markup nor escape sequences.

    Its reader may leave (``| head``): the rest is dropped, and a run ends as it ends.
    """

    def __init__(self, file: IO[str] | None = None, **options: Any) -> None:
        """Print to ``file``, by default standard output; options are those of rich."""
        super().__init__(file=file, markup=False, emoji=False, highlight=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is printed, cleaned."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))

    def on_broken_pipe(self) -> None:
        """Say no more; rich would end the program."""
        with suppress(SystemExit):
            super().on_broken_pipe()
