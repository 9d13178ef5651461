"""Downloads are sent while they are read, and one that breaks off is no whole file."""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from datasette.utils.asgi import Request  # type: ignore[import-untyped]  # Datasette ships no types

from campbell_scraper.faces.datasette.pages import downloads
from campbell_scraper.faces.export import FORMATS, Library
from tests.helpers import PROGRAM, free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campbell_scraper.faces.export import Review
    from campbell_scraper.folder import DataFolder

    from .conftest import Maker, Served

COPIES = 400
"""Reviews of three kilobytes: many chunks."""


@pytest.fixture
def many(maker: Maker) -> DataFolder:
    from tests.made_library import FIRST, PIP  # noqa: PLC0415 - names of another room

    maker.crawl(FIRST, "2026-03-14", [replace(PIP, brief="Parents and their infants. " * 110, summaries=[])])
    with maker.store.transaction():
        row = list(maker.store.connection.execute("SELECT * FROM reviews").fetchone())
        version = list(maker.store.connection.execute("SELECT * FROM review_versions").fetchone())
        for number in range(1, COPIES):
            name = f"better-evidence/z{number:03}"
            for table, values in (("reviews", [name, name, *row[2:]]), ("review_versions", [name, *version[1:]])):
                places = ", ".join("?" * len(values))
                maker.store.connection.execute(f"INSERT INTO {table} VALUES ({places})", values)
    maker.store.close()
    return maker.folder


@pytest.mark.parametrize("name", [one for one in FORMATS if one not in ("xlsx", "parquet")])
def test_the_first_bytes_are_sent_before_the_last_review_is_read(
    many: DataFolder, serve: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: Served = serve(many)
    read = 0
    reviews = Library.reviews

    def counted(self: Library, where: str | None = None) -> Iterator[Review]:
        nonlocal read
        for review in reviews(self, where):
            read += 1
            yield review

    monkeypatch.setattr(Library, "reviews", counted)
    sent: list[tuple[int, dict[str, Any]]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append((read, message))

    async def download() -> None:
        request = Request({"type": "http", "query_string": b"", "url_route": {"kwargs": {"format": name}}}, None)
        response = await downloads.export_all(served.datasette, request)
        await response.asgi_send(send)

    asyncio.run(download())
    bodies = [(known, message["body"]) for known, message in sent if message["type"].endswith("body")]
    assert bodies[0][0] < COPIES / 3
    assert bodies[-1] == (COPIES, b"")
    assert max(len(body) for _, body in bodies) < 100_000
    whole = b"".join(body for _, body in bodies)
    assert whole == served.get(f"/-/export/{name}").content
    in_each, rest = divmod(whole.count(b"Parents and their infants."), COPIES)
    assert (in_each, rest) in {(110, 0), (220, 0)}  # as brief, as abstract, or as both
    gc.collect()
    assert not [one for one in gc.get_objects() if type(one) is Library], "its snapshot is let go"


def test_a_download_that_breaks_off_is_no_whole_file(many: DataFolder) -> None:
    with closing(sqlite3.connect(many.database)) as connection:
        connection.execute("UPDATE review_versions SET record = '{' WHERE review_id LIKE '%z399'")
        connection.commit()
    port = free_port()
    process = subprocess.Popen(
        [PROGRAM, "serve", "--data", str(many.root), "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        answer = _asked(port, "/-/export/jsonl")
        assert answer.status == 200
        with pytest.raises(http.client.IncompleteRead) as broken:
            answer.read()
        lines = broken.value.partial.splitlines()
        assert 100 < len(lines) < COPIES
        assert json.loads(lines[0])["brief"].startswith("Parents")
        assert _asked(port, "/-/cite/ris/better-evidence/z001").status == 200
    finally:
        process.terminate()
        process.wait(20)


def _asked(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    return connection.getresponse()
