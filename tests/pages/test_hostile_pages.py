"""Pages that are broken on purpose: nothing raises, nothing takes long, no field vanishes without a word."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import campbell_scraper.reading.facts.fact_engine
import campbell_scraper.view.preloaded_modules  # noqa: F401 - what is loaded once a process is no page's time
from campbell_scraper.items import Kind, PageReading, ReviewRecord
from campbell_scraper.reading.page_reading import read_page

FOLDER = Path(__file__).parents[1] / "fixtures" / "pages"
SAVED = [path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix not in {".json", ".md"}]
URL = "https://library.example.org/library/page.html"
TYPES = [
    "text/html",
    "text/html; charset=utf-8",
    "application/json",
    "application/xml",
    "",
    "text/html; charset=utf-16",
    "\x00",
]
SHARDS = [
    b"</div>", b"<div>", b"<p>", b"</span>", b"</li>", b"</ul>", b"<ul>", b"<strong>", b"<!--", b"-->", b'"', b"'",
    b"<",
    b">", b"&",
    b"<script>", b"</script>", b"<style>", b"<textarea>", b"<title>", b"<table><tr>", b"<base href='//['>", b"<svg>",
    b"\x00",
    b"\xff", b"\xe2\x80", b"itemExtraFieldsLabel\"", b'<li class="even typeX"><span class="itemExtraFieldsLabel">',
    b"]}",
    b"[[[[",
    b"<a href='http://['>", b"<body class='single-review'>", b"<div class='itemView'>", b"<div class='catItemView'>",
    b"&#xFFFFFFF;",
    b"</br>", b"</body></html>", b"<div class='entry-content'>", b"<div class='comments-area'>",
    b"<!-- BEGIN WAYBACK TOOLBAR INSERT -->", b"<details><summary>", b"<b style='mso-bidi-font-weight:normal'>",
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _models_are_loaded() -> None:
    """The language model is read once a process; that is not a page's time."""
    read(item(("French", "<p>Cette revue examine les effets des programmes de lecture sur les enfants. " * 5 + "</p>")))


def read(body: bytes, content_type: str = "text/html") -> PageReading:
    return read_page(URL, [("Content-Type", content_type)], body)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(SAVED))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(body)))
        match draw(st.sampled_from(["insert", "cut", "repeat", "bytes"])):
            case "insert":
                body = body[:at] + draw(st.sampled_from(SHARDS)) + body[at:]
            case "cut":
                body = body[:at] + body[at + draw(st.integers(1, 400)) :]
            case "repeat":
                body = body[:at] + body[at : at + 300] * draw(st.integers(2, 5)) + body[at:]
            case _:
                body = body[:at] + draw(st.binary(max_size=8)) + body[at:]
    return body


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(body=mutated(), content_type=st.sampled_from(TYPES))
def test_a_mutated_page_is_read_without_an_exception_within_a_second(body: bytes, content_type: str) -> None:
    begun = time.process_time()
    reading = read(body, content_type)
    assert time.process_time() - begun < 1
    assert reading.kind in set(Kind)
    for link in reading.links:
        assert link.startswith(("http://", "https://"))


@pytest.mark.soak
@settings(max_examples=100_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=mutated(), content_type=st.sampled_from(TYPES))
def test_a_hundred_thousand_mutated_pages(body: bytes, content_type: str) -> None:
    begun = time.process_time()
    read(body, content_type)
    assert time.process_time() - begun < 1


def item(*fields: tuple[str, str]) -> bytes:
    block = "".join(
        f'<li class="even typeTextarea group1"><span class="itemExtraFieldsLabel">{label}:</span>\n'
        f'<span class="itemExtraFieldsValue">{value}</span></li>\n'
        for label, value in fields
    )
    return (
        '<html><body><div id="k2Container" class="itemView"><h2 class="itemTitle">T</h2><div class="itemBody">'
        f'<div class="itemExtraFields"><h3>Additional Info</h3><ul>{block}</ul><div class="clr"></div></div>'
        '<div class="plsLanguages">Select language:</div><div class="plsText">COPY</div></div></div>'
        "<footer>FOOTER</footer></body></html>"
    ).encode()


