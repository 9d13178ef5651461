"""A small library on loopback some of whose pages misbehave, by raw sockets."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from campbell_scraper.sample import generated
from campbell_scraper.sample.dynamic import fill
from tests.helpers import BIN, PROGRAM, QuietHandler, campbell, rows, script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campbell_scraper.sample import SampleLibrary

    Trouble = Callable[["Handler"], None]

__all__ = ["rows"]


class Handler(QuietHandler):
    server: TroubleServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        try:
            trouble = self.server.troubles.get(urlsplit(self.path).path)
            if self.server.down_after is not None and len(self.server.asked) > self.server.down_after:
                self.reset()
            elif trouble is not None:
                trouble(self)
            else:
                self.page()
        except OSError:
            self.close_connection = True

    def page(self) -> None:
        parts = urlsplit(self.path)
        page = self.server.library.get(unquote(parts.path), dict(parse_qsl(parts.query)))
        body = page.body
        if page.dynamic:
            body = fill(body.decode(), f"http://{self.headers['Host']}", 1).encode()
        if parts.path == "/":
            links = "".join(f'<p><a href="{path}">{path}</a></p>' for path in self.server.troubles)
            body = body.replace(b"</body>", links.encode() + b"</body>")
        location = {"Location": page.location} if page.location else {}
        self.answer(body, page.mime, status=page.status, **location)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()
        self.close_connection = True


class TroubleServer(ThreadingHTTPServer):
    library: SampleLibrary
    troubles: dict[str, Trouble]
    asked: list[str]
    down_after: int | None

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about connections that were meant to break."""


class TroubleSite:
    """``with TroubleSite({"/loop.html": loop}) as site``: its home page links to each trouble."""

    def __init__(
        self,
        troubles: Mapping[str, Trouble] | None = None,
        *,
        reviews: int = 6,
        down_after: int | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.server = TroubleServer(("127.0.0.1", 0), Handler)
        self.server.library = generated(reviews, seed=3)
        self.server.troubles = dict(troubles or {})
        self.server.asked = []
        self.server.down_after = down_after
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}/"

    @property
    def asked(self) -> list[str]:
        """Request targets in order."""
        return self.server.asked

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def crawl(site: str, data: Path, *options: object) -> subprocess.CompletedProcess[str]:
    return campbell("crawl", site, "--delay", 0, "--data", data, *options)


class Measured(NamedTuple):
    """How a crawl ended, and what its process took, by the kernel's count: the same on a busy machine."""

    code: int
    megabytes: int
    """Resident at most."""
    written: int
    """Megabytes, to whatever file."""


def measured_crawl(site: str, data: Path) -> Measured:
    """Crawl, and count."""
    command = [PROGRAM, "crawl", site, "--delay", "0", "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # It is read while the process is dead and not yet waited for: then nothing is added any more.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    counts = dict(line.split(": ") for line in Path(f"/proc/{process.pid}/io").read_text().splitlines())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(process.returncode, usage.ru_maxrss // 1024, int(counts["wchar"]) // 1_000_000)


def scrapy(site: str, data: Path, settings: Mapping[str, object], timeout: float = 120) -> str:
    """Crawl with settings that the command line does not have; gives the log."""
    words = ["-a", "source=k2", "-a", f"site={site}"]
    for name, value in {"CAMPBELL_DATA": data, "DOWNLOAD_DELAY": 0, "RETRY_TIMES": 0, **settings}.items():
        words += ["-s", f"{name}={value}"]
    data.parent.mkdir(parents=True, exist_ok=True)
    run = script(BIN / "scrapy", "crawl", "reviews", *words, cwd=data.parent, timeout=timeout,
                 SCRAPY_SETTINGS_MODULE="campbell_scraper.settings")  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stderr


def assert_safe(data: Path) -> None:
    """All that was fetched is whole: archive, manifest and database agree."""
    run = campbell("verify", "--data", data)
    assert run.returncode == 0, run.stdout + run.stderr
