"""Where Scrapy's HTTP/1.1 download handler touches the wire, and how its bytes are copied there.

The hooks are private classes of Scrapy 2.19 and Twisted 26 (``TESTED``); the project pins both, the self-test compares
one exchange before each crawl, and the tests compare all kinds of them with what a raw socket server saw. Within the
archive package, private names of both are used in this file only; tests/archive_write/test_newest.py tries the newest
versions.

* A response's bytes: ``dataReceived``, after TLS and before any parsing. The message's end: ``_finishResponse``,
  before the connection goes back to the pool; its argument is what came after the end. Loss: ``_disconnectParser``.
* A request's bytes: what ``Request.writeTo`` writes to the transport.
* Which request of Scrapy it is: a context variable, read in ``getConnection``, which runs in the call stack of
  ``download_request``. It stays with the request object when Twisted silently repeats it on a new connection.
"""

from __future__ import annotations

import contextvars
import itertools
import logging
import time
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from OpenSSL import crypto
from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory, _LenientHTTP11ClientProtocol
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, StopDownload
from scrapy.utils.defer import _schedule_coro
from twisted.internet.error import ConnectionDone
from twisted.web.client import HTTPConnectionPool

from campbell_scraper.archive.write.exchange import Connection, Context, Exchange, HeadTooLongError

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import ReadableBuffer
    from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.python.failure import Failure

    from campbell_scraper.archive.archive_settings import ArchiveSettings

TESTED: Final = {"scrapy": "2.19", "twisted": "26"}
"""Prefixes of the versions that the byte-for-byte tests were run with."""

logger = logging.getLogger(__name__)
_serials = itertools.count(1)


class Attempts:
    """What one ``download_request`` led to on the wire: more than one exchange if Twisted tried again."""

    def __init__(
        self,
        context: Context,
        settings: ArchiveSettings,
        *,
        on_bug: Callable[[Exception], None],
        on_late: Callable[[Exchange, bytes], None],
    ) -> None:
        self.context = context
        self.settings = settings
        self.exchanges: list[Exchange] = []
        self.on_bug = on_bug
        self.on_late = on_late
        self.began = time.monotonic()
        self.body_limit: int | None = None
        """Most bytes of the body that the spider gets; None for no limit."""
        self.withheld = False


current: contextvars.ContextVar[Attempts | None] = contextvars.ContextVar("archive_attempts", default=None)


class _CopyingTransport:
    """Passes everything through and copies what is written."""

    def __init__(self, transport: Any, copy: Callable[[bytes], None]) -> None:
        self._transport = transport
        self._copy = copy

    def write(self, data: bytes) -> Any:
        self._copy(data)
        return self._transport.write(data)

    def writeSequence(self, sequence: Any) -> Any:  # noqa: N802 - Twisted's name
        pieces = list(sequence)
        self._copy(b"".join(pieces))
        return self._transport.writeSequence(pieces)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _BoundedBuffer(BytesIO):
    """Stands in for a response's body buffer; keeps nothing of a body over the limit, which only the archive needs."""

    def __init__(self, attempts: Attempts, limit: int) -> None:
        super().__init__()
        self._attempts = attempts
        self._limit = limit

    def write(self, data: ReadableBuffer, /) -> int:
        size = memoryview(data).nbytes
        if self._attempts.withheld or self.tell() + size > self._limit:
            self._attempts.withheld = True
            self.seek(0)
            self.truncate()
            return size
        return super().write(data)


class RecordingProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's client protocol, copying what passes."""

    _exchange: Exchange | None = None
    _attempts: Attempts | None = None
    _last: Exchange | None = None
    _connection: Connection

    def connectionMade(self) -> None:  # noqa: D102, N802 - Twisted's name
        super().connectionMade()
        self._connection = Connection(serial=next(_serials))

    @property
    def _wire(self) -> Any:
        """The transport, which has more than Twisted's interfaces declare."""
        return self.transport

    def _fault(self, error: Exception) -> None:
        """Keep a fault of the recording away from the exchange; it ends the crawl instead."""
        if isinstance(error, HeadTooLongError):
            if self._exchange is not None:
                self._exchange.error = str(error)
            self._wire.abortConnection()
        elif self._attempts is not None:
            self._attempts.on_bug(error)

    def request(self, request: Any) -> Deferred[Any]:  # noqa: D102 - as in the base class
        attempts: Attempts | None = getattr(request, "_archive_attempts", None)
        if attempts is None:
            return super().request(request)
        self._attempts = attempts
        try:
            self._record_request(request, attempts)
        except Exception as error:  # noqa: BLE001 - the exchange must not suffer, and the fault is reported
            self._fault(error)
        deferred: Deferred[Any] = super().request(request)
        if attempts.body_limit is not None:
            deferred.addCallback(_withhold_body, attempts)
        return deferred

    def _record_request(self, request: Any, attempts: Attempts) -> None:
        connection = self._connection
        if attempts.context.proxy is None and connection.ip is None:
            with suppress(Exception):
                connection.ip = self._wire.getPeer().host
        exchange = Exchange(attempts.context, connection, attempts.settings)
        attempts.exchanges.append(exchange)
        self._exchange = exchange
        write_to = type(request).writeTo

        def copy(data: bytes) -> None:
            try:
                if not exchange.closed:
                    exchange.request.write(data)
            except Exception as error:  # noqa: BLE001 - as above
                self._fault(error)

        request.writeTo = lambda transport: write_to(request, _CopyingTransport(transport, copy))

    def _look_at_tls(self) -> None:
        """Note version, cipher and chain. Called when data arrives: in ``request`` the handshake is not done yet."""
        connection = self._connection
        if connection.handshaken or connection.plain:
            return
        try:
            handle = self._wire.getHandle()
            finished = handle.get_peer_finished()
        except AttributeError:  # a plain TCP transport's handle is a socket
            connection.plain = True
            return
        if finished:
            connection.handshaken = True
            connection.tls = handle.get_protocol_version_name().lower().replace("v", "/")
            if connection.tls == "tls/1":
                connection.tls = "tls/1.0"
            connection.cipher = handle.get_cipher_name()
        chain = handle.get_peer_cert_chain() or ()
        connection.chain = [crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in chain]

    def dataReceived(self, data: bytes) -> None:  # noqa: D102, N802 - Twisted's name
        try:
            if self._exchange is not None:
                self._look_at_tls()
                self._exchange.received(data)
            elif self._last is not None and self._attempts is not None and not self._last.add_junk(data):
                self._attempts.on_late(self._last, data)
        except Exception as error:  # noqa: BLE001 - as in request
            self._fault(error)
        super().dataReceived(data)  # type: ignore[no-untyped-call]

    def _finishResponse(self, rest: bytes) -> None:  # noqa: N802 - Twisted's name
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            self._last = exchange
            try:
                exchange.finish(bytes(rest))
            except Exception as error:  # noqa: BLE001 - as in request
                self._fault(error)
        super()._finishResponse(rest)

    def _disconnectParser(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        exchange = self._exchange
        if exchange is not None:
            try:
                self._look_at_tls()
                # Over TLS this says nothing: too many servers leave out close_notify.
                exchange.reset = not self._connection.tls and not isinstance(reason.value, ConnectionDone)
            except Exception as error:  # noqa: BLE001 - as in request
                self._fault(error)
        super()._disconnectParser(reason)  # type: ignore[no-untyped-call]
        if self._exchange is exchange:  # without asyncio the next request may have begun within that call
            self._exchange = None


def _withhold_body(response: Any, attempts: Attempts) -> Any:
    deliver = response.deliverBody

    def deliver_body(reader: Any) -> None:
        reader._bodybuf = _BoundedBuffer(attempts, attempts.body_limit or 0)
        deliver(reader)

    response.deliverBody = deliver_body
    return response


class RecordingFactory(_LenientHTTP11ClientFactory):
    """Builds recording protocols."""

    def buildProtocol(self, addr: IAddress | None) -> RecordingProtocol:  # noqa: ARG002, D102, N802 - Twisted's name
        return RecordingProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class _MarkingConnection:
    """A pooled connection that marks the request it is given."""

    def __init__(self, protocol: Any, attempts: Attempts) -> None:
        self._protocol = protocol
        self._attempts = attempts

    def request(self, request: Any) -> Any:
        request._archive_attempts = self._attempts
        return self._protocol.request(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol, name)


class RecordingPool(HTTPConnectionPool):
    """Scrapy's connection pool, which tells each connection whose request it carries."""

    _factory = RecordingFactory

    def getConnection(self, key: Any, endpoint: Any) -> Deferred[Any]:  # noqa: D102, N802 - Twisted's name
        deferred: Deferred[Any] = super().getConnection(key, endpoint)
        attempts = current.get()
        return deferred if attempts is None else deferred.addCallback(_MarkingConnection, attempts)


def record_connections(handler: HTTP11DownloadHandler, *, silent_retry: bool) -> None:
    """Have a download handler of Scrapy's use connections that record."""
    from twisted.internet import reactor  # noqa: PLC0415 - importing it installs a reactor

    pool = RecordingPool(reactor, persistent=True)  # type: ignore[no-untyped-call]
    pool.maxPersistentPerHost = handler._pool.maxPersistentPerHost
    pool.retryAutomatically = silent_retry
    handler._pool = pool


def handler_of(crawler: Crawler, scheme: str) -> object:
    """Return what handles a crawl's downloads of a scheme; None before the engine has a downloader."""
    handlers = getattr(getattr(crawler.engine, "downloader", None), "handlers", None)
    return handlers._get_handler(scheme) if handlers is not None else None


def close_spider(crawler: Crawler, reason: str) -> None:
    """Have the engine close its spider soon, if it has one; requests under way are finished."""
    engine = crawler._engine
    if engine is not None and engine.spider is not None and engine._slot is not None:
        _schedule_coro(engine.close_spider_async(reason=reason))


def describe(error: BaseException) -> str:
    """Return an error for a metadata record: class and text, with Twisted's inner reasons, on one line."""
    inner = getattr(error, "reasons", None) or getattr(error.__cause__, "reasons", None) or ()
    texts = [f"{type(error).__name__}: {error}", *(str(getattr(reason, "value", reason)) for reason in inner)]
    return " ".join("; ".join(texts).split())[:1000]


def truncation(error: BaseException) -> str:
    """Return the WARC-Truncated reason for a download that ended with an error."""
    if isinstance(error, DownloadTimeoutError):
        return "time"
    if isinstance(error, DownloadCancelledError):
        return "length"  # Scrapy cancels a download for its size only
    if isinstance(error, StopDownload):
        return "unspecified"
    return "disconnect"
