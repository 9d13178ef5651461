"""The page objects: usable through web-poet, chosen by what a page is, the same every time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from web_poet import ItemPage
from web_poet.utils import get_generic_param

from campbell_scraper.items import PageReading
from campbell_scraper.reading.layouts.layouts import LayoutPage
from campbell_scraper.reading.page.document import Document
from campbell_scraper.reading.page_reading import PAGES, read_page

FOLDER = Path(__file__).parents[1] / "fixtures" / "pages"
URL = "https://library.example.org/any.html"
HTML = [("Content-Type", "text/html")]


def document(name: str) -> Document:
    parsed = Document.parse(URL, (FOLDER / name).read_text(encoding="utf-8"))
    assert parsed is not None
    return parsed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.layout)
def test_a_page_object_is_a_web_poet_page_that_gives_a_reading(page: type[LayoutPage]) -> None:
    assert issubclass(page, ItemPage)
    assert get_generic_param(page, ItemPage) is PageReading


def test_to_item_is_what_read_page_gives() -> None:
    page = next(page for page in PAGES if page.layout == "k2-item")
    body = (FOLDER / "k2-types.html").read_bytes()
    assert asyncio.run(page(document("k2-types.html")).to_item()) == read_page(URL, HTML, body)


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.html") if path.name != "k2-charset.html"))
def test_the_address_does_not_decide_the_layout(name: str) -> None:
    body = (FOLDER / name).read_bytes()
    layouts = {
        read_page(f"https://elsewhere.example.net{path}", HTML, body).layout
        for path in ("/", "/review/x/", "/better-evidence/x.html", "/component/jak2filter/?start=9")
    }
    assert len(layouts) == 1


def test_the_same_page_gives_equal_readings() -> None:
    body = (FOLDER / "k2-types.html").read_bytes()
    first = read_page(URL, HTML, body)
    first.reviews[0].authors[0].given = "changed by a reader"
    assert read_page(URL, HTML, body).reviews[0].authors[0].given == "Jos"


BLOCK = """<html><body><div class="itemView"><h2 class="itemTitle">T</h2>
<div class="itemExtraFields"><h3>Additional Info</h3><ul class="list"><!-- a --><li class="even typeTextfield">
<!-- b --><span class="itemExtraFieldsLabel"><b>Authors</b> :</span><!-- c -->
<span class="itemExtraFieldsValue">Ann Bell</span></li>{more}</ul>{clear}</div></div><p>after</p></body></html>"""
BROKEN = '<li><span class="itemExtraFieldsLabel">Note:</span><span class="itemExtraFieldsValue"><div>open</span></li>'


@pytest.mark.parametrize("clear", ['<div class="clr"></div>', ""])
@pytest.mark.parametrize("more", ["", BROKEN])
def test_comments_and_themes_without_the_clearing_div(clear: str, more: str) -> None:
    record = read_page(URL, HTML, BLOCK.format(more=more, clear=clear).encode()).reviews[0]
    expected = [("Authors", "Ann Bell", "textfield"), ("Note", "open", None)][: 2 if more else 1]
    assert [(one.label, one.value, one.field_type) for one in record.additional_info] == expected
    assert [one.kind for one in record.unhandled] == ["label"] * bool(more)


LISTED = """<div class="catItemView"><h3 class="catItemTitle"><a href="/{0}.html">{0}</a></h3>
<div class="catItemExtraFields">
<h4>Additional Info</h4><ul><li class="even typeTextarea"><span class="catItemExtraFieldsLabel">Notes</span>
<span class="catItemExtraFieldsValue">{1}</span></li></ul><div class="clr"></div></div></div>"""


@pytest.mark.parametrize("left_open", ["<iframe src='/video'>", "<textarea>", "<script>", "<p class='open>"])
def test_a_tag_left_open_in_one_listed_item_does_not_swallow_the_next_ones(left_open: str) -> None:
    page = (
        '<html><body><div class="itemListView">' + LISTED.format("one", left_open) + LISTED.format("two", "Words.")
        + '<div class="k2Pagination"><a class="pagenav" href="/list.html?start=20">2</a></div></div></body></html>'
    )  # fmt: skip
    reading = read_page(URL, HTML, page.encode())
    assert [(one.url, one.title) for one in reading.reviews] == [
        ("https://library.example.org/one.html", "one"),
        ("https://library.example.org/two.html", "two"),
    ]
    assert [one.value for one in reading.reviews[1].additional_info] == ["Words."]
    assert "https://library.example.org/list.html?start=20" in reading.links
