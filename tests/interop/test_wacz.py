"""The demo's WACZ: in order, replayed by pywb from its own copy, and by ReplayWeb.page; broken ones are found out."""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import os
import shutil
import struct
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.publish.wacz_check import check_wacz
from campbell_scraper.archive.read.reader import read_archive
from tests.helpers import Crawled, QuietHandler, campbell, free_port, serving, wait_for
from tests.replay.browser import chromium, shut_in

pytestmark = pytest.mark.xdist_group("interop")
SEED = "/better-evidence/parent-infant-psychotherapy-for-improving-parental-and-infant-mental-health.html"
TITLE = "Parent-infant psychotherapy for improving parental and infant mental health"


@pytest.fixture(scope="module")
def package(library: Crawled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wacz") / "library.wacz"
    run = campbell("package", "--data", library.data, "--output", target)
    assert run.returncode == 0, run.stdout + run.stderr
    return target


def test_it_is_in_order(package: Path) -> None:
    assert check_wacz(package) == []


def test_py_wacz_finds_it_valid_and_one_that_was_changed_not(package: Path, tmp_path: Path) -> None:
    def verdict(path: Path) -> str:
        words = [str(Path(sys.executable).with_name("wacz")), "validate", "-f", str(path)]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout

    assert "Validation succeeded" in verdict(package)
    broken = tmp_path / "broken.wacz"
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(broken, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info, data if info.filename != "pages/pages.jsonl" else data.replace(b"/better", b"/worse"))
    assert check_wacz(broken)
    assert "Validation succeeded" not in verdict(broken)  # a digest differs


def test_what_is_excluded_is_in_no_package(library: Crawled, tmp_path: Path) -> None:
    data = Path(shutil.copytree(library.data, tmp_path / "library"))
    (data / "exclusions.csv").write_text(f"review_id,reason\n{SEED[1:].removesuffix('.html')},asked to\n", "utf-8")
    run = campbell("package", "--data", data, "--output", tmp_path / "x.wacz")
    assert run.returncode == 0, run.stderr
    assert "may still name it" in run.stderr
    assert check_wacz(tmp_path / "x.wacz") == []
    events = [event for event in read_archive([tmp_path / "x.wacz"]) if isinstance(event, Capture)]
    bodies = b"".join(event.payload() for event in events if event.payload)
    assert b"with a total of 846 participants" not in bodies
    assert not {event.url for event in events if SEED in event.url or "parent-infant-psychotherapy-ES.pdf" in event.url}
    assert len(events) > 300
    with zipfile.ZipFile(tmp_path / "x.wacz") as package:
        pages = package.read("pages/pages.jsonl").decode()
    assert pages.count("\n") > 20
    assert SEED not in pages
    assert "Yinghui" not in pages
    assert "with a total of 846 participants" not in pages


def test_a_reader_that_looks_into_the_central_directory_first_finds_the_contents(package: Path) -> None:
    """wabac.js 2 reads a local header only if the central directory's entry has an extra field."""
    data = package.read_bytes()
    with zipfile.ZipFile(package) as opened:
        for info in opened.infolist():
            (local_extra,) = struct.unpack_from("<H", data, info.header_offset + 28)
            assert info.extra or not local_extra, info.filename


def rewrite(package: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Copy a package, each entry as ``change(name, content)`` gives it; None leaves it out."""
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            content = change(info.filename, old.read(info))
            if content is not None:
                new.writestr(info.filename, content, compress_type=info.compress_type)
    return target


def test_an_index_need_not_be_compressed(package: Path, tmp_path: Path) -> None:
    """js-wacz and HTTrack write it plain."""

    def problems(change: Callable[[bytes], bytes]) -> list[str]:
        plain = rewrite(package, tmp_path / "plain.wacz", lambda name, content: None if "index" in name else content)
        with zipfile.ZipFile(package) as old, zipfile.ZipFile(plain, "a") as new:
            new.writestr("indexes/index.cdx", change(gzip.decompress(old.read("indexes/index.cdx.gz"))))
        return [one for one in check_wacz(plain) if "among the resources" not in one]

    assert problems(bytes) == []
    assert any("is not in the index" in one for one in problems(lambda index: index[index.index(b"\n") + 1 :]))
    assert any("is not sorted" in one for one in problems(lambda index: index + index[:1000].splitlines(True)[0]))


def _flip(name: str, content: bytes) -> bytes:
    at = len(content) // 2
    flipped = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    return flipped if name.startswith("archive/") else content


def _wrong_hash(name: str, content: bytes) -> bytes:
    if name != "datapackage.json":
        return content
    datapackage = json.loads(content)
    datapackage["resources"][0]["hash"] = "sha256:" + "0" * 64
    return json.dumps(datapackage).encode()


def _no_index(name: str, content: bytes) -> bytes | None:
    return None if name.startswith("indexes/") else content


def _no_pages(name: str, content: bytes) -> bytes | None:
    return None if name.startswith("pages/") else content


@pytest.mark.parametrize(
    ("change", "said"),
    [(_flip, "archive/"), (_wrong_hash, "sha256:" + "0" * 64), (_no_index, "indexes/"), (_no_pages, "pages.jsonl")],
    ids=["byte flipped", "hash wrong", "no index", "no pages"],
)  # fmt: skip
def test_a_broken_one_is_found_out(
    package: Path, tmp_path: Path, change: Callable[[str, bytes], bytes | None], said: str
) -> None:
    problems = check_wacz(rewrite(package, tmp_path / "broken.wacz", change))
    assert any(said in problem for problem in problems), problems


def test_one_that_ends_early_is_found_out(package: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.wacz"
    short.write_bytes(package.read_bytes()[: package.stat().st_size // 2])
    assert check_wacz(short)


@contextmanager
def replayed(package: Path, folder: Path) -> Iterator[str]:
    """Replay a package by pywb, added with its own tool to an empty folder: nothing of ours is near."""
    manager = str(Path(sys.executable).with_name("wb-manager"))
    for words in (["init", "copy"], ["add", "--unpack-wacz", "copy", str(package)]):
        done = subprocess.run([manager, *words], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    with pywb(folder) as address:
        yield f"{address}/copy"


@contextmanager
def pywb(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [str(Path(sys.executable).with_name("wayback")), "--bind", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def test_pywb_replays_its_own_copy(library: Crawled, package: Path, tmp_path: Path) -> None:
    with replayed(package, tmp_path) as address:
        files = library.rows("select distinct url from captures where kind = 'pdf' and status = 200 limit 3")
        for url in [f"{library.url}{SEED}", *(row["url"] for row in files)]:
            with urllib.request.urlopen(f"{address}/mp_/{url}", timeout=30) as answer:
                body = answer.read()
            assert answer.status == 200
            assert (b"%PDF-" if url.endswith(".pdf") else TITLE.encode()) in body


@pytest.fixture(scope="module")
def player() -> Path:
    """Return the folder of ReplayWeb.page as npm packs it (ui.js and sw.js; ``make system-deps``), or skip."""
    named = os.environ.get("REPLAYWEBPAGE")
    folder = Path(named) if named else Path(__file__).parents[2] / "node_modules" / "replaywebpage"
    if not (folder / "sw.js").is_file():
        pytest.skip("needs ReplayWeb.page: make system-deps, where npm is, or REPLAYWEBPAGE=its folder, unpacked")
    return folder


class _Files(QuietHandler, http.server.SimpleHTTPRequestHandler):
    """Serves files and byte ranges (http.server knows none), which the player reads the package by."""

    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        path = Path(self.translate_path(self.path))
        if not asked.startswith("bytes=") or not path.is_file():
            super().do_GET()
            return
        size = path.stat().st_size
        first, _, last = asked.removeprefix("bytes=").partition("-")
        begin = int(first) if first else max(0, size - int(last))
        end = min(int(last), size - 1) if first and last else size - 1
        self.send_response(206)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Range", f"bytes {begin}-{end}/{size}")
        self.send_header("Content-Length", str(end - begin + 1))
        self.end_headers()
        with path.open("rb") as file:
            file.seek(begin)
            self.wfile.write(file.read(end - begin + 1))


@pytest.mark.slow
@pytest.mark.browser
def test_replayweb_page_shows_it(library: Crawled, package: Path, player: Path, tmp_path: Path) -> None:
    shutil.copy(player / "ui.js", tmp_path)
    (tmp_path / "replay").mkdir()
    for name in ("sw.js", "ui.js"):
        shutil.copy(player / name, tmp_path / "replay")
    shutil.copy(package, tmp_path / "library.wacz")
    (tmp_path / "index.html").write_text(
        "<!doctype html><title>embedded</title><script src='ui.js'></script>"
        f"<replay-web-page source='library.wacz' url='{library.url}{SEED}' embed='replayonly'"
        " style='display: block; height: 100vh'></replay-web-page>"
    )
    handler = functools.partial(_Files, directory=str(tmp_path))
    with serving(handler) as served, chromium() as browser:
        address = served.replace("127.0.0.1", "localhost")
        with shut_in(browser, address) as (page, traffic):
            page.goto(f"{address}/index.html")
            deadline = time.monotonic() + 60
            shown = None
            while shown is None and time.monotonic() < deadline:
                page.wait_for_timeout(500)
                shown = next((one for one in page.frames if "mp_/" in one.url), None)
            assert shown is not None, [one.url for one in page.frames]
            shown.wait_for_selector("h2.itemTitle", timeout=30_000)
            assert TITLE in " ".join(shown.inner_text("h2.itemTitle").split())
            page.wait_for_timeout(2000)
            assert shown.evaluate("[...document.images].every(one => one.complete && one.naturalWidth)")
            assert shown.evaluate("[...document.fonts].map(one => one.status)") == ["loaded"]
            if folder := os.environ.get("CAMPBELL_SCREENSHOTS"):
                page.screenshot(path=Path(folder) / "replaywebpage.png")
            # The player breaks off reading the package where it has seen enough, and asks itself whether it knows it.
            own = (f"failed {address}/library.wacz", f"404 {address}/replay/w/api/")
            assert not [one for one in traffic.wrong if not one.startswith(own)]


def test_the_second_crawl_asks_for_all_that_a_page_needs(library: Crawled) -> None:
    first, second = (
        {row["url"] for row in library.rows("select url from captures where crawl_id = ? and kind <> 'robots'", crawl)}
        for (crawl,) in library.rows("select crawl_id from crawls order by started_at")
    )
    assert [url for url in first if url.endswith("fonts.css")]  # what template.css imports
    assert first == second
