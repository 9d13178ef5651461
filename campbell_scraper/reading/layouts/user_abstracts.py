"""User abstracts of the library before 2016: hand-made pages without a CMS's marks, with free headings."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cached_property
from itertools import islice
from typing import Final

from lxml.etree import _Element

from campbell_scraper.items import Attachment, Form, Kind, Representation, ReviewAddress, ReviewRecord
from campbell_scraper.reading.page import attachments
from campbell_scraper.reading.page.document import Document, drop, line_of
from campbell_scraper.reading.summary.summary_reader import read_summary
from campbell_scraper.reading.values.dois import doi

from . import review_record as compose
from .layouts import DocumentPage

_MARK_TAGS: Final = ("h1", "h2", "h3", "h4", "h5", "p", "b", "strong", "font", "span", "td")
_MARK = re.compile(r"\W*(?:campbell\s+)?user abstract\b", re.IGNORECASE)
_SIGNED = ("k2Container", "itemView", "wp-content", "com_content")
_HEADINGS: Final = ("h1", "h2", "h3")
MAX_LEVELS: Final = 12
MIN_TEXT: Final = 200
"""Characters that the element around the mark must hold to be an abstract and not a link to one."""


class UserAbstract(DocumentPage):
    """One abstract: a title, the mark "User abstract", free headings."""

    layout = "user-abstract"
    default_kind = Kind.REVIEW

    @classmethod
    def matches(cls, document: Document) -> bool:
        """Look for "User abstract" above a text of some length, on a page that no CMS signed."""
        if any(mark in document.text for mark in _SIGNED) or "ser abstract" not in document.text.lower():
            return False
        return _content(document) is not None

    @cached_property
    def title(self) -> str | None:
        """The last heading before the mark, else the page's title without the site's name."""
        return line_of(self._title_heading) or _title_of_head(self.document)

    @cached_property
    def review_addresses(self) -> list[ReviewAddress]:
        """The page's own address."""
        return [ReviewAddress(self.document.canonical, Representation.ITEM)]

    @cached_property
    def offered(self) -> list[Attachment]:
        """The files that the abstract links to."""
        return attachments.of_item(self.document, self._marked[1])

    @cached_property
    def records(self) -> list[ReviewRecord]:
        """One record with one summary of the form "user abstract"."""
        document = self.document
        record = ReviewRecord(
            url=document.canonical, representation=Representation.ITEM, layout=self.layout, title=self.title
        )
        content = self._text
        summary = read_summary(content, page_title=self.title, base_url=document.base_url)
        summary.form = Form.USER_ABSTRACT
        record.summaries.append(summary)
        compose.set_types(record, "User abstract")
        for link in content.iter("a"):
            if read := doi(link.get("href") or ""):
                compose.set_doi(record, record.doi or read)
                record.full_review_url = record.full_review_url or document.absolute(link.get("href"))
        compose.complete(record)
        compose.tie_files(record, self.offered)
        return [record]

    @cached_property
    def _marked(self) -> tuple[_Element, _Element]:
        found = _content(self.document)
        assert found is not None
        return found

    @cached_property
    def _title_heading(self) -> _Element | None:
        return _title_heading(self.document, self._marked[0])

    @cached_property
    def _text(self) -> _Element:
        """The text without its title: a copy, so that the page stays whole."""
        content, heading = self._marked[1], self._title_heading
        if heading is None or all(one is not content for one in heading.iterancestors()):
            return content
        position = list(content.iter()).index(heading)
        copied = deepcopy(content)
        drop(list(copied.iter())[position])
        return copied


def _content(document: Document) -> tuple[_Element, _Element] | None:
    """Return the element that says "User abstract", and the smallest one around it that holds the text."""
    for mark in document.root.iter(*_MARK_TAGS):
        # Only the element's own first words are looked at: the words of all it holds would be read again at each level.
        start = (mark.text or "").strip() or (mark[0].text if len(mark) else "") or ""
        if not _MARK.match(start.strip()):
            continue
        text = line_of(mark) or ""
        if len(text) > MIN_TEXT:
            continue
        for around in islice(mark.iterancestors("div", "td", "article", "main", "section", "body"), MAX_LEVELS):
            if len(line_of(around) or "") >= len(text) + MIN_TEXT:
                return mark, around
    return None


def _title_heading(document: Document, mark: _Element) -> _Element | None:
    """Return the last heading before the mark (those behind it are the abstract's own), else the first other h1."""
    before: _Element | None = None
    for heading in document.root.iter():
        if heading is mark:
            break
        if heading.tag in _HEADINGS and line_of(heading):
            before = heading
    if before is not None:
        return before
    return next(
        (one for one in document.root.iter("h1") if one is not mark and not _MARK.match(line_of(one) or "")), None
    )


def _title_of_head(document: Document) -> str | None:
    """Return the page's title without the site's name and the mark."""
    title = re.split(r"\s+[|\u2013\u2014-]\s+(?=[^|]*campbell)", document.head.title or "", flags=re.IGNORECASE)[0]
    return _MARK.sub("", title).strip(" :-\u2013") or None
