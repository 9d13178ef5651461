"""What real tools write, read as warcio and fastwarc read it: every difference is explained."""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
import subprocess
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Final

import pytest
from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator  # type: ignore[import-untyped] # has no stubs

from campbell_scraper.archive.capture import Capture, Damage, PayloadError
from campbell_scraper.archive.read.archive_files import all_sources
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.read.scan import RawRecord, scan
from campbell_scraper.archive.verify import verify_file
from campbell_scraper.view.rebuild import build_database

from .test_package import K2_PAGE

FOREIGN = Path(__file__).parent.parent / "fixtures" / "foreign"
FILES = sorted(path for path in FOREIGN.rglob("*") if re.search(r"\.w?arc|\.wacz", path.name))


def ours(path: Path) -> Counter[str]:
    records = (record for source in all_sources([path]) for record in scan(source))
    return Counter(record.rtype for record in records if isinstance(record, RawRecord))


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, or the one WARC file in a package."""
    if path.suffix != ".wacz":
        with path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(path) as package:
        (name,) = [name for name in package.namelist() if name.startswith("archive/")]
        yield io.BytesIO(package.read(name))


def warcios(path: Path) -> Counter[str]:
    with opened(path) as file:
        # Of a folded field warcio keeps the blank.
        return Counter(record.rec_type.strip() for record in WarcioIterator(file, no_record_parse=True, arc2warc=True))


def fastwarcs(path: Path) -> Counter[str]:
    with opened(path) as file:
        return Counter(record.headers["WARC-Type"] for record in ArchiveIterator(file, parse_http=False))


FEWER: dict[str, Counter[str]] = {
    "d.arc.gz": Counter(warcinfo=1),  # for warcio an ARC's own head is a warcinfo record
    "example.arc": Counter(warcinfo=1),
    "example.arc.gz": Counter(warcinfo=1),
    "bad.arc": Counter(warcinfo=1, response=2),  # lengths "-1" and "abc": what belongs to the record nobody knows
    "example.warc": Counter(request=1),  # three bytes longer than it says: warcio warns, and gives it cut off
}
"""What warcio finds besides; no page is lost by it without a word."""
STOPS: Final = {
    "folded-fields.warc.gz",  # WARC 1.0 allows folded fields
    "example.warc",
    *(path.name for path in FILES if ".arc" in path.suffixes),
}
"""What fastwarc raises an error at."""


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}-{path.name}" for path in FILES])
def test_as_many_records_of_each_type_as_others_find(path: Path) -> None:
    assert ours(path) <= warcios(path)
    assert warcios(path) - ours(path) == FEWER.get(path.name, Counter())
    if path.name in STOPS:
        with pytest.raises(OSError, match="header"):
            fastwarcs(path)
    else:
        assert ours(path) == fastwarcs(path)


@pytest.mark.parametrize(
    ("name", "found", "unread"),
    [
        ("pywb/bad.arc", "1 new None", 2),
        ("pywb/dupes.warc.gz", "2 new 200, 1 new 302, 9 revisit 200", 8),  # what they refer to is in another file
        ("pywb/example-extra.warc", "1 new 200, 1 new None, 1 revisit 200", 0),  # "HTTPX/1.1 200 OK" is no status
        ("pywb/example-url-agnostic-orig.warc.gz", "1 new 200", 0),
        ("pywb/example-url-agnostic-revisit.warc.gz", "1 revisit 200", 1),
        ("pywb/example-wget-1-14.warc.gz", "1 new 200", 0),
        ("pywb/example-wpull.warc.gz", "1 new 200", 0),
        ("pywb/example.arc", "1 new 200", 0),
        ("pywb/example.arc.gz", "1 new 200", 0),
        ("pywb/example.warc", "1 new 200, 1 new 302, 1 revisit 200", 1),
        ("pywb/example.warc.gz", "1 new 200, 1 new 302, 1 revisit 200", 0),
        ("pywb/example2.warc.gz", "1 new 200", 0),
        ("pywb/httpbin-resource.warc.gz", "1 new 200", 0),
        ("pywb/missing-status-text.warc", "1 new 302", 0),  # each of its lines ends in CR CR LF
        ("pywb/post-test.warc.gz", "3 new 200", 0),
        ("warcat/at.warc.gz", "1 new 200, 1 new 301", 0),
        ("warcat/bad_http_chunked_content.warc", "1 new 200", 0),
        ("warcat/c1_warcinfo.warc", "", 0),
        ("warcat/long_url.warc", "1 new 200", 0),
        ("warcat/not_utf8_http_header.warc", "1 new 200", 0),
        ("warcbench/after.wacz", "2 new 200", 0),
        ("warcbench/before.wacz", "2 new 200", 0),
        ("warcbench/example.com.wacz", "1 new 200, 1 new 404", 0),
        ("warcbench/example.com.warc", "1 new 200, 1 new 404", 0),
    ],
)
def test_what_is_in_the_files_of_others_is_read_or_reported(name: str, found: str, unread: int) -> None:
    events = list(read_archive([FOREIGN / name]))
    captures = [event for event in events if isinstance(event, Capture)]
    kinds = Counter(f"{one.outcome} {one.status}" for one in captures)
    assert ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) == found
    lost = [event for event in events if isinstance(event, Damage) and event.is_lost]
    assert len(lost) + sum(not _has_payload(one) for one in captures) == unread


def _has_payload(capture: Capture) -> bool:
    try:
        return capture.payload is None or capture.payload() is not None
    except PayloadError:
        return False


@pytest.mark.parametrize("name", ["tools/js-wacz", "warcbench/before", "warcbench/after", "warcbench/example.com"])
def test_of_js_waczs_packages_the_digest_alone_is_wrong(name: str) -> None:
    """It states the digest of every byte of a WARC file twice (harvard-lil/js-wacz, issue 127)."""
    (found,) = verify_file(FOREIGN / f"{name}.wacz")
    assert "SHA-256" in str(found)


@pytest.mark.parametrize("name", ["cases/d.arc.gz", "pywb/example.arc", "pywb/example.arc.gz"])
def test_nothing_is_wrong_with_an_arc_that_is_sound(name: str) -> None:
    assert verify_file(FOREIGN / name) == []


@pytest.mark.parametrize("name", ["warcit.warc.gz", "py-wacz.wacz"])
def test_warcits_files_are_pages_of_their_date(name: str, tmp_path: Path) -> None:
    """The file of the folder's address is a page, and a revisit without a block says that it is there too."""
    found = [event for event in read_archive([FOREIGN / "tools" / name]) if isinstance(event, Capture)]
    assert Counter((one.outcome, one.status, one.mime) for one in found) == {
        ("new", 200, "text/html"): 4,
        ("revisit", 200, "text/html"): 1,
    }
    assert len({one.payload() for one in found if one.payload}) == 3
    report = build_database([FOREIGN / "tools" / name], tmp_path / "x.db", workers=0)
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        rows = connection.execute("select substr(first_seen, 1, 10), version from reviews").fetchall()
    assert rows == [("2015-05-06", 1)] * 3
    assert report.lost == 0
    kinds = {finding.kind for finding in verify_file(FOREIGN / "tools" / name)}
    assert kinds == (set() if name.endswith(".gz") else {"wacz"})


