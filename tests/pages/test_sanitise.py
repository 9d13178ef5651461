"""HTML of values: what is passed on unread by the sanitiser is what the sanitiser would give."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campbell_scraper.reading.page.fields import fragment
from campbell_scraper.reading.page.sanitising import inner_html, sanitise

PIECES = (
    "<p>", "</p>", "<strong>", "</strong>", "<ul><li>", "</li></ul>", "<br>", "text &amp; more ", "&lt;script&gt;",
    "<!-- c -->", "<a href='/x'>", "</a>", "<a href='javascript:x()'>", "<img src=i.png onerror=x>", "<svg><p>",
    "<script>x()</script>", "<em title='>'>", "</em>", "</svg>", "<table><tr><td>1", "</table>", "<p onclick=x>",
)  # fmt: skip


ALLOWED = {"p", "strong", "ul", "li", "br", "a", "img", "em", "table", "tbody", "tr", "td"}


@settings(deadline=None, derandomize=True, max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_only_the_allow_list_is_left_and_all_text_of_it(markup: str) -> None:
    value = fragment(markup)
    html = inner_html(value, "https://library.example.org/")
    left = fragment(html)
    assert {tag for tag in (one.tag for one in left.iterdescendants()) if tag not in ALLOWED} == set()
    assert {name for one in left.iterdescendants() for name in one.keys()} <= {"href", "src", "rel", "title"}  # noqa: SIM118
    assert "javascript:" not in html
    assert fragment(sanitise(html)).xpath("string()") == left.xpath("string()")


@pytest.mark.parametrize("attribute", ["title='a > b'", "class='v'", ""])
def test_the_element_itself_is_left_out_whatever_its_attributes(attribute: str) -> None:
    value = fragment(f"<div {attribute}>one <b>two</b> three</div>")[0]
    assert inner_html(value) == "one <b>two</b> three"


def test_links_and_pictures_become_absolute_and_places_on_the_page_stay() -> None:
    value = fragment("<a href='/a'>a</a> <a href='#b'>b</a> <img src='c.png'>")
    html = inner_html(value, "https://library.example.org/d/e.html")
    assert 'href="https://library.example.org/a"' in html
    assert 'href="#b"' in html
    assert 'src="https://library.example.org/d/c.png"' in html
