"""What our own add-on wrote: read back equal, verified, taken up after a kill, replayed by pywb."""

from __future__ import annotations

import gzip
import json
import pickle
import random
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart, Event
from campbell_scraper.archive.publish.replay_site import CrawlEntry, ReplayEntry, replay_path, start, write_replay_files
from campbell_scraper.archive.publish.wacz import PageEntry, write_wacz
from campbell_scraper.archive.publish.wacz_check import check_wacz
from campbell_scraper.archive.read.locate import read_at
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.read.recovery import recover
from campbell_scraper.archive.verify import CapturePlace, verify_archive
from tests.helpers import QuietHandler, free_port, script, serving

from .handmade import PAGE, chunked, exchange, new_id, not_modified, warcinfo, write

LINKS = (
    "/zip",
    "/same",
    "/chunked",
    "/moved",
    "/missing",
    "/busy",
    "/cut",
    "/deaf",
    "/empty",
    "/note/ä?q=1&p=2",
    "/zip?2",
)


class Site(QuietHandler):
    """Answers of many kinds; what was asked is counted."""

    asked: Counter[str]
    links: tuple[str, ...] = LINKS
    broken = True

    def _send(self, body: bytes, status: int = 200, *headers: tuple[str, str], length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "Text/HTML; charset=utf-8")
        for name, value in headers:
            self.send_header(name, value)
        if not any(name == "Transfer-Encoding" for name, _ in headers):
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        path = self.path
        if path == "/":
            self._send("".join(f'<a href="{link}">x</a>' for link in self.links).encode(), 200, ("ETag", '"root"'))
        elif path.startswith("/zip"):
            self._send(gzip.compress(PAGE), 200, ("Content-Encoding", "gzip"))
        elif path == "/chunked":
            self._send(chunked(PAGE * 2, extras=False), 200, ("Transfer-Encoding", "chunked"))
        elif path == "/moved":
            self._send(b"", 301, ("Location", "/same"))
        elif path == "/missing":
            self._send(b"not here", 404)
        elif path == "/busy" and self.broken:
            self._send(b"later", 503)
        elif path == "/cut" and self.broken:
            self._send(PAGE, 200, length=len(PAGE) + 100)
            self.close_connection = True
        elif path == "/deaf" and self.broken:
            self.close_connection = True
        elif path == "/empty":
            self._send(b"")
        else:
            self._send(PAGE)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked[f"POST {body.decode()}"] += 1
        self._send(b"got " + body)


@pytest.fixture
def site() -> Iterator[tuple[str, type[Site]]]:
    handler = type("OneSite", (Site,), {"asked": Counter()})
    with serving(handler) as url:
        yield f"{url}/", handler


def crawl(tmp_path: Path, url: str, *, killed: bool = False, **plan: Any) -> list[Any]:
    """Crawl in a process of its own; return the bodies that the spider saw."""
    settings = {"ARCHIVE_DIR": str(tmp_path / "archive"), "ARCHIVE_MANIFEST": str(tmp_path / "manifest-sha256.txt")}
    plan["settings"] = {**settings, **plan.get("settings", {})}
    (tmp_path / "plan.json").write_text(json.dumps({"start": url, **plan}))
    done = script(Path(__file__).with_name("crawl_process.py"), "plan.json", "results.pickle", cwd=tmp_path)
    assert (done.returncode == 0) is not killed, done.stderr
    if killed:
        return []
    bodies: list[Any] = pickle.loads((tmp_path / "results.pickle").read_bytes())
    return bodies


def rows(events: list[Event]) -> list[CapturePlace]:
    return [
        CapturePlace(event.capture_id, event.url, event.warc_file, event.warc_offset, event.warc_length)
        for event in events
        if isinstance(event, Capture)
    ]


def test_the_reader_gives_what_the_spider_saw(tmp_path: Path, site: tuple[str, type[Site]]) -> None:
    bodies = crawl(tmp_path, site[0], posts=["one", "two"])
    read = list(read_archive([tmp_path / "archive"]))
    assert isinstance(read[0], CrawlStart)
    assert isinstance(read[-1], CrawlEnd)
    assert read[-1].status == "finished"
    captures = [event for event in read if isinstance(event, Capture)]
    assert {event.outcome for event in captures} == {"new", "revisit", "failed"}
    assert {event.method for event in captures} == {"GET", "POST"}
    assert any(event.truncated for event in captures)
    asked = {f"{site[0][:-1]}{path}" for path in site[1].asked if not path.startswith("POST")}
    assert {event.url for event in captures if event.method == "GET"} == asked
    seen = {(method, url): body for method, url, _, body, _ in bodies}
    for event in captures:
        if event.payload is not None and (event.method, event.url) in seen and event.method == "GET":
            assert event.payload() == seen[event.method, event.url]
        again = read_at(tmp_path / "archive" / event.warc_file, event.warc_offset)
        assert again == event
    assert verify_archive(tmp_path / "archive", tmp_path / "manifest-sha256.txt", rows(read)) == []


