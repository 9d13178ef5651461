"""The K2 generation (Joomla 3 with K2, 2016 to 2024): item pages, listings and search results.

2018-09 (K2 2.9): list items carry ``aliasY``. 2019 (K2 2.10): the canonical link is there, relative, under a base.
2018-11: headline and brief stand in "PLS Title" and "PLS Description".
"""

from __future__ import annotations

import re
from itertools import islice, pairwise
from typing import ClassVar, Final

from lxml.etree import _Element

from campbell_scraper.items import Kind, PageReading, Representation, ReviewRecord, Unhandled
from campbell_scraper.reading.page.document import HEADINGS, PARTS, Document, Marked, folded
from campbell_scraper.reading.page.fields import ITEM, LISTINGS, Field, fragment, read_blocks
from campbell_scraper.reading.page.links import canonical_url, content_link
from campbell_scraper.reading.summary import text_of

from . import review_record as compose
from .layouts import LayoutPage

_ITEM_VIEW = Marked(PARTS, ("itemView",))
_ITEM_TITLE = Marked(HEADINGS, ("itemTitle",))
_ITEM_TEXT = Marked(("div",), ("itemIntroText", "itemFullText"))
_PRINT_LINK = Marked(("a",), ("itemPrintLink",))
_EDIT_LINK = "itemEditLink"

_LIST_VIEW = Marked(PARTS, ("itemListView", "genericView", "tagView", "userView", "latestView"))
_LISTED = Marked(PARTS, ("catItemView", "genericItemView", "tagItemView", "userItemView", "latestItemView"))
_TITLE_CLASSES: Final = ("catItemTitle", "genericItemTitle", "tagItemTitle", "userItemTitle", "latestItemTitle")
_VIEW_NAMES: Final = (*_LIST_VIEW.names, *_LISTED.names)
_LISTED_TITLE = Marked(HEADINGS, _TITLE_CLASSES)
_PAGINATION = Marked(("div", "ul", "nav"), ("k2Pagination", "pagination-list", "pagination"))
_LISTED_START: Final = re.compile(
    r"<div\b[^<>]*class\s*=\s*[\"']?(?:cat|generic|tag|user|latest)ItemView\b", re.IGNORECASE
)


MAX_TEXTS: Final = 4
"""Intro and full text, each perhaps printed twice."""
MAX_LISTED: Final = 500
"""Items of one list that are read; the site prints 10 to 20."""


class K2Item(LayoutPage):
    """One item: its title, its Additional Info block, the summaries inside, the files offered behind the block."""

    layout: ClassVar[str] = "k2-item"
    kind: ClassVar[Kind] = Kind.REVIEW

    @classmethod
    def matches(cls, document: Document) -> bool:
        """K2 prints an item inside ``div.itemView``; a listing's items have other classes."""
        if "itemView" not in document.text:
            return False
        return document.first(_ITEM_VIEW) is not None

    def fill(self, reading: PageReading) -> None:
        """One record; a stub item gives one too, without summaries and of stage "other"."""
        document = self.document
        container = document.first(_ITEM_VIEW)
        assert container is not None
        scope = self._scope(container)
        title = item_title(document.first(_ITEM_TITLE, scope))
        record = ReviewRecord(
            url=self._url(scope),
            representation=Representation.ITEM,
            layout=self.layout,
            title=title,
        )
        reading.title = title or reading.title
        record.intro = _intro(document, scope, record)
        blocks = read_blocks(document, [scope], ITEM, lambda: [_place_of_item(document.text)])
        record.unhandled.extend(blocks.unhandled)
        compose.fill(record, blocks.fields[0], document)
        compose.stage_or_other(record)
        # A stray end tag closes the container too early: then the files behind the block are found in the source only.
        offered = fragment(document.text[slice(*_place_of_item(document.text))]) if blocks.from_source else scope
        compose.tie_files(record, document, offered)
        if document.excessive and not blocks.unhandled:
            record.unhandled.append(
                Unhandled(kind="lost_markup", value="nested too deeply: the page's end was not read")
            )
        if canonical_url(document.url) != record.url:
            record.aliases.append(canonical_url(document.url))
        reading.reviews.append(record)

    def _scope(self, container: _Element) -> _Element:
        """Give the container; the whole body where a stray end tag has closed it before the block was over."""
        if self.document.first(ITEM.block, container) is None and ITEM.counted[0] in self.document.text:
            body = self.document.root.find("body")
            return container if body is None else body
        return container

    def _url(self, scope: _Element) -> str:
        """Canonical link, og:url, else what the print button links to: K2 before 2.10 names the page nowhere else."""
        document = self.document
        if named := document.named_url:
            return named
        printed = document.first(_PRINT_LINK, scope)
        link = content_link(document.base_url, printed.get("href") or "") if printed is not None else None
        return link or canonical_url(document.url)


_END_OF_ITEM: Final = re.compile(
    r"<!--\s*End K2 Item Layout|<footer\b|<aside\b|<div\b[^<>]*\bid=[\"']aside", re.IGNORECASE
)


