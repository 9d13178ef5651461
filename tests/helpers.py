"""What many tests do: call the command line, ask a database, serve something on loopback, keep a crawled sample."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
import runpy
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import urlsplit

import click
from click.testing import CliRunner
from filelock import FileLock

from campbell_scraper.faces.cli import main
from campbell_scraper.sample import SampleSite, ServedExchange
from campbell_scraper.spiders.page_links import read_answer
from tests.forked_servers import fork_servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.process import BaseProcess

    import pytest

    from campbell_scraper.spiders.discovery import Answer, Discovery, Step

BIN = Path(sys.executable).parent
"""Where the programs of this environment are."""
PROGRAM = str(BIN / "campbell")
SEED = "better-evidence/parent-infant-psychotherapy-for-improving-parental-and-infant-mental-health"
"""The review of the sample that is a real one."""
_OWN_PROCESS = {"crawl", "demo", "serve", "replay"}
"""Commands that cannot run in the tests' process: Scrapy's reactor starts once in one, and servers do not end."""
_LOADED = ["campbell_scraper.view.preloaded_modules", "campbell_scraper.reading.facts.fact_engine",
           "campbell_scraper.spiders.run", "campbell_scraper.faces.cli.crawl_commands",
           "campbell_scraper.archive.listen.archive_addon", "campbell_scraper.faces.report.crawl_summary",
           "campbell_scraper.faces.report.verdict", "campbell_scraper.faces.report.notify",
           "cdxj_indexer.main"]  # fmt: skip
"""What a crawl imports, and a fork then has."""


def program(
    *words: object, cwd: Path | None = None, timeout: float = 300, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user starts it."""
    command = [PROGRAM, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=timeout, env=env)


def campbell(*words: object, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run the command line where it is ready at once: in this process, or in a fork that has all of it loaded.

    Not from a thread: standard output is the process's. There, and where the process is the point, use :func:`program`.
    """
    command = ["campbell", *map(str, words)]
    if command[1] in _OWN_PROCESS:
        return forked(main, command, timeout)
    with mock.patch.object(sys, "argv", command):
        result = CliRunner().invoke(click.Command("campbell", callback=main), [])
    return subprocess.CompletedProcess(command, result.exit_code, result.stdout, result.stderr)


def script(
    path: Path, *words: object, cwd: Path, timeout: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a Python script in a fork that has Scrapy and all of ours loaded."""
    run = partial(runpy.run_path, str(path), run_name="__main__")
    return forked(run, [str(path), *map(str, words)], timeout, cwd, environment)


def forked(
    run: Callable[[], object],
    command: list[str],
    timeout: float = 300,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Call a function, for a command, in a fork that has all of ours loaded."""
    with tempfile.TemporaryDirectory() as name:
        said = Path(name, "stdout"), Path(name, "stderr")
        given = os.environ | (environment or {})
        code = in_fork(_run, run, command, said, given, cwd or Path.cwd(), timeout=timeout)
        out, err = (one.read_text("utf-8") if one.exists() else "" for one in said)
        assert code is not None, f"{command} took more than {timeout} s\n{out}\n{err}"
        return subprocess.CompletedProcess(command, code, out, err)


def started(*words: object) -> BaseProcess:
    """Start the command line in a fork that has all of it loaded, to be killed; it leads a session of its own."""
    silent = Path(os.devnull)
    return _fork(_run_apart, main, ["campbell", *map(str, words)], (silent, silent), dict(os.environ), Path.cwd())


def in_fork(target: Callable[..., None], *arguments: object, timeout: float = 120) -> int | None:
    """Call a function in a fork that has loaded what a crawl needs; return its exit code, None if time ran out."""
    process = _fork(target, *arguments)
    process.join(timeout)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    return code


def _fork(target: Callable[..., None], *arguments: object) -> BaseProcess:
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(_LOADED)
    process = forks.Process(target=target, args=arguments)
    running = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")  # else the fork imports pytest
    try:
        process.start()
    finally:
        sys.modules["__main__"] = running
    return process


def _run_apart(*arguments: Any) -> None:
    os.setsid()
    _run(*arguments)


def _run(
    run: Callable[[], object],
    command: list[str],
    said: tuple[Path, Path],
    environment: dict[str, str],
    folder: Path,
) -> None:
    for number, path in enumerate(said, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = command
    fork_servers()
    run()


def rows(place: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Return the rows of a query in a database, or in that of a data folder."""
    return _asked(place, sql, parameters, None)


def named_rows(place: Path, sql: str, *parameters: object) -> list[sqlite3.Row]:
    """Return the rows of a query, by the names of their columns."""
    return _asked(place, sql, parameters, sqlite3.Row)


def _asked(place: Path, sql: str, parameters: tuple[object, ...], row_factory: Any) -> list[Any]:
    database = place / "campbell.db" if place.is_dir() else place
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = row_factory
        return connection.execute(sql, parameters).fetchall()


def steps_of(discovery: Discovery, answer: Answer) -> list[Step]:
    """Return what follows from an answer, read as a crawl reads it."""
    return list(discovery.steps(read_answer(answer, discovery.page_url(answer), discovery.reader(answer))))


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[Any], seconds: float = 60) -> None:
    """Wait until a server that was started answers; it must not end before."""
    until = time.monotonic() + seconds
    port = urlsplit(url).port
    while time.monotonic() < until:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"no server answers at {url}")