def test_a_killed_crawl_asks_only_for_what_it_lacks(tmp_path: Path, site: tuple[str, type[Site]]) -> None:
    url, handler = site
    settings = {"ARCHIVE_CRAWL_ID": "20260101T000000Z-0000beef"}
    crawl(tmp_path, url, killed=True, posts=["one", "two"], kill_after=8, settings=settings)
    before = Counter(handler.asked)
    assert not list((tmp_path / "archive").glob("*.warc.gz"))
    (done,) = recover(tmp_path / "archive", tmp_path / "manifest-sha256.txt")
    assert done.action == "closed"
    stored = [event for event in read_archive([tmp_path / "archive"]) if isinstance(event, Capture)]
    handler.broken = False
    settings["ARCHIVE_RESUME"] = settings["ARCHIVE_CRAWL_ID"]
    bodies = crawl(tmp_path, url, posts=["one", "two", "three"], settings=settings)
    complete = {"/", "/zip", "/zip?2", "/same", "/chunked", "/moved", "/missing", "/empty", "POST one", "POST two"}
    for path in complete & before.keys():
        assert handler.asked[path] == 1, path
    for path in {"/busy", "/cut", "/deaf"} & before.keys():
        assert handler.asked[path] == before[path] + 1, path  # Twisted itself repeats a request that is not answered
    assert handler.asked["POST three"] == 1
    replayed = {(method, seen): body for method, seen, _, body, flags in bodies if "replayed" in flags}
    assert len(replayed) >= 5
    assert {body for (_, seen), body in replayed.items() if seen.startswith(f"{url}zip")} == {PAGE}
    assert {status for _, _, status, _, _ in bodies} <= {200, 404}
    after = [event for event in read_archive([tmp_path / "archive"]) if isinstance(event, Capture)]
    twice = Counter((event.method, event.url) for event in after if event.method == "GET")
    again = {seen.removeprefix(url[:-1]) for (_, seen), count in twice.items() if count > 1}
    assert again <= {"/busy", "/cut", "/deaf"}
    assert len(after) > len(stored)
    assert verify_archive(tmp_path / "archive", tmp_path / "manifest-sha256.txt", rows(list(after))) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_a_crawl_killed_at_random_asks_again_for_what_was_on_its_way_only(
    tmp_path: Path, site: tuple[str, type[Site]], seed: int
) -> None:
    url, handler = site
    concurrency, pages = 4, [f"/many/{number}" for number in range(400)]
    handler.links = tuple(pages)
    settings: dict[str, Any] = {"ARCHIVE_CRAWL_ID": "20260101T000000Z-0000beef", "CONCURRENT_REQUESTS": concurrency}
    settings |= {"CONCURRENT_REQUESTS_PER_DOMAIN": concurrency, "ARCHIVE_FSYNC_INTERVAL": 0.5}
    settings["ARCHIVE_RESUME"] = settings["ARCHIVE_CRAWL_ID"]
    chance, kills = random.Random(seed), 2
    for _ in range(kills):
        crawl(tmp_path, url, killed=True, kill_when=chance.randrange(20, 180), settings=settings)
    crawl(tmp_path, url, settings=settings)
    again = sum(handler.asked[path] - 1 for path in ["/", *pages])
    assert 0 <= again <= kills * concurrency, "in flight"
    captures = Counter(event.url for event in read_archive([tmp_path / "archive"]) if isinstance(event, Capture))
    assert captures.keys() == {url, *(f"{url[:-1]}{path}" for path in pages)}
    assert max(captures.values()) == 1, "what is in the archive is not asked for again"
    assert verify_archive(tmp_path / "archive", tmp_path / "manifest-sha256.txt", None) == []


def test_pywb_shows_what_an_answer_304_confirms(tmp_path: Path) -> None:
    pytest.importorskip("pywb")
    archive = tmp_path / "collections" / "campbell" / "archive"
    archive.mkdir(parents=True)
    held = new_id()
    first = [warcinfo(), *exchange("http://site.test/a", record_id=held), *exchange("http://site.test/b")]
    write(archive / "c-1.warc.gz", first)
    later = "2026-02-02T00:00:00.000000Z"
    second = [
        not_modified("http://site.test/a", held, date=later),
        not_modified("http://site.test/b", None, date=later),
    ]
    write(archive / "c-2.warc.gz", [warcinfo(), *second])
    write_replay_files(tmp_path, title="Library")
    port = free_port()
    process = start(tmp_path, port)
    try:
        for path in ("a", "b"):
            address = f"http://127.0.0.1:{port}/campbell/20260202000000id_/http://site.test/{path}"
            assert urllib.request.urlopen(address, timeout=20).read() == PAGE
    finally:
        process.terminate()
        process.wait()
    files = sorted(archive.iterdir())
    assert check_wacz(write_wacz(tmp_path / "c.wacz", files, pages=[], title="T", description="D")) == []
    outcomes = [event.outcome for event in read_archive([archive]) if isinstance(event, Capture)]
    assert outcomes == ["new", "new", "unchanged", "unchanged"]


