"""A local Wayback Machine on loopback: index of captures and captures, redirects to neighbours, throttling, resets.

Written from docs/sites.md and from what client libraries of the real one tell of it: the index (CDX server) answers
JSON rows with a resume key; a capture is had byte for byte at ``/web/<14 digits>id_/<original>`` and carries
``Memento-Datetime``, ``Link`` and the original headers as ``x-archive-orig-*``, but for those a browser needs itself;
an address without capture redirects to the nearest one (``X-Archive-Redirect-Reason``). What it does now and then is in
:data:`QUIRKS`, each switched on by its name.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from typing import NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

import surt  # type: ignore[import-untyped] # has no stubs

from tests.helpers import QuietHandler
from tests.servers import wayback_index
from tests.servers.wayback_index import Capture, Header

_UNPREFIXED = {"content-type", "content-encoding", "location"}


class Quirk(NamedTuple):
    """One way in which it behaves now and then."""

    number: int
    name: str
    what: str


QUIRKS = (
    Quirk(1, "throttling", "after every quota requests 429 with Retry-After, and so until that is over"),
    Quirk(2, "throttling-silent", "some requests (silent) are answered 429 without Retry-After"),
    Quirk(3, "resets", "every twenty-third request's connection is reset, no byte of an answer sent"),
    Quirk(4, "cut-off", "every seventh capture's connection ends in the middle of its body, once"),
    Quirk(5, "neighbours", "every fifth capture listed cannot be had: it redirects to the nearest other one"),
    Quirk(6, "silent-neighbours", "likewise, but the other is answered with 200 and its own Memento-Datetime"),
    Quirk(7, "excluded", "addresses in excluded answer 404, though they are listed"),
    Quirk(8, "own-gzip", "the server compresses answers whose original was not"),
    Quirk(9, "no-link", "captures carry no Link header"),
    Quirk(10, "short-pages", "a page of the index holds at most page_limit rows, whatever limit says"),
    Quirk(11, "index-down", "the index answers 503 with an HTML page the first two times"),
    Quirk(12, "index-html", "the index answers 200 with an HTML page the first time"),
    Quirk(13, "blocked", "the index answers 403: the site is excluded"),
    Quirk(14, "http-and-https", "originals are http and https, with and without www and port by turns"),
    Quirk(15, "malformed-rows", "the index has rows of addresses that are none"),
    Quirk(16, "crawl-delay", "robots.txt asks for a Crawl-delay of crawl_delay seconds"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it."""

    at: float
    """Seconds on the monotonic clock when it had been read."""
    left: float
    """When its answer had been made."""
    connection: int
    target: str
    status: int
    """0 for a connection that was reset."""
    headers: dict[str, str]
    retry_after: float | None = None


@dataclass(slots=True)
class Message:
    """An answer before it is sent."""

    status: int
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""
    cut: bool = False
    """Only half of the body is sent."""