def _place_of_item(text: str) -> tuple[int, int]:
    """Find where the item's markup begins in the source and ends: at K2's comment, else the site's next part."""
    begin = max(text.find("itemView"), 0)
    found = _END_OF_ITEM.search(text, begin)
    return begin, found.start() if found else len(text)


def item_title(heading: _Element | None) -> str | None:
    """Text of a title's heading without K2's own additions ("Featured", the edit link)."""
    if heading is None:
        return None
    if not any(child.tag == "span" for child in heading):
        return folded(heading)
    parts = [heading.text or ""]
    for child in heading:
        added = child.tag == "span" and (
            _EDIT_LINK in (child.get("class") or "") or (len(child) == 1 and child[0].tag == "sup")
        )
        if not added and isinstance(child.tag, str):
            parts.append(folded(child) or "")
        parts.append(child.tail or "")
    return " ".join(" ".join(parts).split()) or None


def _intro(document: Document, scope: _Element, record: ReviewRecord) -> str | None:
    """Text above the block. Older items may have it doubled as intro and full text."""
    lines: dict[str, None] = {}
    for element in islice(document.marked(_ITEM_TEXT, scope), MAX_TEXTS):
        if any("ExtraFields" in (inner.get("class") or "") for inner in element.iter("div")):
            continue
        if text := text_of(element):
            lines[text] = None
    text = "\n".join(lines)
    return text if text and text != record.title else None


class K2Listing(LayoutPage):
    """A category, tag, author or search page: links to items and further pages, and the blocks printed with items.

    ``?start=9999`` answers 200 without items: a listing without reviews and item links.
    """

    layout: ClassVar[str] = "k2-listing"
    kind: ClassVar[Kind] = Kind.LISTING

    @classmethod
    def matches(cls, document: Document) -> bool:
        """K2 and jak2filter print lists inside ``div.itemListView`` (or the generic views)."""
        if "View" not in document.text or not any(name in document.text for name in _VIEW_NAMES):
            return False
        return document.first(_LIST_VIEW) is not None or document.first(_LISTED) is not None

    def fill(self, reading: PageReading) -> None:
        """Give records of the listing kind for items whose block is printed; of other items only the link."""
        document = self.document
        places = self._places()
        containers = self._containers(places)
        titles = [document.first(_LISTED_TITLE, one) for one in containers]
        targets = [self._target(title) for title in titles]
        further = [
            content_link(document.base_url, link.get("href") or "")
            for scope in dict.fromkeys((document.root, *containers[-1:]))
            for part in document.marked(_PAGINATION, scope)
            for link in part.iter("a")
        ]
        # What the list itself links to comes first: discovery must not depend on menus.
        ordered = [link for link in (*targets, *further) if link]
        reading.links = list(dict.fromkeys([*ordered, *reading.links]))
        names = next((view for view in LISTINGS if view.prefix in document.text), None)
        if names is None:
            return
        # Nowhere in the source, if the two cannot be matched.
        slices = places if len(places) == len(containers) else [(0, 0)] * len(containers)
        blocks = read_blocks(document, containers, names, lambda: slices)
        reading.unhandled.extend(blocks.unhandled)
        for container, title, target, fields in zip(containers, titles, targets, blocks.fields, strict=True):
            if not fields:
                continue
            if target is None:
                reading.unhandled.append(
                    Unhandled(kind="lost_markup", value=f"listed item without a link: {folded(title)}")
                )
                continue
            reading.reviews.append(self._record(container, folded_title(title), target, fields))

    def _containers(self, places: list[tuple[int, int]]) -> list[_Element]:
        """Give the listed items; cut out of the source where a tag left open in one has swallowed the next ones."""
        containers = list(islice(self.document.marked(_LISTED), MAX_LISTED))
        if len(places) <= len(containers):
            return containers
        return [fragment(self.document.text[begin:end]) for begin, end in places]

    def _record(self, container: _Element, title: str | None, target: str, fields: list[Field]) -> ReviewRecord:
        record = ReviewRecord(url=target, representation=Representation.LISTING, layout=self.layout, title=title)
        compose.fill(record, fields, self.document)
        compose.tie_files(record, self.document, container)
        return record

    def _target(self, title: _Element | None) -> str | None:
        link = None if title is None else next(title.iter("a"), None)
        return None if link is None else content_link(self.document.base_url, link.get("href") or "")

    def _places(self) -> list[tuple[int, int]]:
        """Find where each item begins in the source, and where the next one does."""
        text = self.document.text
        starts = [found.start() for found in islice(_LISTED_START.finditer(text), MAX_LISTED + 1)]
        return list(pairwise([*starts, len(text)]))[:MAX_LISTED]


def folded_title(heading: _Element | None) -> str | None:
    """Give a listed item's title: the text of its link, else of its heading."""
    link = None if heading is None else next(heading.iter("a"), None)
    return folded(link) or item_title(heading)