DATASETTE_HOME = (
    '{% extends "replay-home.html" if routes is defined else "default:index.html" %}{% block x %}{% endblock %}'
)


def test_pywb_does_not_show_what_is_hidden_and_shows_it_again(tmp_path: Path, site: tuple[str, type[Site]]) -> None:
    pytest.importorskip("pywb")
    url, _ = site
    crawl(tmp_path, url, settings={"ARCHIVE_DIR": str(tmp_path / "collections" / "campbell" / "archive")})

    def statuses() -> list[int]:
        port = free_port()
        process = start(tmp_path, port)
        try:
            found = []
            for path in ("zip", "same"):
                try:
                    found.append(urllib.request.urlopen(f"http://127.0.0.1:{port}/campbell/{url}{path}").status)
                except urllib.error.HTTPError as error:
                    found.append(error.code)
            return found
        finally:
            process.terminate()
            process.wait()

    write_replay_files(tmp_path, title="Library", hidden=[f"{url}zip"])
    assert statuses() == [404, 200]
    write_replay_files(tmp_path, title="Library")
    assert statuses() == [200, 200]


def test_a_configuration_of_the_users_stays(tmp_path: Path) -> None:
    write_replay_files(tmp_path, title="Library")
    assert (tmp_path / "config.yaml").read_text() == "framed_replay: false\n"
    (tmp_path / "config.yaml").write_text("framed_replay: true\n")
    write_replay_files(tmp_path, title="Library")
    assert (tmp_path / "config.yaml").read_text() == "framed_replay: true\n"


@pytest.mark.parametrize("beside_datasette", [False, True])
def test_pywb_replays_the_folder_with_a_home_page(
    tmp_path: Path, site: tuple[str, type[Site]], beside_datasette: bool
) -> None:
    pytest.importorskip("pywb")
    url, _ = site
    archive = tmp_path / "collections" / "campbell" / "archive"
    crawl(tmp_path, url, settings={"ARCHIVE_DIR": str(archive)})
    captures = {event.url: event for event in read_archive([archive]) if isinstance(event, Capture)}
    before = {path: path.read_bytes() for path in archive.iterdir()}
    odd = 'A "quoted" {{ title }} {% raw %} <b>'
    entry = ReplayEntry(title=odd, url=f"{url}zip", captured_at=captures[f"{url}zip"].captured_at)
    report = write_replay_files(
        tmp_path, title="Library", crawls=[CrawlEntry(crawl_id="c1", started_at="2026")], pages=[entry]
    )
    assert report.damaged == {}
    if beside_datasette:
        (tmp_path / "templates" / "index.html").write_text(DATASETTE_HOME)
    port = free_port()
    process = start(tmp_path, port)
    try:
        home = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20).read().decode()
        assert "&#123;&#123; title &#125;&#125;" in home
        (link,) = re.findall(r'href="(/campbell/[^"]+)"', home)
        assert link == replay_path(entry.url, entry.captured_at)
        stamp = link.split("/")[2]
        for path in ("zip", "same", "chunked"):
            raw = urllib.request.urlopen(f"http://127.0.0.1:{port}/campbell/{stamp}id_/{url}{path}", timeout=20).read()
            raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
            assert raw == (PAGE * 2 if path == "chunked" else PAGE), path
    finally:
        process.terminate()
        process.wait()
    assert {path: path.read_bytes() for path in archive.iterdir()} == before


def test_a_crawl_becomes_a_package(tmp_path: Path, site: tuple[str, type[Site]]) -> None:
    url, _ = site
    crawl(tmp_path, url)
    captures = [event for event in read_archive([tmp_path / "archive"]) if isinstance(event, Capture)]
    pages = [PageEntry(url=event.url, ts=event.captured_at, title="t") for event in captures if event.status == 200]
    files = sorted((tmp_path / "archive").glob("*.warc.gz"))
    out = write_wacz(tmp_path / "c.wacz", files, pages=pages, title="T", description="D", crawl_id=captures[0].crawl_id)
    assert check_wacz(out) == []


def test_a_sigterm_ends_pywb_too(tmp_path: Path) -> None:
    pytest.importorskip("pywb")
    write_replay_files(tmp_path, title="Library")
    port = free_port()
    code = """if True:
        import sys
        from pathlib import Path
        from campbell_scraper.archive.publish.replay_site import run_pywb
        sys.exit(run_pywb(Path("."), int(sys.argv[1]), on_ready=lambda url: print(url, flush=True)))
    """
    with subprocess.Popen([sys.executable, "-c", code, str(port)], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"http://127.0.0.1:{port}/\n".encode()
        process.terminate()
        assert process.wait(20) == 0
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=2):
        pass
