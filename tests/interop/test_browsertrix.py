"""Packages as Browsertrix downloads them, of the sample's pages: they give the reviews that our own crawl gave.

A crawl's download is a WACZ of WACZs, one for each crawler. The browser hands over bodies that are decoded already,
under a renamed ``Content-Encoding``; beside the answers stand ``urn:pageinfo:`` and ``urn:text:`` records of its own.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.read.reader import read_archive
from tests.archive_read.handmade import new_id, record, sha256
from tests.helpers import Crawled, campbell

from .test_wget import content_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Records = Iterator[bytes]

pytestmark = [pytest.mark.xdist_group("interop"), pytest.mark.slow]
_DECODED = {"content-encoding", "transfer-encoding", "content-length"}


def fields(url: str, date: str, kind: str, payload: bytes) -> list[tuple[str, str]]:
    return [("WARC-Record-ID", f"<{new_id()}>"), ("WARC-Target-URI", url), ("WARC-Date", date),
            ("Content-Type", kind), ("WARC-Payload-Digest", sha256(payload))]  # fmt: skip


def as_response(capture: Capture, body: bytes) -> Records:
    """Yield the records of one answer, its body decoded."""
    head = [f"HTTP/1.1 {capture.status} OK"]
    for name, value in capture.headers:
        head.append(f"{'x-orig-' if name.lower() in _DECODED else ''}{name.lower()}: {value}")
    block = "\r\n".join([*head, "", ""]).encode() + body
    made = fields(capture.url, capture.captured_at, "application/http; msgtype=response", body)
    page = [("WARC-Page-ID", hashlib.md5(capture.url.encode()).hexdigest()), ("WARC-Resource-Type", "document")]
    yield record("response", made + page, block)
    asked = f"GET / HTTP/1.1\r\nreferer: {capture.url}\r\n\r\n".encode()
    linked = [("WARC-Concurrent-To", made[0][1])]
    yield record(
        "request", fields(capture.url, capture.captured_at, "application/http; msgtype=request", b"") + linked, asked
    )


def as_resource(capture: Capture, body: bytes) -> Records:
    """Yield a record of the body alone, as of what the crawler fetches beside the browser."""
    if capture.status != 200:
        yield from as_response(capture, body)
        return
    kind = next(value for name, value in capture.headers if name.lower() == "content-type")
    yield record("resource", fields(capture.url, capture.captured_at, kind, body), body)


def of_its_own(capture: Capture) -> Records:
    about = json.dumps({"pageid": new_id(), "url": capture.url, "urls": {capture.url: {"status": capture.status}}})
    for name, kind, block in (("pageinfo", "application/json", about.encode()), ("text", "text/plain", b"Some words")):
        made = fields(f"urn:{name}:{capture.url}", capture.captured_at, kind, block)
        yield record("resource", made, block)


def packed(members: dict[str, bytes]) -> bytes:
    """Return a package: its entries stored, each of them a resource of its datapackage.json."""
    resources = [{"name": name.rpartition("/")[2], "path": name, "bytes": len(data), "hash": sha256(data)}
                 for name, data in members.items()]  # fmt: skip
    about = {"profile": "data-package", "wacz_version": "1.1.1", "software": "Browsertrix", "resources": resources}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in {**members, "datapackage.json": json.dumps(about).encode()}.items():
            package.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("shape", [as_response, as_resource])
def test_a_package_of_packages_gives_the_same_reviews(
    crawled: Crawled, shape: Callable[[Capture, bytes], Records], tmp_path: Path
) -> None:
    crawlers: list[list[bytes]] = [[], []]
    for number, capture in enumerate(event for event in read_archive(crawled.warcs) if isinstance(event, Capture)):
        records = crawlers[number % 2]
        records += shape(capture, capture.payload() if capture.payload else b"")
        records += of_its_own(capture)
    inner = {}
    for number, records in enumerate(crawlers):
        warc = b"".join(map(gzip.compress, records))
        pages = b'{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}\n'
        inner[f"crawl-{number}.wacz"] = packed({"archive/rec-0-0.warc.gz": warc, "pages/pages.jsonl": pages})
    download = tmp_path / "download.wacz"
    download.write_bytes(packed(inner))
    for words in (("add", download, "--data", tmp_path / "data"),
                  ("rebuild", download, "--db", tmp_path / "rebuilt.db")):  # fmt: skip
        run = campbell(*words)
        assert run.returncode == 0, run.stdout + run.stderr
    ours = content_of(crawled.database)
    assert len(ours["reviews"]) > 50
    assert content_of(tmp_path / "data" / "campbell.db") == ours
    assert content_of(tmp_path / "rebuilt.db") == ours
    assert campbell("verify", "--rebuild", "--data", tmp_path / "data").returncode == 0
