"""Handing captures to the sink, on a thread of its own: reading a page must not hold up its successor's record."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from campbell_scraper.archive.capture import Capture, CaptureSink, CrawlEnd, Event
from campbell_scraper.archive.listen.exchange import Exchange

from .channel import Receiver
from .jobs import Failed, Said
from .written import RecordedPayload

logger = logging.getLogger(__name__)

_AT_ONCE: Final = 64
"""About as many events are given to the sink at once as most."""


@dataclass(slots=True)
class Batch:
    """Events whose records are synced, and what they still hold."""

    events: list[Event] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    sent: int = 0
    """What the writer had sent of it, and the bytes of memory that holds."""
    memory: int = 0


class Delivery:
    """Hears what has been written, and gives it to the sink, in order.

    ``on_done`` hears of each batch, ``on_failure`` of what stopped the writing, or what the sink raised.
    """

    def __init__(
        self,
        source: Receiver,
        sink: CaptureSink,
        *,
        batch_of: Callable[[Sequence[Said]], Batch],
        on_done: Callable[[Batch], None],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self._source = source
        self._sink = sink
        self._batch_of = batch_of
        self._on_done = on_done
        self._on_failure = on_failure
        self._thread = threading.Thread(target=self._run, name="warc-delivery", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether anything will still be delivered."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait until everything is delivered and the sink is closed."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._deliver_all()
        except BaseException as error:  # noqa: BLE001 - of whatever kind, it must stop the crawl
            self._fail("The archive cannot be written any more", error)
        self._source.close()  # what is still being written need not be told
        try:
            self._sink.close()
        except Exception as error:  # noqa: BLE001 - likewise
            self._fail("The sink of the archive failed", error)

    def _fail(self, what: str, error: BaseException) -> None:
        logger.critical("%s: %s", what, error, exc_info=error)
        self._on_failure(error)

    def _deliver_all(self) -> None:
        while (message := self._source.receive()) is not None:
            said, failed = self._with_what_waits(message[0])
            self._deliver(self._batch_of(said))
            if failed is not None:
                raise failed.error
            if said and isinstance(said[-1], CrawlEnd):
                return
        raise OSError("the process that writes the archive has ended before the crawl")

    def _with_what_waits(self, first: Sequence[Said] | Failed) -> tuple[list[Said], Failed | None]:
        """Give what was heard together with what has come since: a sink that falls behind takes it in larger steps."""
        heard: list[Said] = []
        message: Sequence[Said] | Failed = first
        while not isinstance(message, Failed):
            heard += message
            if len(heard) >= _AT_ONCE or not self._source.ready(0):
                return heard, None
            following = self._source.receive()
            if following is None:
                return heard, None
            message = following[0]
        return heard, message

    def _deliver(self, batch: Batch) -> None:
        if batch.events:
            self._sink.stored(batch.events)
        for event in batch.events:
            if isinstance(event, Capture) and isinstance(event.payload, RecordedPayload):
                event.payload.release()
        for exchange in batch.exchanges:
            exchange.release()
        self._on_done(batch)
