"""Names and passwords in addresses: a site's redirects and links, and other people's archives."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from fastwarc.warc import ArchiveIterator
from scrapy import Request
from scrapy.http import HtmlResponse, Response

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.userinfo import without_userinfo
from campbell_scraper.spiders.politeness.plain_redirects import PlainRedirects
from campbell_scraper.view.rebuild import build_database
from tests.archive_read.handmade import exchange, new_id, revisit, sha256, warcinfo, write
from tests.helpers import QuietHandler, campbell, rows, serving

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"s3cr3tpw"
WORDS = f"alice:{SECRET.decode()}@"
PAGE = b"<!doctype html><title>A page</title><h1>A page</h1><p>Words of it.</p>"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("http://alice:pw@site.example/", "http://site.example/"),
        ("HTTPS://alice@site.example:8080/a@b?c=d@e", "HTTPS://site.example:8080/a@b?c=d@e"),
        ("//alice:p@w@site.example/", "//site.example/"),
        ("http://:pw@[::1]/", "http://[::1]/"),
        ("from http://a.example/ to https://x:y@b.example and mail to me@c.example",
         "from http://a.example/ to https://b.example and mail to me@c.example"),
        ("urn:uuid:1", "urn:uuid:1"),
        ("mailto:alice@site.example", "mailto:alice@site.example"),
        ("http://site.example/?at=//x@y", "http://site.example/?at=//x@y"),
    ],
)  # fmt: skip
def test_urls_lose_their_userinfo_and_nothing_else(text: str, plain: str) -> None:
    assert without_userinfo(text) == plain


class _Site(QuietHandler):
    def do_GET(self) -> None:
        here = f"http://{WORDS}{self.headers['Host']}"
        if self.path == "/":
            links = "".join(f"<a href='{link}'>x</a>" for link in ("/moved", "/refreshed", f"{here}/linked"))
            self.answer(PAGE + f"{links}<img src='{here}/picture.png'>".encode())
        elif self.path == "/moved":
            self.answer(b"", status=302, Location=f"{here}/new")
        elif self.path == "/refreshed":
            self.answer(f"<meta http-equiv=refresh content='0; url={here}/fresh'>".encode() + PAGE)
        else:
            self.answer(PAGE, status=404 if self.path == "/robots.txt" else 200)


def test_where_a_site_redirects_to_is_noted_without_the_password_in_it(tmp_path: Path) -> None:
    data = tmp_path / "library"
    with serving(_Site) as address:
        run = campbell("crawl", address, "--source", "k2", "--delay", 0, "--data", data)
    assert run.returncode in {0, 3}, run.stderr
    asked = {url for (url,) in rows(data, "select url from captures where status = 200")}
    assert {f"{address}/{name}" for name in ("new", "fresh", "linked", "picture.png")} <= asked
    moved = rows(data, "select redirect_to from captures where url = ?", f"{address}/moved")
    assert moved == [(f"{address}/new",)]
    assert SECRET not in (run.stdout + run.stderr).encode()
    for path in data.rglob("*"):
        if path.is_file() and path.suffix != ".gz":
            assert SECRET not in path.read_bytes(), path
    sent = 0
    for path in data.rglob("*.warc.gz"):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False):
                assert SECRET.decode() not in str(list(record.headers))
                if record.headers["WARC-Type"] == "response":
                    sent += SECRET in record.reader.read()
                else:
                    assert SECRET not in record.reader.read()
    assert sent == 3  # what the site sent is kept as it came


def test_scrapy_logs_no_password_when_it_follows(caplog: pytest.LogCaptureFixture) -> None:
    from scrapy.downloadermiddlewares.redirect import RedirectMiddleware  # noqa: PLC0415 - beside what it is tested with
    from scrapy.utils.test import get_crawler  # noqa: PLC0415 - likewise

    request = Request("http://site.example/old")
    answer = Response(request.url, status=301, headers={"Location": f"//{WORDS}site.example/new"}, request=request)
    plain = PlainRedirects().process_response(request, answer)
    with caplog.at_level(logging.DEBUG):
        followed = RedirectMiddleware.from_crawler(get_crawler()).process_response(request, plain)
    assert isinstance(followed, Request)
    assert followed.url == "http://site.example/new"
    assert SECRET.decode() not in caplog.text
    again = PlainRedirects().process_request(Request(f"http://{WORDS}site.example/"))
    assert again is not None
    assert again.url == "http://site.example/"
    untouched = HtmlResponse("http://site.example/", body=b"x")
    assert PlainRedirects().process_response(request, untouched) is untouched


def test_other_archives_addresses_are_read_without_passwords(tmp_path: Path) -> None:
    held, url = new_id(), f"http://{WORDS}site.test/a"
    body = PAGE * 20
    lines = exchange(url, body=body, record_id=held, about=f"via: http://{WORDS}site.test/\r\n")
    answer = revisit("http://site.test/b", new_id(), "sha1:unknown", target=url)
    asked = exchange(f"http://{WORDS}site.test/never")[1]
    write(tmp_path / "a.warc.gz", [warcinfo(), *lines, answer, asked])
    events = list(read_archive([tmp_path]))
    first, second = [event for event in events if isinstance(event, Capture)]
    assert (first.url, first.via) == ("http://site.test/a", "http://site.test/")
    assert second.payload is not None
    assert sha256(second.payload()) == sha256(body)
    report = build_database([tmp_path], tmp_path / "x.db", workers=0)
    assert SECRET.decode() not in str(report.damages)
    assert SECRET not in (tmp_path / "x.db").read_bytes()
