"""Pages read in processes beside a crawl's reactor, so that no page can block or end it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred

from campbell_scraper.archive.watched_processes import UnreadableError, WatchedProcesses, answer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.http import Response

SECONDS: Final = 20.0
"""Time that one page may take, and longest wait for pages when a crawl ends."""
_PROCESSES: Final = 2

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def headers_of(response: Response) -> list[tuple[str, str]]:
    """Return a response's header fields, ISO-8859-1."""
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]


class WatchedReading:
    """Processes that read pages for one crawl; they start with its first page."""

    def __init__(self) -> None:
        self._processes: WatchedProcesses | None = None

    async def read(self, function: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        """Return what a module's function returns for a page.

        Raises:
            UnreadableError: its process ended, or was ended because it took longer than ``SECONDS``.

        """
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one, and Scrapy chooses which

        if self._processes is None:
            self._processes = WatchedProcesses(_PROCESSES, function.__module__)
        future = self._processes.start(SECONDS, function, *args, **kwargs)
        done: Deferred[None] = Deferred()
        future.add_done_callback(lambda _: reactor.callFromThread(done.callback, None))
        await maybe_deferred_to_future(done)
        try:
            return answer_of(future, SECONDS)
        except MemoryError as error:
            raise UnreadableError("too little memory to read it") from error

    def close(self) -> None:
        """End the processes."""
        if self._processes is not None:
            self._processes.close()
            self._processes = None
