"""The sample library's HTTP server: real sockets on loopback, behaving as the K2 site does (docs/sites.md, "K2: HTTP").

Every HTML answer sets a session cookie, is gzipped where the client allows, differs in bytes from any other, carries a
Last-Modified that is the item's creation date and an ETag that never leads to 304. Files answer 304 truly.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from campbell_scraper.sample.dynamic import fill

from .sample_site import SampleLibrary, SamplePage, http_date

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

CHUNK = 4096
IDLE_SECONDS = 30
COMPRESSIBLE = (
    "text/",
    "application/javascript",
    "application/json",
    "application/xml",
    "application/rss",
    "image/svg",
)


@dataclass(slots=True, frozen=True)
class ServedExchange:
    """One request and its answer, as bytes on the wire."""

    at: float
    """When the request had been read (``time.monotonic``)."""
    connection: int
    """Serial number of the TCP connection, from 1."""
    method: str
    target: str
    """The request target as sent (path and query)."""
    status: int
    request: bytes
    response: bytes


class SampleSite:
    """A running site. ``with SampleSite() as site: site.url`` → "http://127.0.0.1:PORT".

    ``port=0`` takes a free port. ``library`` is what it serves (default: the embedded sample); it can be exchanged
    while the site runs by setting ``site.library``. With ``log=True``, ``site.exchanges`` holds the bytes of every
    exchange in the order of answering; ``site.requests`` (method and target) is kept always. Raises OSError if the
    port is taken.
    """

    def __init__(
        self, port: int = 0, *, library: SampleLibrary | None = None, log: bool = False, host: str = "127.0.0.1"
    ) -> None:
        self.library = library or SampleLibrary.embedded()
        self.log = log
        self.exchanges: list[ServedExchange] = []
        self.requests: list[tuple[str, str]] = []
        self.lock = threading.Lock()
        self.hits: dict[str, int] = {}
        self.connections = 0
        self._server = _Server((host, port), _Handler)
        self._server.site = self
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sample-site", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted."""
        self._server.serve_forever()

    def count(self, path: str) -> int:
        """Count one more hit of ``path``."""
        with self.lock:
            self.hits[path] = self.hits.get(path, 0) + 1
            return self.hits[path]

    def note(self, exchange: ServedExchange) -> None:
        """Remember an exchange."""
        with self.lock:
            self.requests.append((exchange.method, exchange.target))
            if self.log:
                self.exchanges.append(exchange)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    site: SampleSite


class _Tee:
    """A reader that remembers what was read: the request's exact bytes."""

    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        self.read_so_far = bytearray()

    def readline(self, size: int = -1) -> bytes:
        line = self.source.readline(size)
        self.read_so_far += line
        return line

    def read(self, size: int = -1) -> bytes:
        block = self.source.read(size)
        self.read_so_far += block
        return block

    def close(self) -> None:
        self.source.close()

    @property
    def closed(self) -> bool:
        return self.source.closed


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.tee = _Tee(cast("BinaryIO", self.rfile))
        self.rfile = cast("Any", self.tee)
        with self.server.site.lock:
            self.server.site.connections += 1
            self.connection_number = self.server.site.connections

    def handle_one_request(self) -> None:
        self.tee.read_so_far.clear()
        try:
            super().handle_one_request()
        except (ConnectionError, BrokenPipeError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        """Keep quiet: SampleSite.requests is the log."""

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        site = self.server.site
        at = time.monotonic()
        parts = urlsplit(self.path)
        page = site.library.get(unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True)))
        status, headers, body = self._message(page, parts.path)
        line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        head = (line + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n").encode("latin-1")
        response = head if self.command == "HEAD" else head + body
        exchange = ServedExchange(
            at, self.connection_number, self.command, self.path, status, bytes(self.tee.read_so_far), response
        )
        # Noted before it is sent: a client that has the answer may look at the log at once.
        site.note(exchange)
        self.wfile.write(response)

    def _message(self, page: SamplePage, path: str) -> tuple[int, list[tuple[str, str]], bytes]:
        site = self.server.site
        base = f"http://{self.headers.get('Host') or f'127.0.0.1:{site.port}'}"
        headers = [("Server", "nginx/1.22.1"), ("Date", http_date(datetime.now(UTC))), ("Content-Type", page.mime)]
        if page.location is not None:
            headers += [("Location", page.location.replace("%%BASE%%", base)), ("Content-Length", "0")]
            return page.status, [*headers, ("Connection", "keep-alive")], b""
        body = page.body
        if page.dynamic:
            body = fill(body.decode(), base, site.count(path)).encode()
            headers += self._dynamic_headers(page, path)
        else:
            etag = f'"{len(body):x}-{hashlib.sha256(body).hexdigest()[:12]}"'
            headers += [("Last-Modified", http_date(page.modified or datetime.now(UTC))), ("ETag", etag)]
            if self._is_fresh(etag, page):
                return 304, [one for one in headers if one[0] != "Content-Type"], b""
        if page.mime.startswith(COMPRESSIBLE):
            headers.append(("Vary", "Accept-Encoding"))
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                headers.append(("Content-Encoding", "gzip"))
                body = _gzip(body)
        if page.chunked and self.request_version != "HTTP/1.0":
            headers.append(("Transfer-Encoding", "chunked"))
            body = b"".join(_chunks(body))
        else:
            headers.append(("Content-Length", str(len(body))))
        return page.status, headers, body

    def _dynamic_headers(self, page: SamplePage, path: str) -> list[tuple[str, str]]:
        if not page.mime.startswith("text/html"):
            return []
        name = hashlib.md5(b"campbell-sample-session", usedforsecurity=False).hexdigest()
        found = [("Set-Cookie", f"{name}={secrets.token_hex(13)}; path=/; HttpOnly")]
        if page.status == 200 and page.modified is not None:
            expires = datetime.now(UTC) + timedelta(minutes=15)
            # Joomla sends its ETag without quotes
            etag = hashlib.md5(path.encode() + str(page.modified).encode(), usedforsecurity=False).hexdigest()
            found += [
                ("Last-Modified", http_date(page.modified)),
                ("ETag", etag),
                ("Expires", http_date(expires)),
                ("X-Content-Powered-By", "K2 v2.10.3 (by JoomlaWorks)"),
            ]
        return found

    def _is_fresh(self, etag: str, page: SamplePage) -> bool:
        asked = self.headers.get("If-None-Match")
        if asked is not None:
            return etag in [one.strip().removeprefix("W/") for one in asked.split(",")]
        since = self.headers.get("If-Modified-Since")
        return since is not None and page.modified is not None and since == http_date(page.modified)


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def _chunks(body: bytes) -> Iterator[bytes]:
    for at in range(0, len(body), CHUNK):
        part = body[at : at + CHUNK]
        yield b"%x\r\n%s\r\n" % (len(part), part)
    yield b"0\r\n\r\n"
