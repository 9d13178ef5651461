"""The K2 generation (Joomla 3 with K2, 2016 to 2024): item pages, listings and search results.

2018-09 (K2 2.9): list items carry ``aliasY``. 2019 (K2 2.10): the canonical link is there, relative, under a base.
2018-11: headline and brief stand in "PLS Title" and "PLS Description".
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from itertools import islice, pairwise
from typing import Final

from lxml.etree import Element, _Element

from campbell_scraper.items import Attachment, Kind, Representation, ReviewAddress, ReviewRecord, Unhandled
from campbell_scraper.reading.page import attachments
from campbell_scraper.reading.page.document import HEADINGS, PARTS, Document, Marked, first, has_class, line_of
from campbell_scraper.reading.page.fields import ITEM, LISTINGS, Blocks, FieldPlace, find_blocks, fragment, read_fields
from campbell_scraper.reading.page.links import canonical_url, content_link
from campbell_scraper.reading.summary.blocks import text_of

from . import review_record as compose
from .layouts import DocumentPage

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


def _container(document: Document, query: Marked) -> _Element | None:
    """Return K2's view: the container, found by its id without a walk over the page, else the first match."""
    named = first('id("k2Container")', document.root)
    if named is not None and named.tag in query.tags and has_class(named, *query.names):
        return named
    return document.first(query)


class K2Item(DocumentPage):
    """One item: its title, its Additional Info block, the summaries inside, the files offered behind the block."""

    layout = "k2-item"
    default_kind = Kind.REVIEW

    @classmethod
    def matches(cls, document: Document) -> bool:
        """Look for ``div.itemView``: K2 prints an item inside it; a listing's items have other classes."""
        return "itemView" in document.text and _container(document, _ITEM_VIEW) is not None

    @cached_property
    def title(self) -> str | None:
        """Title of the item, else of the page."""
        return self._item_title or self.document.head.title

    @cached_property
    def _item_title(self) -> str | None:
        return item_title(self.document.first(_ITEM_TITLE, self._scope))

    @cached_property
    def review_addresses(self) -> list[ReviewAddress]:
        """The item's address."""
        return [ReviewAddress(self._address, Representation.ITEM)]

    @cached_property
    def _blocks(self) -> Blocks:
        return find_blocks(self.document, [self._scope], ITEM, lambda: [_place_of_item(self.document.text)])

    @cached_property
    def offered(self) -> list[Attachment]:
        """The files that the item offers."""
        scope = self._scope
        if self._blocks.from_source:
            # A stray end tag closes the container too early: the files behind the block are found in the source only.
            scope = fragment(self.document.text[slice(*_place_of_item(self.document.text))])
        return attachments.of_item(self.document, scope)

    @cached_property
    def records(self) -> list[ReviewRecord]:
        """One record; a stub item gives one too, without summaries and of stage "other"."""
        document, blocks = self.document, self._blocks
        assert self.links is not None  # the values' addresses are made absolute below, in the tree itself
        record = ReviewRecord(
            url=self._address, representation=Representation.ITEM, layout=self.layout, title=self._item_title
        )
        intro = _intro(document, self._scope)
        text = text_of(intro)
        record.intro = text if text and text != record.title else None
        record.unhandled.extend(blocks.unhandled)
        compose.add_fields(record, read_fields(blocks.fields[0], document.base_url), document)
        if record.intro and not record.summaries:
            compose.add_intro(record, intro, document)
        compose.stage_or_other(record)
        compose.tie_files(record, self.offered)
        if document.excessive and not blocks.unhandled:
            record.unhandled.append(
                Unhandled(kind="lost_markup", value="nested too deeply: the page's end was not read")
            )
        if canonical_url(document.url) != record.url:
            record.aliases.append(canonical_url(document.url))
        return [record]

    @cached_property
    def _scope(self) -> _Element:
        """The container; the whole body where a stray end tag has closed it before the block was over."""
        document = self.document
        container = _container(document, _ITEM_VIEW)
        assert container is not None
        if ITEM.counted[0] in document.text and document.first(ITEM.block, container) is None:
            body = document.root.find("body")
            return container if body is None else body
        return container

    @cached_property
    def _address(self) -> str:
        """Canonical link, og:url, else what the print button links to: K2 before 2.10 names the page nowhere else."""
        document = self.document
        if named := document.named_url:
            return named
        printed = document.first(_PRINT_LINK, self._scope)
        link = content_link(document.base_url, printed.get("href") or "") if printed is not None else None
        return link or canonical_url(document.url)


_END_OF_ITEM: Final = re.compile(
    r"<!--\s*End K2 Item Layout|<footer\b|<aside\b|<div\b[^<>]*\bid=[\"']aside", re.IGNORECASE
)


def _place_of_item(text: str) -> tuple[int, int]:
    """Return where the item's markup begins in the source and ends: at K2's comment, else the site's next part."""
    begin = max(text.find("itemView"), 0)
    match = _END_OF_ITEM.search(text, begin)
    return begin, match.start() if match else len(text)


def item_title(heading: _Element | None) -> str | None:
    """Return the text of a title's heading without K2's own additions ("Featured", the edit link)."""
    if heading is None:
        return None
    if not any(child.tag == "span" for child in heading):
        return line_of(heading)
    parts = [heading.text or ""]
    for child in heading:
        added = child.tag == "span" and (
            _EDIT_LINK in (child.get("class") or "") or (len(child) == 1 and child[0].tag == "sup")
        )
        if not added and isinstance(child.tag, str):
            parts.append(line_of(child) or "")
        parts.append(child.tail or "")
    return " ".join(" ".join(parts).split()) or None


