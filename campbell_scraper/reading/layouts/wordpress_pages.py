"""The WordPress generation (live since 2024): the review's HTML page, content pages, archives.

Read off WordPress 6.1, 6.8 and 7.1 with block and classic themes. In block themes every ``<time>`` and the headings
behind the content ("More posts") belong to other posts, so nothing outside title, content and featured image is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cached_property
from itertools import islice
from typing import Final

from lxml.etree import _Element

from campbell_scraper.items import (
    Attachment,
    Kind,
    PageRecord,
    Representation,
    ReviewAddress,
    ReviewRecord,
    Unhandled,
)
from campbell_scraper.reading.page import attachments
from campbell_scraper.reading.page.document import HEADINGS, Document, Marked, drop, has_class, is_english, line_of
from campbell_scraper.reading.page.links import canonical_url, is_file, is_of_library, review_id
from campbell_scraper.reading.summary.blocks import text_of
from campbell_scraper.reading.summary.summary_reader import read_summary
from campbell_scraper.reading.values.dois import doi
from campbell_scraper.reading.values.journals import JOURNAL, place_of
from campbell_scraper.reading.values.review_stages import stage
from campbell_scraper.reading.values.vocabularies import GROUP_NAMES, TYPE_NAMES, name_key

from . import review_record as compose
from .joomla_articles import page_record
from .layouts import DocumentPage
from .wordpress_content import OTHERS, asks_for_password, content_of, drop_added

_TITLE_CLASSES: Final = ("wp-block-post-title", "entry-title", "post-title", "page-title")
_FIRST_TITLE = Marked(("h1",), _TITLE_CLASSES, OTHERS)
_TITLE = Marked(HEADINGS, _TITLE_CLASSES, OTHERS)
_SITE_TITLES: Final = ("site-title", "wp-block-site-title")
_SITE_NAMES: Final = ("Campbell Collaboration", "The Campbell Collaboration")
_BEFORE_SITE_NAME = re.compile(r"(?:(.+)\s[|\u2013\u2014\u00b7\u2022\u00bb\u00ab-]\s)?")
_IMAGE = Marked(("img",), ("wp-post-image",), OTHERS)
_BUTTON_CLASSES: Final = ("wp-block-file", "wp-block-button")
_FURTHER = Marked(("p", "div", "nav"), ("post-nav-links", "page-links"))
_ARTICLE = Marked(("article", "div", "main"), ("type-review",), OTHERS)
_LISTED = Marked(HEADINGS, ("entry-title", "wp-block-post-title"))
_PAGE_NUMBER = re.compile(r"/([2-9]|[1-9]\d{1,2})/?$")
_FULL_REVIEW = re.compile(
    r"\bfull\b.{0,30}\b(?:review|report|text|article|paper)\b|\b(?:review|report|paper)\b.{0,40}\bfull\b"
    r"|\bread the (?:report|article)\b|\bcampbell (?:systematic )?review\b.{0,20}\(?pdf\)?"
    r"|\b(?:see|read|view|access|open|go to) the (?:full |systematic )*(?:review|protocol)\b"
    r"|^(?:https?://|doi|10\.\d{4})",
    re.IGNORECASE,
)
_LONGEST_POINTER: Final = 200
"""Characters of a paragraph that does little but point to the full review ("It is available here.")."""
_STAGES: Final = r"(title-registration|protocol|policy-brief|evidence-(?:and-)?gap-map)"
_SLUG_STAGE = re.compile(rf"^{_STAGES}-|-{_STAGES}(?:-\d{{1,2}})?$")
_NUMBERED = re.compile(r" \d{1,2}$")
GROUP_TAXONOMY: Final = "coordinating_group"
TYPE_TAXONOMY: Final = "review_type"


class WordPressReview(DocumentPage):
    """One post of type ``review``."""

    layout = "wordpress-review"

    @classmethod
    def matches(cls, document: Document) -> bool:
        """Look for ``single-review`` in the body's class."""
        return document.has_body_class("single-review")

    @cached_property
    def kind(self) -> Kind:
        """A further part of a post split by ``<!--nextpage-->`` is a page, not a review."""
        return Kind.REVIEW if self._whole is None else Kind.PAGE

    @cached_property
    def title(self) -> str | None:
        """The post's title."""
        return _title_of(self.document)

    @cached_property
    def links(self) -> list[str]:
        """The page's links, those to the post's other parts among them."""
        others = [self._whole] if self._whole else map(canonical_url, self._further)
        return list(dict.fromkeys([*self.document.links(), *others]))

    @cached_property
    def review_addresses(self) -> list[ReviewAddress]:
        """The post's address."""
        return [] if self._whole else [ReviewAddress(self.document.canonical, Representation.ITEM)]

    @cached_property
    def offered(self) -> list[Attachment]:
        """The files that the post's content links to."""
        if self._whole or self._post is None:
            return []
        return [*self._post.files]

    @cached_property
    def records(self) -> list[ReviewRecord]:
        """One record; none from a further part."""
        document = self.document
        if self._whole:
            return []
        record = ReviewRecord(
            url=document.canonical, representation=Representation.ITEM, layout=self.layout, title=self.title
        )
        # Classic themes print the post's terms as classes of the article.
        article = document.first(_ARTICLE)
        if article is not None:
            read_class_list(record, (article.get("class") or "").split())
        image = document.first(_IMAGE)
        if image is not None:
            record.library_image_url = document.absolute(image.get("src"))
        if self._post is not None:
            self._post.read_into(record)
        elif asks_for_password(document.root):
            protect(record)
        else:
            record.unhandled.append(Unhandled(kind="layout", value="review without a content element"))
        if (language := document.language) is not None and not is_english(language):
            record.language, record.translation_of = language, document.english_page
        has_rest = document.head.json_url is not None
        compose.complete(record, otherwise=None if has_rest else _stage_of_slug(record.url))
        if self._further:
            record.unhandled.append(Unhandled(kind="lost_markup", value=f"text goes on at {self._further[0]}"))
        if (short := document.absolute(document.head.shortlink)) is not None:
            record.aliases.append(canonical_url(short))
        return [record]

    @cached_property
    def content(self) -> list[PageRecord]:
        """The text of a further part."""
        if not self._whole:
            return []
        text = text_of(self._post.element) if self._post is not None else ""
        return [PageRecord(url=canonical_url(self.document.url), kind="article", title=self.title, text=text)]

    @cached_property
    def _whole(self) -> str | None:
        return _part_of(self.document)

    @cached_property
    def _content(self) -> _Element | None:
        return content_of(self.document)

    @cached_property
    def _post(self) -> PostContent | None:
        return None if self._content is None else PostContent(self.document, deepcopy(self._content))

    @cached_property
    def _further(self) -> list[str]:
        """Addresses of the parts that follow in a post that is split."""
        if self._content is None:
            return []
        return [
            url
            for part in self.document.marked(_FURTHER, self._content)
            for link in part.iter("a")
            if (url := self.document.absolute(link.get("href")))
        ]


