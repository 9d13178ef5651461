"""Handing captures to the sink, on a thread of its own: reading a page must not hold up its successor's record."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from campbell_scraper.archive.assemble import RecordedPayload
from campbell_scraper.archive.capture import Capture, CaptureSink, Event
from campbell_scraper.archive.exchange import Exchange

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """Events whose records are synced, and what they still hold."""

    events: list[Event] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    memory: int = 0
    since: float | None = None
    """When the first of them was written; None for nothing."""


class Delivery:
    """Gives batches to the sink, in order. ``on_done`` hears of each batch, ``on_failure`` of what the sink raised."""

    def __init__(
        self, sink: CaptureSink, *, on_done: Callable[[Batch], None], on_failure: Callable[[BaseException], None]
    ) -> None:
        self.failure: BaseException | None = None
        self._sink = sink
        self._on_done = on_done
        self._on_failure = on_failure
        self._queue: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="warc-delivery", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, batch: Batch) -> None:
        """Queue a batch. Raises what the sink raised before."""
        self.check()
        self._queue.put(batch)

    def check(self) -> None:
        """Raise what the sink raised."""
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        """Wait until everything is delivered and the sink is closed."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while (batch := self._queue.get()) is not None:
                if self.failure is None:
                    self._deliver(batch)
        except BaseException as error:  # noqa: BLE001 - of whatever kind, it must stop the crawl
            self._fail(error)
            while self._queue.get() is not None:
                pass
        try:
            self._sink.close()
        except Exception as error:  # noqa: BLE001 - likewise
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        logger.critical("The sink of the archive failed: %s", error, exc_info=error)
        if self.failure is None:
            self.failure = error
            self._on_failure(error)

    def _deliver(self, batch: Batch) -> None:
        if batch.events:
            self._sink.stored(batch.events)
        for event in batch.events:
            if isinstance(event, Capture) and isinstance(event.payload, RecordedPayload):
                event.payload.release()
        for exchange in batch.exchanges:
            exchange.release()
        self._on_done(batch)