def test_wgets_files_say_that_nothing_changed(tmp_path: Path) -> None:
    """Its own manifest and log, resource records too, are no pages; the second run's PDF and redirect are revisits."""
    wgets = [FOREIGN / "tools" / f"wget-{number}.warc.gz" for number in range(2)]
    report = build_database(wgets, tmp_path / "x.db", workers=0)
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        rows = connection.execute("select outcome, status, kind, count(*) from captures group by 1, 2, 3").fetchall()
        assert connection.execute("select count(*) from reviews").fetchone() == (1,)
    assert report.lost == 0
    assert set(rows) == {
        ("new", 200, "review", 4),  # with a token that is another each time
        ("new", 200, "pdf", 1),
        ("revisit", 200, "pdf", 1),
        ("new", 301, "other", 1),
        ("revisit", 301, "other", 1),
        ("new", 404, "other", 2),
    }


@pytest.mark.skipif(shutil.which("wget") is None, reason="needs wget: make system-deps")
def test_wget_with_dedup_over_a_page_that_changes_and_changes_back(tmp_path: Path) -> None:
    """Its third run writes a revisit of the first page, marked truncated: the page is again what it was."""
    said = [b"First"]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = K2_PAGE.replace(b"PAGE", b"/better-evidence/a.html").replace(b"A review", said[0] + b" title")
            self.send_response(200 if "robots" not in self.path else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/better-evidence/a.html"
        (tmp_path / "all.cdx").write_text(" CDX a b a m s k r M V g u\n")
        for number, said[0] in enumerate([b"First", b"Other", b"First"]):
            words = ["wget", "--quiet", "--output-document", "/dev/null", f"--warc-file=crawl-{number}", "--warc-cdx",
                     "--warc-dedup=all.cdx", url]  # fmt: skip
            subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
            lines = (tmp_path / f"crawl-{number}.cdx").read_text().splitlines(keepends=True)[1:]
            with (tmp_path / "all.cdx").open("a") as cdx:
                cdx.writelines(lines)
            time.sleep(1.1)  # its dates are of whole seconds
        server.shutdown()
    report = build_database([tmp_path], tmp_path / "x.db", workers=0)
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        titles = connection.execute(
            "select json_extract(record, '$.title') from review_versions order by version"
        ).fetchall()
        outcomes = connection.execute("select outcome, truncated from captures order by captured_at").fetchall()
    assert (titles, report.lost) == ([("First title",), ("Other title",), ("First title",)], 0)
    assert outcomes == [("new", None), ("new", None), ("revisit", None)]
