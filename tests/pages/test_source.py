"""What is done to a page's source before it is parsed: replayed pages, and slips that browsers forgive."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from campbell_scraper.reading.page_reading import read_page

FOLDER = Path(__file__).parents[1] / "fixtures" / "pages"
URL = "https://library.example.org/any.html"
HTML = [("Content-Type", "text/html")]
BLOCK = """<html><body><div class="itemView"><h2 class="itemTitle">T</h2><div class="itemExtraFields">
<h3>Additional Info</h3><ul>{fields}</ul><div class="clr"></div></div></div></body></html>"""
TOOLBAR = """<!-- BEGIN WAYBACK TOOLBAR INSERT -->
<div id="wm-ipp-base" lang="en"><h2>About this capture</h2>
<a href="/web/20180101000000*/http://example.org/">12 captures</a>
<table><tr><td><a href="https://web.archive.org/web/20171012/http://example.org/x.html">Oct</a></td></tr></table></div>
<!-- END WAYBACK TOOLBAR INSERT -->"""
END = "<!--\n     FILE ARCHIVED ON 12:00:00 Nov 05, 2018 AND RETRIEVED FROM THE\n     INTERNET ARCHIVE -->"


def replayed(page: str, site: str, archive: str) -> str:
    """``page`` as the Wayback Machine shows it."""

    def rewritten(found: re.Match[str]) -> str:
        name, reference = found[1], found[2]
        kind = "im_" if name == "src" else ""
        if reference.startswith("/"):
            reference = f"https:{reference}" if reference.startswith("//") else site + reference
        return f'{name}="{archive}/web/20181105120000{kind}/{reference}"'

    page = re.sub(r'\b(href|src)="((?:https?:|/)[^"]*)"', rewritten, page)
    return re.sub(r"<body\b[^>]*>", lambda found: found[0] + TOOLBAR, page, count=1) + END


@pytest.mark.parametrize("archive", ["", "https://web.archive.org"])
@pytest.mark.parametrize("name", ["k2-seed", "k2-types", "k2-listing", "joomla-map", "wp-classic", "wp-block-paged"])
def test_a_page_that_the_wayback_machine_shows_says_what_the_site_sent(name: str, archive: str) -> None:
    url = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["url"]
    sent = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    shown = replayed(sent, "{0.scheme}://{0.netloc}".format(urlsplit(url)), archive)
    expected = read_page(url, HTML, sent.encode())
    assert read_page(url, HTML, shown.encode()) == expected
    assert read_page(f"https://web.archive.org/web/20181105120000/{url}", HTML, shown.encode()) == expected


def test_a_page_that_cites_the_wayback_machine_keeps_its_links() -> None:
    cited = "https://web.archive.org/web/20181105120000/http://example.org/a.pdf"
    fields = (
        '<li><span class="itemExtraFieldsLabel">See the full review:</span>'
        f'<span class="itemExtraFieldsValue"><a href="{cited}">Archived</a></span></li>'
    )
    (record,) = read_page(URL, HTML, BLOCK.format(fields=fields).encode()).reviews
    assert record.full_review_url == cited


@pytest.mark.parametrize(
    ("slip", "text"),
    [
        ("one</br>two</br/>three</BR>four", "one\ntwo\nthree\nfour"),
        ("<p>one</p></body></html><p>two</p>", "one\ntwo"),
        ("<html><body><p>one<span>two</p></BODY></HTML>", "onetwo"),
    ],
)
def test_slips_that_browsers_forgive_cost_no_text(slip: str, text: str) -> None:
    fields = (
        f'<li><span class="itemExtraFieldsLabel">Notes:</span><span class="itemExtraFieldsValue">{slip}</span></li>'
        '<li><span class="itemExtraFieldsLabel">English:</span><span class="itemExtraFieldsValue">Last.</span></li>'
    )
    (record,) = read_page(URL, HTML, BLOCK.format(fields=fields).encode()).reviews
    assert [(one.label, one.value) for one in record.additional_info] == [
        ("Notes", text),
        ("English", "Last."),
    ]


def test_the_end_of_a_document_pasted_into_a_post_does_not_end_the_post() -> None:
    page = (
        '<html><body class="single-review"><h1 class="entry-title">T</h1><div class="entry-content"><h2>Head</h2>'
        "<p>Brief.</body></html></p><h3>What is this review about?</h3><p>Radios.</p></div></body></html>"
    )
    (record,) = read_page(URL, HTML, page.encode()).reviews
    assert record.summaries[0].text == "Head\nBrief.\nWhat is this review about?\nRadios."
