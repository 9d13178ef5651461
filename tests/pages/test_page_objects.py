"""The page objects: usable through web-poet, chosen by what a page is, the same every time."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from web_poet import ItemPage
from web_poet.utils import get_generic_param

from campbell_scraper.items import PageReading, Representation, ReviewAddress
from campbell_scraper.reading.layouts.layouts import LayoutPage
from campbell_scraper.reading.page.document import Document
from campbell_scraper.reading.page_reading import PAGES, open_page, read_page

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


NAMES = [field.name for field in fields(PageReading)]
SAVED = sorted(path for path in FOLDER.iterdir() if path.suffix not in {".json", ".md"})


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1], ["pages", *NAMES], ["offered", "review_addresses", *NAMES]])
@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.name)
def test_no_field_depends_on_the_order_in_which_they_are_asked_for(path: Path, order: list[str]) -> None:
    about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    answer = about["url"], [(name, value) for name, value in about["headers"]], path.read_bytes()
    page = open_page(*answer)
    for name in order:
        getattr(page, name)
    assert page.read() == read_page(*answer)


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.name)
def test_what_discovery_asks_for_is_what_the_reading_says(path: Path) -> None:
    about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    page = open_page(about["url"], [(name, value) for name, value in about["headers"]], path.read_bytes())
    addresses, offered, reading = page.review_addresses, page.offered, page.read()
    assert addresses == [ReviewAddress(one.url, one.representation) for one in reading.reviews]
    assert offered == [
        *reading.attachments,
        *(
            file
            for one in reading.reviews
            if one.representation is not Representation.LISTING
            for file in one.attachments
        ),
    ]


def test_a_spider_does_not_pay_for_facts() -> None:
    code = (
        "import sys, pathlib; from campbell_scraper.reading.page_reading import open_page\n"
        f"page = open_page({URL!r}, {HTML!r}, pathlib.Path(sys.argv[1]).read_bytes())\n"
        "assert page.links and page.review_addresses and page.offered is not None\n"
        "assert 'campbell_scraper.reading.facts.fact_engine' not in sys.modules\n"
        "assert page.reviews[0].summaries[0].facts\n"
        "assert 'campbell_scraper.reading.facts.fact_engine' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, FOLDER / "k2-seed.html"], check=True)


def test_addresses_cost_no_parser_and_no_rules() -> None:
    code = (
        "import sys, campbell_scraper.reading.page.links\n"
        "assert not {'lxml', 'parsel', 'web_poet', 'scrapy', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


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
