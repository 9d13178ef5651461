"""What a page needs: found in markup and style sheets, fetched politely, archived, kept from the spider."""

from __future__ import annotations

from pathlib import Path

import lxml.html
import pytest

from campbell_scraper.archive.capture import Note
from campbell_scraper.archive.listen.needed_urls import css_requisites, html_requisites, source_set
from campbell_scraper.archive.listen.requisites import is_private_address, is_private_name
from campbell_scraper.archive.read.reader import read_events

from .conftest import Crawl
from .oddities import ok
from .warcs import exchanges, read
from .wire_server import Step, serving

PAGE = """<!doctype html><html><head><base href="/base/"><title>x</title>
<link rel="stylesheet" href="/a.css"><link rel="shortcut icon" href="fav.png">
<link rel="preload" as="font" href="/font.woff2"><link rel="canonical" href="/not-needed">
<style>@import "inline.css"; h1 { background: url( 'in style.png' ) }</style>
<script src="//127.0.0.1:{port}/s.js?v=1&amp;w=2"></script></head>
<body background="bg.gif" style="background-image:url(&quot;attr.png&quot;)">
<img src="one.png#frag" srcset="one-1x.png 1x, one,2.png 2x,three.png"><img src="data:image/png;base64,AAAA">
<picture><source srcset="wide.webp 800w"></picture><video src="v.mp4" poster="p.jpg"></video><audio src="a.ogg"></audio>
<input type="image" src="button.png"><input type="text" src="no.png"><object data="o.svg"></object>
<a href="/files/review.PDF?x=1#page=2">PDF</a><a href="/other-page.html">page</a>
<img src="one.png"><img src="http://[bad/"><img src="javascript:alert(1)"><img src="/barred/x.png"></body></html>"""
CSS = """/* url(commented.png) */ @import url("more.css") screen; @charset "utf-8";
.a { background: url(a\\ b.png); src: url("f.woff2") format("woff2"), url(data:font/woff;base64,AA) }
.b { background: URL(/abs.png) } .c { background: url() }"""


def test_everything_a_page_needs_is_found_in_order() -> None:
    root = lxml.html.document_fromstring(PAGE.replace("{port}", "80"))
    found = html_requisites(root, "http://site.example/dir/page.html", "http://site.example/base/")
    base = "http://site.example/base/"
    assert [requisite.url for requisite in found] == [
        "http://site.example/a.css",
        base + "fav.png",
        "http://site.example/font.woff2",
        base + "inline.css",
        base + "in%20style.png",
        "http://127.0.0.1:80/s.js?v=1&w=2",
        base + "bg.gif",
        base + "attr.png",
        base + "one.png",
        base + "one-1x.png",
        base + "one,2.png",
        base + "three.png",
        base + "wide.webp",
        base + "v.mp4",
        base + "p.jpg",
        base + "a.ogg",
        base + "button.png",
        base + "o.svg",
        "http://site.example/files/review.PDF?x=1",
        "http://site.example/barred/x.png",
    ]
    assert [requisite.url for requisite in found if requisite.is_style] == [
        "http://site.example/a.css",
        base + "inline.css",
    ]


@pytest.mark.parametrize(
    "element",
    [
        '<script src="x.png"></script>',
        '<img src="x.png">',
        '<img data-src="x.png">',
        '<img data-srcset="x.png 2x">',
        '<picture><source src="x.png"></picture>',
        '<video poster="x.png"></video>',
        '<video><track src="x.png"></video>',
        '<embed src="x.png">',
        '<object data="x.png"></object>',
        '<svg><image href="x.png"/></svg>',
        '<svg><image xlink:href="x.png"/></svg>',
        '<table background="x.png"><tr><td>a</td></tr></table>',
        '<table><tr><td background="x.png">a</td></tr></table>',
        '<link rel="preload" imagesrcset="x.png 2x">',
        '<p style="background: url(x.png)">a</p>',
        "<style>p { background: url(x.png) }</style>",
        '<input type="IMAGE" src="x.png">',
        '<link rel="icon" href="x.png">',
    ],
)
def test_whatever_names_a_file_is_looked_at(element: str) -> None:
    root = lxml.html.document_fromstring(f"<html><body><p>before</p>{element}<p>behind</p></body></html>")
    found = html_requisites(root, "http://site.example/d/p", "http://site.example/d/p")
    assert found[0].url == "http://site.example/d/x.png"


def test_a_page_without_an_icon_needs_the_favicon() -> None:
    root = lxml.html.document_fromstring("<html><body>x</body></html>")
    assert [r.url for r in html_requisites(root, "http://site.example/d/p", "http://site.example/d/p")] == [
        "http://site.example/favicon.ico"
    ]


def test_a_style_sheet_names_what_it_needs() -> None:
    assert css_requisites(CSS, "http://site.example/css/s.css") == [
        ("http://site.example/css/more.css", True),
        ("http://site.example/css/a%20b.png", False),
        ("http://site.example/css/f.woff2", False),
        ("http://site.example/abs.png", False),
    ]


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        ("a.png", ["a.png"]),
        ("a.png 1x, b.png 2x", ["a.png", "b.png"]),
        ("a.png, b.png", ["a.png", "b.png"]),
        ("data:image/png;base64,AA== 1x, b.png 2x", ["data:image/png;base64,AA==", "b.png"]),
        (" , ,a.png 100w 50h,", ["a.png"]),
        ("", []),
    ],
)
def test_source_sets(value: str, urls: list[str]) -> None:
    assert list(source_set(value)) == urls


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
    ],
)
def test_private_addresses(address: str) -> None:
    assert is_private_address(address)
    assert is_private_name(address)


