"""The self-test: one loopback exchange, recorded by the crawl's own handler and compared with what the server saw.

Recording hooks into private classes of Scrapy and Twisted. If an upgrade has moved them, the self-test shows it before
a crawl does.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, cast

from scrapy import Request
from twisted.internet.protocol import Factory, Protocol

from campbell_scraper.archive.archive_settings import CaptureUnavailable

from .wire import TESTED

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.internet.interfaces import IAddress

    from campbell_scraper.archive.write.exchange import Exchange

_INTERIM: Final = b"HTTP/1.1 103 Early Hints\r\nLink: </x.css>; rel=preload\r\n\r\n"
_RESPONSE: Final = (
    b"HTTP/1.1 200 Self Test\r\ncontent-TYPE: text/plain\r\nX-Twice: 1\r\nx-twice:   2\r\nX-Folded: a\r\n\tb\r\n"
    b"X-Bytes: \xc3\xa9\xff\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: t\r\n\r\n"
)
_JUNK: Final = b"behind the end"
_TIMEOUT: Final = 10


class _Server(Protocol):
    def __init__(self, received: bytearray) -> None:
        self._received = received

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._received += data
        if self._received.endswith(b"\r\n\r\n"):
            cast("Any", self.transport).write(_INTERIM + _RESPONSE + _JUNK)


class _ServerFactory(Factory):
    noisy = False

    def __init__(self, received: bytearray) -> None:
        self._received = received

    def buildProtocol(self, addr: IAddress | None) -> Protocol:  # noqa: ARG002, N802 - Twisted's name
        return _Server(self._received)


async def run_selftest(crawler: Crawler, *, is_exact: bool) -> None:
    """Record one exchange and compare every byte; with redacted headers (``is_exact`` is False), only body and end.

    Raises CaptureUnavailable, naming versions, if anything differs.
    """
    from twisted.internet import reactor  # noqa: PLC0415 - importing it installs a reactor

    received = bytearray()
    exchanges: list[Exchange] = []
    port = cast("Any", reactor).listenTCP(0, _ServerFactory(received), interface="127.0.0.1")
    url = f"http://127.0.0.1:{port.getHost().port}/self-test?b=1&a=%20"
    meta = {"archive_selftest": exchanges, "download_timeout": _TIMEOUT, "bindaddress": ("127.0.0.1", 0)}
    request = Request(url, headers={"X-Self-Test": "archive"}, meta=meta)
    problem = ""
    assert crawler.engine is not None
    try:
        response = await crawler.engine.downloader.handlers.download_request_async(request)
        if response.body != b"hello world":
            problem = "the body given to the spider differs"
    except Exception as error:  # noqa: BLE001 - the exchange must not suffer, and the fault is reported
        problem = f"the exchange failed ({type(error).__name__}: {error})"
    finally:
        port.stopListening()
    problem = problem or _difference(exchanges, bytes(received), is_exact=is_exact)
    for exchange in exchanges:
        exchange.release()
    if problem:
        installed = ", ".join(f"{name} {version(name)}" for name in TESTED)
        tested = ", ".join(f"{name} {prefix}" for name, prefix in TESTED.items())
        raise CaptureUnavailable(f"Capture self-test failed: {problem}. Installed: {installed}; tested with: {tested}.")


def _difference(exchanges: list[Exchange], received: bytes, *, is_exact: bool) -> str:
    if len(exchanges) != 1:
        return f"{len(exchanges)} exchanges were recorded instead of one"
    exchange = exchanges[0]
    response = exchange.head + exchange.body.read()
    if is_exact:
        if response != _RESPONSE:
            return "the response differs from what was sent"
        if exchange.request.read() != received:
            return "the request differs from what was received"
        if bytes(exchange.interim) != _INTERIM:
            return "the interim answer differs from what was sent"
    if bytes(exchange.junk) != _JUNK:
        return "the bytes after the message differ"
    return "" if exchange.complete else "the end of the message was not seen"