BREAKING = st.sampled_from(
    ["</div>", "<div>", "<p>", "<strong>", "</span>", "</p>", "<em>", "</ul>", "<ul><li>", "</li>", "</strong>", "<h3>",
     "</td>",
     "<table>", "<section>", "</section>", "&", "< ", "<br>", "<blockquote>"]
)  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(values=st.lists(st.lists(BREAKING, max_size=3), min_size=1, max_size=5))
def test_every_field_is_found_whatever_stands_in_a_value(values: list[list[str]]) -> None:
    fields = [(f"Label {number}", f"begin{number} {''.join(tags)} end{number}") for number, tags in enumerate(values)]
    record = read(item(*fields)).reviews[0]
    assert [one.label for one in record.additional_info] == [label for label, _ in fields]
    for number, one in enumerate(record.additional_info):
        words = one.value.split()
        assert f"begin{number}" in words
        assert f"end{number}" in words
        assert "COPY" not in one.value
        assert "FOOTER" not in one.value


@pytest.mark.parametrize(
    "swallowing", ["<!-- ", '<a href="', "<script>", "<style>", "<textarea>", "<title>", "<a title='", "<![CDATA["]
)
def test_a_field_that_markup_swallows_is_found_or_reported(swallowing: str) -> None:
    record = read(
        item(("First", "one"), ("Second", f"two {swallowing} x"), ("Third", "three"), ("Fourth", "four"))
    ).reviews[0]
    found = {one.label: one.value for one in record.additional_info}
    assert (found["First"], found["Third"], found["Fourth"]) == ("one", "three", "four")
    assert "two" in found.get("Second", "") or any("Second" in one.value for one in record.unhandled)


@pytest.mark.parametrize("tag", ["div", "strong", "span", "ul", "table", "b", "font"])
def test_ten_thousand_open_elements(tag: str) -> None:
    begun = time.process_time()
    record = read(item(("First", "one" + f"<{tag}>" * 10_000), ("Second", "two"))).reviews[0]
    assert time.process_time() - begun < 2
    labels = [one.label for one in record.additional_info]
    assert labels == ["First", "Second"] or any(one.kind == "lost_markup" for one in record.unhandled)


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"\x00" * 50, b"plain words", b"<", b"<!DOCTYPE html>", b"<!-- only -->", b"<html></html>",
     b"[" * 100_000,
     b'{"a":' * 50_000, b"<?xml version='1.0' encoding='nonsense'?><html><body>x</body></html>", b"\xff\xfe",
     b"%PDF-1.4"],
    ids=lambda body: f"{len(body)} bytes from {body[:12]!r}",
)  # fmt: skip
@pytest.mark.parametrize("content_type", TYPES)
def test_what_is_no_page_gives_no_review(body: bytes, content_type: str) -> None:
    assert read(body, content_type).reviews == []


def test_megabytes_of_one_line() -> None:
    begun = time.process_time()
    read(b"<html><body><p>" + b"a b " * 1_000_000 + b"</p></body></html>")
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "piece",
    [
        "<!-- BEGIN WAYBACK TOOLBAR INSERT --> archive.org/ ",
        "</body><p>archive.org/ /web/2018/ FILE ARCHIVED ON ",
        "<div class='entry-content'>",
        "<div class='entry-content'><div class='comments-area'>",
        "<div class='catItemView'><iframe>",
        '<div class=" class=" ',
        "<p><b>1. </b>",
    ],
)
def test_twenty_thousand_pieces_that_are_searched_for(piece: str) -> None:
    begun = time.process_time()
    read(f"<html><body class='single-review'><div class='entry-content'>{piece * 20_000}".encode())
    assert time.process_time() - begun < 4


def test_a_sitemap_s_external_entity_is_not_followed() -> None:
    body = (
        b'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        b"<urlset><url><loc>https://a.example/&x;</loc></url></urlset>"
    )
    assert all("&x;" in link or link == "https://a.example/" for link in read(body, "application/xml").links)


@pytest.mark.parametrize(
    "bad",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href='javascript:alert(1)'>x</a>",
     "<svg onload=alert(1)>",
     "<iframe src='//evil.example'></iframe>", "<math><mtext><style><img src=x onerror=alert(1)>",
     "<p style='x:expression(alert(1))'>x</p>",
     "<form action='//evil.example'><input name=a></form>", "<a href='&#106;avascript:alert(1)'>x</a>",
     "<object data='x'></object>",
     "<plaintext>alert(1)"],
)  # fmt: skip
def test_stored_html_is_harmless(bad: str) -> None:
    record: ReviewRecord = read(item(("First", f"<p>one</p>{bad}"), ("Second", "two"))).reviews[0]
    shown = record.additional_info[0].html.lower()
    assert not any(
        one in shown
        for one in (
            "<script",
            "onerror",
            "onload",
            "javascript:",
            "<svg",
            "<iframe",
            "style=",
            "<form",
            "<object",
            "<math",
        )
    )