def _intro(document: Document, scope: _Element) -> _Element:
    """Copy the text above the block into one element. Older items may have it doubled as intro and full text."""
    texts: dict[str, _Element] = {}
    for element in islice(document.marked(_ITEM_TEXT, scope), MAX_TEXTS):
        if not any("ExtraFields" in (inner.get("class") or "") for inner in element.iter("div")):
            texts.setdefault(text_of(element), element)
    intro = Element("div")
    intro.extend(deepcopy(element) for element in texts.values())
    return intro


class K2Listing(DocumentPage):
    """A category, tag, author or search page: links to items and further pages, and the blocks printed with items.

    ``?start=9999`` answers 200 without items: a listing without reviews and item links.
    """

    layout = "k2-listing"
    default_kind = Kind.LISTING

    @classmethod
    def matches(cls, document: Document) -> bool:
        """Look for ``div.itemListView`` (or the generic views), inside which K2 and jak2filter print lists."""
        if "View" not in document.text or not any(name in document.text for name in _VIEW_NAMES):
            return False
        return _container(document, _LIST_VIEW) is not None or document.first(_LISTED) is not None

    @cached_property
    def links(self) -> list[str]:
        """What the list itself links to comes first: discovery must not depend on menus."""
        document = self.document
        pagination = self._in_use(_PAGINATION)
        further = [
            content_link(document.base_url, link.get("href") or "")
            for scope in dict.fromkeys((document.root, *self._containers[-1:]))
            for part in document.marked(pagination, scope)
            for link in part.iter("a")
        ]
        return list(dict.fromkeys([*filter(None, (*self._targets, *further)), *document.links()]))

    @cached_property
    def review_addresses(self) -> list[ReviewAddress]:
        """The listed items whose block is printed."""
        return [ReviewAddress(target, Representation.LISTING) for _, _, target, _ in self._printed if target]

    @cached_property
    def offered(self) -> list[Attachment]:
        """Nothing: the items offer their files themselves."""
        return []

    @cached_property
    def records(self) -> list[ReviewRecord]:
        """Records of the listing kind for items whose block is printed; of other items only the link."""
        assert self.links is not None  # as in K2Item
        return [
            self._record(container, _listed_title(title), target, fields)
            for container, title, target, fields in self._printed
            if target
        ]

    @cached_property
    def unhandled(self) -> list[Unhandled]:
        """What the blocks lost, and items that link nowhere."""
        return self._blocks.unhandled + [
            Unhandled(kind="lost_markup", value=f"listed item without a link: {line_of(title)}")
            for _, title, target, _ in self._printed
            if target is None
        ]

    @cached_property
    def _blocks(self) -> Blocks:
        names = next((view for view in LISTINGS if view.prefix in self.document.text), None)
        if names is None:
            return Blocks([[] for _ in self._containers])
        # If the two cannot be matched, no item has a place in the source.
        places = self._places
        slices = places if len(places) == len(self._containers) else [(0, 0)] * len(self._containers)
        return find_blocks(self.document, self._containers, names, lambda: slices)

    @cached_property
    def _printed(self) -> list[tuple[_Element, _Element | None, str | None, list[FieldPlace]]]:
        """Container, title, target and fields of the items whose block is printed."""
        whole = zip(self._containers, self._titles, self._targets, self._blocks.fields, strict=True)
        return [one for one in whole if one[3]]

    @cached_property
    def _containers(self) -> list[_Element]:
        """The listed items; cut out of the source where a tag left open in one has swallowed the next ones."""
        containers = list(islice(self.document.marked(self._in_use(_LISTED)), MAX_LISTED))
        if len(self._places) <= len(containers):
            return containers
        return [fragment(self.document.text[begin:end]) for begin, end in self._places]

    @cached_property
    def _titles(self) -> list[_Element | None]:
        query = self._in_use(_LISTED_TITLE)
        return [self.document.first(query, one) for one in self._containers]

    def _in_use(self, query: Marked) -> Marked:
        """Return the query with only those of its classes that the page has: it shows one of five views."""
        names = tuple(name for name in query.names if name in self.document.text)
        return replace(query, names=names or query.names)

    @cached_property
    def _targets(self) -> list[str | None]:
        links = (None if title is None else next(title.iter("a"), None) for title in self._titles)
        base = self.document.base_url
        return [None if link is None else content_link(base, link.get("href") or "") for link in links]

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """Where each item begins in the source, and where the next one does."""
        text = self.document.text
        starts = [match.start() for match in islice(_LISTED_START.finditer(text), MAX_LISTED + 1)]
        return list(pairwise([*starts, len(text)]))[:MAX_LISTED]

    def _record(self, container: _Element, title: str | None, target: str, places: list[FieldPlace]) -> ReviewRecord:
        record = ReviewRecord(url=target, representation=Representation.LISTING, layout=self.layout, title=title)
        compose.add_fields(record, read_fields(places, self.document.base_url), self.document)
        compose.tie_files(record, attachments.of_item(self.document, container))
        return record


def _listed_title(heading: _Element | None) -> str | None:
    """Return a listed item's title: the text of its link, else of its heading."""
    link = None if heading is None else next(heading.iter("a"), None)
    return line_of(link) or item_title(heading)