@pytest.mark.parametrize(
    ("name", "private"),
    [
        ("localhost", True),
        ("intranet", True),
        ("x.local", True),
        ("127.1", True),
        ("93.184.215.14", False),
        ("www.example.org", None),
        ("[::1]", True),
    ],
)
def test_private_names(name: str, private: bool | None) -> None:
    assert is_private_name(name) is private


def test_a_page_is_archived_with_all_it_needs_each_once(crawl: Crawl, tmp_path: Path) -> None:
    requested: list[str] = []

    def script(path: str, count: int) -> list[Step]:
        requested.append(path)
        style, moved = b"Content-Type: text/css", b"Location: /arrived.png"
        page = PAGE.replace("{port}", str(server.port)).encode()
        answers = {
            "/robots.txt": ok(b"User-agent: *\nDisallow: /barred/\n", b"Content-Type: text/plain"),
            "/page.html": ok(page, b"Content-Type: text/html"),
            "/page2.html": ok(page, b"Content-Type: text/html"),
            "/a.css": ok(b'@import "b.css"; a { background: url(deep.png) }', style),
            "/b.css": ok(b"b { background: url(/moved.png) } @import '/a.css';", style),
            "/moved.png": ok(b"", moved, status=b"302 Found"),
            "/base/one.png": ok(b"gone", status=b"404 Not Found"),
        }
        return [answers.get(path, ok(b"x" * 100, b"Content-Type: application/octet-stream"))]

    with serving(script) as server:
        meta = {"archive_requisites": True}
        outcome = crawl(
            [{"url": f"{server.url}/{page}.html", "meta": meta} for page in ("page", "page2")], ROBOTSTXT_OBEY=True
        )
        base = server.url
    assert outcome["reason"] == "finished"
    assert "a requisite reached the spider" not in outcome["log"]
    assert "Traceback" not in outcome["log"], outcome["log"]
    assert len(requested) == len(set(requested)), "each URL once"
    expected = {
        "/robots.txt",
        "/page.html",
        "/page2.html",
        "/a.css",
        "/b.css",
        "/deep.png",
        "/moved.png",
        "/arrived.png",
        "/font.woff2",
        "/s.js?v=1&w=2",
        "/files/review.PDF?x=1",
        "/base/one.png",
        "/base/wide.webp",
        "/base/in%20style.png",
        "/base/inline.css",
    }
    assert expected <= set(requested)
    assert not {path for path in requested if path.startswith("/barred") or path == "/not-needed"}
    assert requested.index("/page2.html") < requested.index("/a.css"), "behind the spider's own requests"
    found = exchanges(read(tmp_path / "archive"))
    deep, arrived = found[f"{base}/deep.png"][0], found[f"{base}/arrived.png"][0]
    assert (deep.about["via"], deep.about["hopsFromSeed"]) == (f"{base}/a.css", "EE")
    assert (arrived.about["via"], arrived.about["hopsFromSeed"]) == (f"{base}/moved.png", "EEER")
    assert deep.request is not None
    read_first = found[f"{base}/a.css"][0].about["via"]
    assert read_first in {f"{base}/page.html", f"{base}/page2.html"}
    assert f"Referer: {read_first}\r\n".encode() in deep.request.block
    assert notes(tmp_path / "archive") == [{"url": f"{base}/barred/x.png", "via": read_first, "decision": "robots"}]


def notes(folder: Path) -> list[dict[str, str | None]]:
    return [dict(event.fields) for event in read_events(folder) if isinstance(event, Note)]


def test_a_public_page_cannot_send_the_crawl_to_private_addresses(crawl: Crawl, tmp_path: Path) -> None:
    needed = [
        "<link rel=stylesheet href=http://127.0.0.1:1/x.css>",
        "<img src=http://intranet/a.png>",
        "<img src=/i.png>",
    ]
    page = "".join(["<html>", *needed]).encode()

    def script(path: str, count: int) -> list[Step]:
        if path == "/i.png":
            return [ok(b"", b"Location: http://169.254.169.254/latest", status=b"302 Found")]
        return [ok(page, b"Content-Type: text/html")]

    with serving(script) as server:  # as a proxy, so that the page has a public address
        meta = {"proxy": server.url, "archive_requisites": True}
        crawl([{"url": "http://93.184.215.14/", "meta": meta}])
        asked = {exchange.received.split(b" ")[1] for exchange in server.log}
    assert b"http://93.184.215.14/i.png" in asked
    assert b"http://93.184.215.14/" in asked
    assert not any(b"127.0.0.1:1" in url or b"intranet" in url or b"169.254" in url for url in asked)
    found = [(note["url"], note["decision"]) for note in notes(tmp_path / "archive")]
    refused = ("http://127.0.0.1:1/x.css", "http://intranet/a.png", "http://169.254.169.254/latest")
    assert sorted(found) == sorted((url, "private") for url in refused)