def _stage_of_slug(url: str) -> str | None:
    """Return the stage that an address tells, for pages without terms on a site without REST.

    Where there is REST, its terms count: a review often keeps the slug of its protocol.
    """
    said = _SLUG_STAGE.search(review_id(url).rpartition("/")[2])
    if said is None:
        return None
    word = (said[1] or said[2]).replace("-", " ").capitalize()
    return stage(["Title" if word.startswith("Title") else TYPE_NAMES.get(name_key(word), word)], word)


def _title_of(document: Document) -> str | None:
    """Return the post's own title: classic themes put the site's name or the title into h1, block themes the title.

    Page builders give it no class of its own; then it is the only h1, else what stands before the site's name in the
    head. A post without a title has none: its head names the site alone, perhaps with a tagline behind a dash.
    """
    found = next((one for query in (_FIRST_TITLE, _TITLE) if (one := document.first(query)) is not None), None)
    if found is None:
        alone = [one for one in islice(document.root.iter("h1"), 3) if not has_class(one, *_SITE_TITLES)]
        found = alone[0] if len(alone) == 1 else None
    before = _BEFORE_SITE_NAME.match(document.head.title or "")
    title = line_of(found) or (before and before[1])
    return None if title in (document.head.site_name, *_SITE_NAMES) else title


def _part_of(document: Document) -> str | None:
    """Return the whole post's address, if the page is a further part of a split post (``/slug/2/``)."""
    if not any(name.startswith(("paged-", "single-paged-")) for name in document.body_class.split()):
        return None
    url = document.canonical
    found = _PAGE_NUMBER.search(url)
    return url[: found.start()] + "/" if found else None


def read_class_list(record: ReviewRecord, names: list[str]) -> None:
    """Add groups and types from post classes (``coordinating_group-education``, ``review_type-protocol``)."""
    slugs = [(taxonomy, slug) for taxonomy, _, slug in (name.partition("-") for name in names) if slug]
    groups = [_term_name(slug, GROUP_NAMES) for taxonomy, slug in slugs if taxonomy == GROUP_TAXONOMY]
    types = [_term_name(slug, TYPE_NAMES) for taxonomy, slug in slugs if taxonomy == TYPE_TAXONOMY]
    compose.set_terms(record, groups, types)


def _term_name(slug: str, names: Mapping[str, str]) -> str:
    """Return a term's name from its slug, which WordPress makes of the name without "&" and numbers if it was taken.

    >>> _term_name("crime-justice", GROUP_NAMES), _term_name("review-2", TYPE_NAMES), _term_name("rapid-answer", {})
    ('Crime and Justice', 'Review', 'Rapid answer')
    """
    words = slug.replace("-", " ")
    for said in (words, _NUMBERED.sub("", words)):
        for wording, name in names.items():
            if said in {wording, wording.replace(" and ", " ")}:
                return name
    return words[:1].upper() + words[1:]


