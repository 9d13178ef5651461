"""Every word of a summary is in exactly one of banner, headline, brief, heading, section text.

The words of the DOM are counted by a walk of its own (``itertext`` over what is visible), not by the code under test.
"""

# ruff: noqa: E501  (a text reads best on one line)

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree, html

from campbell_scraper.items import Summary
from campbell_scraper.reading.summary.summary_reader import read_facts, read_summary

INVISIBLE = {"script", "style", "template", "noscript", "head", "title", "iframe", "select", "svg"}
GLUED = re.compile(r"\W+|_")
LEFTOVERS = re.compile(r"\[/?(?:vc_|caption)[^]]*\]|\\r\\n")
"""Not words of the summary: shortcodes and literal line ends (docs/sites.md)."""


def visible_letters(root: etree._Element) -> Counter[str]:
    """Letters and digits of the DOM: what remains of words when every rule about white space is left out."""
    letters: Counter[str] = Counter()

    def text(value: str | None) -> None:
        letters.update(GLUED.sub("", LEFTOVERS.sub(" ", value or "")))

    stack = [root]
    while stack:
        node = stack.pop()
        if not isinstance(node.tag, str) or node.tag in INVISIBLE:
            continue
        text(node.text)
        for child in node:
            text(child.tail)
            stack.append(child)
    return letters


def letters_of(texts: list[str | None]) -> Counter[str]:
    return Counter(GLUED.sub("", "".join(text or "" for text in texts)))


def parts_of(summary: Summary) -> list[str | None]:
    return [
        summary.banner,
        summary.headline,
        summary.brief,
        *(x for s in summary.sections for x in (s.heading, s.text)),
    ]


def without_markers(lines: list[str | None]) -> list[str | None]:
    """Drop "1. " and "- ", which are printed and not written."""
    return [re.sub(r"^(?:\d+\. |- )", "", text, flags=re.MULTILINE) if text else text for text in lines]


def words(texts: list[str | None]) -> Counter[str]:
    return Counter(word for text in texts if text for word in text.split())


def check(root: html.HtmlElement) -> None:
    summary = read_summary(root, language="en", page_title="Cash and care")
    assert letters_of(without_markers(parts_of(summary))) == visible_letters(root)
    # In the words as well as in the letters: a word may be parted where a glued heading was told from its text, and
    # in no other way differ from the text the summary keeps whole.
    read, whole = words(without_markers(parts_of(summary))), words(without_markers([summary.text]))
    for word in read - whole:
        letters = GLUED.sub("", word)  # a lone mark is no word, and "- " at a line's start was taken for a marker
        assert not letters or any(letters in GLUED.sub("", glued) for glued in whole - read)
    for fact in read_facts(summary):
        places = [summary.brief, summary.headline] if fact.section is None else [summary.sections[fact.section].text]
        assert fact.quote in [(place or "")[fact.quote_start : fact.quote_end] for place in places]


TEXTS = st.sampled_from(
    [
        "PLAIN LANGUAGE SUMMARY", "Cash and care", "What is this review about?", "What studies are included?",
        "The review in brief", "Background", "Background:", "Results", "How up‐to‐date is this review?",
        "Is it good?", "It works. It is cheap.", "The review includes 12 studies with 300 children.",
        "Searched until May 2014.", "Sweden.The", "ما هدف هذه المراجعة؟", "本综述的目的是什么？", "a & b < c", " ", "\n",
        "Click on 'Download PDF' to view the summary", "Plain language summary: Radios work", "x", ":", "- y", "12",
        "“Quoted?”", "word " * 60, "Long sentence here. " * 30, "\u00a0", "A study (2009) found 34 percent.",
    ]
)  # fmt: skip
INLINE = ["b", "strong", "span", "em", "a", "i", "o:p", "font"]
BLOCK = ["p", "div", "h1", "h2", "h3", "h4", "h5", "section", "blockquote", "li", "ul", "ol", "table", "tr", "td", "th",
         "pre", "dl", "dd", "figure", "caption", "article"]  # fmt: skip


@st.composite
def markup(draw: st.DrawFn) -> str:
    """Tags opened and closed in any order, some never, as editors and plugins leave them."""
    out: list[str] = []
    open_tags: list[str] = []
    for _ in range(draw(st.integers(1, 40))):
        move = draw(st.integers(0, 9))
        if move < 4:
            out.append(draw(TEXTS).replace("&", "&amp;").replace("<", "&lt;"))
        elif move < 7:
            tag = draw(st.sampled_from(INLINE + BLOCK))
            style = draw(
                st.sampled_from(["", "", ' style="font-weight:bold"', ' style="font-weight: 400"', ' start="7"'])
            )
            out.append(f"<{tag}{style}>")
            open_tags.append(tag)
        elif move < 8 and open_tags:
            out.append(f"</{open_tags.pop(draw(st.integers(0, len(open_tags) - 1)))}>")
        else:
            out.append(
                draw(
                    st.sampled_from(["<br>", "<hr>", "<!-- gone -->", "<script>gone()</script>", "<p>", "</p>", "</b>"])
                )
            )
    return "".join(out)


@given(markup())
@settings(max_examples=400, deadline=None)
@example("<p><b>Background</b>: text<b>What is this review about?</b></p>")
@example("<table><tr>text outside a cell<td>a</td><td><h3>Is it good?</h3></td></tr></table>")
@example("<ol><li><b>Is it good?</b> Yes.</li></ol>")
def test_generated_markup(page: str) -> None:
    check(html.fragment_fromstring(page, create_parent="div"))


@given(st.lists(st.tuples(st.sampled_from(["h2", "h3", "p", "p", "li", "strong"]), TEXTS), max_size=12))
@settings(max_examples=200, deadline=None)
def test_well_formed_summaries(parts: list[tuple[str, str]]) -> None:
    root = html.Element("div")
    for tag, text in parts:
        etree.SubElement(root, tag).text = text
    check(root)


@pytest.mark.parametrize("name", ["k2", "wordpress"])
def test_pages_of_real_cmss(shared: Path, name: str) -> None:
    warc = shared / "cms" / f"{name}.warc.gz"
    from fastwarc.warc import ArchiveIterator, WarcRecordType  # noqa: PLC0415  (only where the WARCs are)

    seen = 0
    with warc.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
            if "html" not in (record.http_content_type or ""):
                continue
            root = html.document_fromstring(record.reader.read() or b"<p>", parser=html.HTMLParser(encoding="utf-8"))
            for node in root.iter("span", "div"):
                if (node.get("class") or "").split()[:1] in (["itemExtraFieldsValue"], ["entry-content"]):
                    check(node)
                    seen += 1
    assert seen > 10