class QuietHandler(BaseHTTPRequestHandler):
    """A handler of HTTP/1.1 that logs nothing; ``answer`` sends a whole message."""

    protocol_version = "HTTP/1.1"

    def answer(self, body: bytes, mime: str = "text/html; charset=utf-8", *, status: int = 200, **headers: str) -> None:
        """Send a message; in a header's name ``_`` stands for ``-``."""
        self.send_response(status)
        for name, value in {"Content-Type": mime, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep quiet."""


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on loopback while the block runs; yield the address, ``http://127.0.0.1:PORT``."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@dataclass(frozen=True)
class Crawled:
    """A data folder that a crawl of the embedded sample left, and what the site saw of that crawl."""

    data: Path
    port: int
    output: str
    """What the crawl printed."""
    exchanges: list[ServedExchange]
    lock: Path
    """Who serves the site again holds it."""

    @property
    def url(self) -> str:
        """The address of the site, which the folder's captures are of."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        """The folder's database."""
        return self.data / "campbell.db"

    @property
    def warcs(self) -> list[Path]:
        """The folder's WARC files, oldest first."""
        return sorted((self.data / "collections/campbell/archive").glob("*.warc.gz"))

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Methods and targets of the crawl's requests, in order."""
        return [(exchange.method, exchange.target) for exchange in self.exchanges]

    def rows(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        return named_rows(self.database, sql, *parameters)

    def copied(self, target: Path) -> Crawled:
        """Return a copy of the folder, to be changed."""
        shutil.copytree(self.data, target)
        return replace(self, data=target)

    @contextmanager
    def served(self) -> Iterator[SampleSite]:
        """Serve the site again, at its address; another process that wants to waits meanwhile."""
        with FileLock(self.lock), SampleSite(self.port, log=True) as site:
            yield site


def crawl_sample(folder: Path) -> None:
    """Crawl the embedded sample into ``library`` in a folder, and keep beside it what the site saw."""
    with _site_at_a_port_of_nobody() as site:
        run = program("crawl", site.url, "--delay", 0, "--data", folder / "library")
        assert run.returncode == 0, run.stdout + run.stderr
        (folder / "seen").write_bytes(pickle.dumps((site.port, run.stdout, site.exchanges)))


def run_demo(folder: Path) -> None:
    """Run the demo as a newcomer does."""
    run = program("demo", cwd=folder, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr


def _site_at_a_port_of_nobody() -> SampleSite:
    """Return the sample's site at a port that no system hands out by itself: it must be free again later."""
    while True:
        with suppress(OSError):
            return SampleSite(random.randint(10_000, 30_000), log=True)


def once_a_run(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that ``make`` fills once in a test run, whichever worker comes first; it is not to be changed."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


def sample_crawl(factory: pytest.TempPathFactory) -> Crawled:
    """Return this process's copy of the crawl of the embedded sample that a test run makes once."""
    original = once_a_run(factory, "crawled", crawl_sample)
    port, output, exchanges = pickle.loads((original / "seen").read_bytes())
    first = Crawled(original / "library", port, output, exchanges, original / "served.lock")
    return first.copied(factory.mktemp("crawled") / "library")