class PostContent:
    """The content of a post, of its HTML page or its REST answer, whose markup is the same. ``element`` is changed."""

    def __init__(self, document: Document, element: _Element) -> None:
        self.element = element
        self._document = document
        self._is_protected = asks_for_password(element)
        drop_added(element)
        self.files = _files(document, element)

    def read_into(self, record: ReviewRecord) -> None:
        """Add files, full review and summary to ``record``."""
        record.attachments.extend(self.files)
        if record.full_review_url is None:
            _read_full_review(record, self.element, self._document)
        _drop_buttons(self._document, self.element, record.full_review_url)
        if self._is_protected:
            protect(record)
            return
        summary = read_summary(self.element, page_title=record.title, base_url=self._document.base_url)
        if summary.text:
            record.summaries.append(summary)


def protect(record: ReviewRecord) -> None:
    """Mark the record of a protected post, and remove the word that WordPress puts before its title."""
    record.protected = True
    record.title = record.title.removeprefix("Protected: ") if record.title else None


def _drop_buttons(document: Document, content: _Element, full_review: str | None) -> None:
    """Remove what only offers a file or an article: button and file blocks, paragraphs of one such link."""
    for link in list(content.iter("a")):
        url = document.absolute(link.get("href"))
        if url is None or not (is_file(url) or doi(url) or url == full_review):
            continue
        for around in link.iterancestors("p", "div"):
            if around is content:
                break
            if (around.tag == "p" and line_of(around) == line_of(link)) or has_class(around, *_BUTTON_CLASSES):
                drop(around)
                break


def _files(document: Document, content: _Element) -> list[Attachment]:
    return [one for one in attachments.of_page(document, content) if not doi(one.url)]


def _read_full_review(record: ReviewRecord, content: _Element, document: Document) -> None:
    """Read the link to the full review: of several one of a known journal, else one with a DOI."""
    addresses = [(link, url) for link in content.iter("a") if (url := document.absolute(link.get("href")))]
    named = [url for link, url in addresses if _FULL_REVIEW.search(line_of(link) or "")]
    pointed = {doi(url): url for link, url in addresses if _points_to_article(link, url)}
    found = [one for one in named if doi(one) or not (is_file(one) or is_of_library(one, record.url))]
    found = found or (list(pointed.values()) if len(pointed) == 1 else [])
    if found:
        best = min(found, key=lambda url: (place_of(doi(url) or "") is None, doi(url) is None))
        compose.set_full_review(record, best, doi(best))


def _points_to_article(link: _Element, url: str) -> bool:
    """Return whether a link to an article of the library's journal is a button, or all that its paragraph is about."""
    place = place_of(doi(url) or "")
    around = next(link.iterancestors("p", "div"), None)
    if place is None or place.journal != JOURNAL or around is None:
        return False
    text = line_of(around) or ""
    is_pointer = len(text) < _LONGEST_POINTER and _FULL_REVIEW.search(text) is not None
    return is_pointer or text == line_of(link) or has_class(around, *_BUTTON_CLASSES)


class WordPressListing(DocumentPage):
    """An archive: post type, taxonomy, search. Only links."""

    layout = "wordpress-listing"
    default_kind = Kind.LISTING

    @classmethod
    def matches(cls, document: Document) -> bool:
        """Look for the body classes of WordPress's archive templates."""
        return any(map(document.has_body_class, ("archive", "post-type-archive", "search", "blog")))

    @cached_property
    def links(self) -> list[str]:
        """What the list links to comes first."""
        document = self.document
        listed = [
            url
            for heading in document.marked(_LISTED)
            for link in heading.iter("a")
            if (url := document.absolute(link.get("href")))
        ]
        all_links = document.links()
        own = set(all_links)
        return list(dict.fromkeys([*(one for one in map(canonical_url, listed) if one in own), *all_links]))


class WordPressPage(DocumentPage):
    """A page or news post: content, but no review."""

    layout = "wordpress-page"

    @classmethod
    def matches(cls, document: Document) -> bool:
        """Look for the body classes of WordPress's page and post templates."""
        return any(map(document.has_body_class, ("page", "single-post", "single", "home"))) and (
            "wp-" in document.body_class or "wp-content" in document.text
        )

    @cached_property
    def kind(self) -> Kind:
        """Map for a page about an evidence and gap map."""
        return Kind.MAP if self._body is not None and self._page_kind == "map" else Kind.PAGE

    @cached_property
    def title(self) -> str | None:
        """The post's title, else what the head says."""
        return _title_of(self.document) or self.document.head.title

    @cached_property
    def content(self) -> list[PageRecord]:
        """One page record."""
        if self._body is None:
            return []
        record = page_record(self.document, self._body, self.title)
        record.kind = self._page_kind
        return [record]

    @cached_property
    def attachments(self) -> list[Attachment]:
        """The files that the content links to."""
        return [] if self._body is None else attachments.of_page(self.document, self._body)

    @property
    def _page_kind(self) -> str:
        if self.document.has_body_class("home"):
            return "home"
        return "map" if TYPE_NAMES.get(name_key(self.title or "")) == "Evidence and gap map" else "article"

    @cached_property
    def _body(self) -> _Element | None:
        content = content_of(self.document)
        if content is None:
            content = next(self.document.root.iter("main"), None)
        return self.document.root.find("body") if content is None else content
