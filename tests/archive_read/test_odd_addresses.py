"""Addresses in other people's archives that are none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.helpers import campbell

from .handmade import DATE, exchange, new_id, record, write

PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
TYPES = {"html": "text/html", "xml": "application/xml", "txt": "text/plain"}


def test_what_cannot_be_taken_apart_stops_nothing(tmp_path: Path) -> None:
    pages = ("k2-seed.html", "wp-classic.html", "user-abstract.html", "eppi-map.html", "sitemap.xml", "robots.txt")
    addresses = ("http://[a/{}", "http://a\u2100b/{}", "http://site.test:x/{}")
    records = [
        record(
            "resource",
            [("WARC-Target-URI", address.format(name)), ("WARC-Record-ID", f"<{new_id()}>"), ("WARC-Date", DATE),
             ("Content-Type", TYPES[name.rpartition(".")[2]])],
            (PAGES / name).read_bytes(),
        )
        for name in pages
        for address in addresses
    ]  # fmt: skip
    write(tmp_path / "theirs.warc.gz", [*records, *exchange("http://site.test/a")])
    data = tmp_path / "data"
    for words in (
        ("add", tmp_path / "theirs.warc.gz"),
        ("verify", "--rebuild"),
        ("changes",),
        ("export", "package", "--output", tmp_path / "package"),
        ("package", "--output", tmp_path / "x.wacz"),
        ("publish", tmp_path / "site"),
    ):
        done = campbell(*words, "--data", data)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
    with closing(sqlite3.connect(data / "campbell.db")) as connection:
        assert connection.execute("SELECT count(*) FROM reviews").fetchone() == (9,)