class WaybackMachine:
    """The machine: ``with WaybackMachine(captures) as machine: machine.url``."""

    def __init__(self, captures: Iterable[Capture] = (), *, quirks: tuple[str, ...] = ()) -> None:
        self.captures = list(captures)
        self.quirks: set[str] = set()
        self.log: list[Asked] = []
        self.excluded: set[str] = set()
        self.unplayable: set[tuple[str, str]] = set()
        """Originals and timestamps of captures whose WARC file cannot be had: 503 for good, as OpenWayback says it."""
        self.retry_after = "1"
        self.quota = 15
        self.silent = {5, 31}
        self.page_limit = 7
        self.crawl_delay = "2"
        self.lock = threading.Lock()
        self.connections = 0
        self._count = 0
        self._index_answers = 0
        self._cut: set[str] = set()
        self._since_closed = 0
        self._closed_until = 0.0
        for name in quirks:
            self.switch_on(name)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.machine = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Its address, without slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def switch_on(self, name: str) -> None:
        """Begin to behave in one of the ways of QUIRKS."""
        assert name in {quirk.name for quirk in QUIRKS}, name
        self.quirks.add(name)
        if name == "http-and-https":
            self.captures = [replace(one, original=_by_turns(one.original, at)) for at, one in enumerate(self.captures)]

    def forget(self) -> None:
        """Empty the request log."""
        self.log.clear()

    def asked(self, begins: str = "/") -> list[Asked]:
        """Return the requests whose target begins so."""
        return [one for one in self.log if one.target.startswith(begins)]

    def served(self) -> list[str]:
        """Return the targets of captures that were answered with one, in order."""
        return [one.target for one in self.asked("/web/") if one.status not in {0, 302, 429, 503}]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, target: str) -> Message | None:
        """Make the answer to a request; None for a reset."""
        with self.lock:
            self._count += 1
            number = self._count
        if target != "/robots.txt":
            if "throttling" in self.quirks and self._is_over_quota():
                return Message(429, [("Retry-After", self.retry_after)], b"Too Many Requests")
            if "throttling-silent" in self.quirks and number in self.silent:
                return Message(429, [], b"Too Many Requests")
            if "resets" in self.quirks and number % 23 == 7:
                return None
        if target == "/robots.txt":
            delay = f"Crawl-delay: {self.crawl_delay}\n" if "crawl-delay" in self.quirks else ""
            return Message(200, [("Content-Type", "text/plain")], f"User-agent: *\n{delay}Disallow: /save/\n".encode())
        if target.startswith("/cdx/search/cdx?"):
            return self._index(parse_qs(urlsplit(target).query, keep_blank_values=True))
        match = re.fullmatch(r"/web/(\d{1,14})id_/(.+)", target, re.DOTALL)
        return self._capture(match[1], match[2]) if match else _page(404, "Not found")

    def _is_over_quota(self) -> bool:
        now = time.monotonic()
        with self.lock:
            self._since_closed += 1
            if self._since_closed > self.quota:
                self._since_closed = 0
                self._closed_until = now + float(self.retry_after)
            return now < self._closed_until

    # Index

    def _index(self, query: dict[str, list[str]]) -> Message:
        self._index_answers += 1
        if "blocked" in self.quirks:
            return _page(403, "org.archive.wayback.exception.AdministrativeAccessControlException: Blocked Site Error")
        if "index-down" in self.quirks and self._index_answers <= 2:
            return _page(503, "Service Unavailable")
        if "index-html" in self.quirks and self._index_answers == 1:
            return _page(200, "The Wayback Machine has been upgraded")
        rows = wayback_index.rows(self.captures, query, malformed="malformed-rows" in self.quirks)
        limit = int(query.get("limit", ["150000"])[0])
        if "short-pages" in self.quirks:
            limit = min(limit, self.page_limit)
        start = int(query.get("resumeKey", ["0"])[0].rpartition(" ")[2])
        fields = query.get("fl", [",".join(wayback_index.FIELDS)])[0].split(",")
        page = rows[start : start + limit]
        lines: list[list[str]] = [fields, *([row[name] for name in fields] for row in page)] if page else []
        if start + limit < len(rows) and query.get("showResumeKey") == ["true"]:
            following = rows[start + limit]
            lines += [[], [f"{following['urlkey']} {start + limit}"]]
        body = json.dumps(lines).encode() + b"\n"
        return Message(200, [("Content-Type", "application/json")], body)

    # Captures

    def _capture(self, timestamp: str, original: str) -> Message:
        if "excluded" in self.quirks and original in self.excluded:
            return _page(404, "This URL has been excluded from the Wayback Machine.")
        if (original, timestamp) in self.unplayable:
            return _page(503, "Resource Not Available")
        key = str(surt.surt(original))
        of_url = [one for one in self.captures if one.urlkey == key]
        usable = [one for one in of_url if not self._is_lost(one)]
        if not usable:
            return _page(404, "The Wayback Machine has not archived that URL.")
        exact = [one for one in usable if one.timestamp == timestamp and one.original == original]
        found = exact[0] if exact else min(usable, key=lambda one: (_distance(one.timestamp, timestamp), one.original))
        silent = "silent-neighbours" in self.quirks
        if found.timestamp != timestamp and not silent:
            headers = [
                ("Location", f"{self.url}/web/{found.timestamp}id_/{found.original}"),
                ("X-Archive-Redirect-Reason", f"found capture at {found.timestamp}"),
                ("Content-Type", "text/html; charset=utf-8"),
            ]
            return Message(302, headers)
        return self._served(found)

    def _is_lost(self, capture: Capture) -> bool:
        if not self.quirks & {"neighbours", "silent-neighbours"}:
            return False
        of_url = sorted(
            (one for one in self.captures if one.urlkey == capture.urlkey),
            key=lambda one: (one.timestamp, one.original),
        )
        return len(of_url) > 1 and of_url.index(capture) % 5 == 1

    def _served(self, capture: Capture) -> Message:
        headers: list[Header] = [("Server", "nginx"), ("Date", format_datetime(datetime.now(UTC), usegmt=True))]
        for name, value in capture.headers:
            if name.lower() == "location":
                headers.append((name, f"{self.url}/web/{capture.timestamp}id_/{value}"))
            elif name.lower() in _UNPREFIXED:
                headers.append((name, value))
            else:
                headers.append((f"x-archive-orig-{name.lower()}", value))
        moment = datetime.strptime(capture.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        headers.append(("Memento-Datetime", format_datetime(moment, usegmt=True)))
        if "no-link" not in self.quirks:
            headers.append(("Link", self._links(capture, moment)))
        headers += [("x-archive-src", "spn2-20180101-wwwb-1.warc.gz"), ("x-app-server", "wwwb-app1"), ("x-ts", "200")]
        body = capture.body
        if "own-gzip" in self.quirks and not any(name.lower() == "content-encoding" for name, _ in capture.headers):
            headers.append(("Content-Encoding", "gzip"))
            body = gzip.compress(body)
        message = Message(capture.status, headers, body)
        name = f"{capture.timestamp} {capture.original}"
        if "cut-off" in self.quirks and name not in self._cut and sum(name.encode()) % 7 == 0:
            self._cut.add(name)
            message.cut = True
        return message

    def _links(self, capture: Capture, moment: datetime) -> str:
        memento = f'<{self.url}/web/{capture.timestamp}id_/{capture.original}>; rel="memento"'
        return ", ".join(
            (
                f'<{capture.original}>; rel="original"',
                f'<{self.url}/web/timemap/link/{capture.original}>; rel="timemap"; type="application/link-format"',
                f'<{self.url}/web/{capture.original}>; rel="timegate"',
                f'{memento}; datetime="{format_datetime(moment, usegmt=True)}"',
            )
        )


def _by_turns(url: str, turn: int) -> str:
    """Write an address as one of four that are the same to the index."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    origins = (f"http://{host}", f"http://{host}:80", f"http://{host.removeprefix('www.')}", f"https://{host}")
    return origins[turn % 4] + url.removeprefix(f"{parts.scheme}://{parts.netloc}")


def _page(status: int, text: str) -> Message:
    body = f"<!DOCTYPE html><html><head><title>Internet Archive</title></head><body><h1>{text}</h1></body></html>"
    return Message(status, [("Content-Type", "text/html; charset=utf-8")], body.encode())


def _distance(one: str, other: str) -> float:
    def moment(digits: str) -> datetime:
        return datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - a difference of two

    return abs((moment(one) - moment(other)).total_seconds())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    machine: WaybackMachine


class _Handler(QuietHandler):
    timeout = 30
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        with self.server.machine.lock:
            self.server.machine.connections += 1
            self.number = self.server.machine.connections

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # the crawl was killed
            self.close_connection = True

    def do_GET(self) -> None:
        at = time.monotonic()
        machine = self.server.machine
        message = machine.answer(self.path)
        if message is None:
            self._note(at, 0, None)
            # Lingering for no time makes close() send a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        retry = next((value for name, value in message.headers if name == "Retry-After"), None)
        self._note(at, message.status, float(retry) if retry else None)
        phrase = HTTPStatus(message.status).phrase
        head = [f"HTTP/1.1 {message.status} {phrase}", *(f"{name}: {value}" for name, value in message.headers)]
        head += [f"Content-Length: {len(message.body)}", "", ""]
        body = message.body[: len(message.body) // 2] if message.cut else message.body
        self.wfile.write("\r\n".join(head).encode("latin-1") + body)
        self.close_connection = self.close_connection or message.cut

    def _note(self, at: float, status: int, retry_after: float | None) -> None:
        machine = self.server.machine
        headers = {name.lower(): value for name, value in self.headers.items()}
        with machine.lock:
            machine.log.append(Asked(at, time.monotonic(), self.number, self.path, status, headers, retry_after))
