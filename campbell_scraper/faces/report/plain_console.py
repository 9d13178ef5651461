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
    """A console on which other people's text has no effect: rich's markup is printed, control characters are not.

    If its reader leaves (``| head``), the rest is dropped, and the run goes on.
    """

    def __init__(self, file: IO[str] | None = None, **options: Any) -> None:
        """Print to ``file``, by default standard output; options are those of rich."""
        super().__init__(file=file, markup=False, emoji=False, highlight=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is printed, cleaned."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))

    def on_broken_pipe(self) -> None:
        """Stop printing; rich would end the program."""
        with suppress(SystemExit):
            super().on_broken_pipe()
