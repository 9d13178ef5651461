"""WordPress REST answers: a list of reviews, a single one, media, and errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from html import unescape
from typing import Any, Final

from lxml import etree

from campbell_scraper.items import Attachment, Kind, Representation, ReviewAddress, ReviewRecord, Unhandled
from campbell_scraper.reading.page import attachments
from campbell_scraper.reading.page.document import Document, line_of
from campbell_scraper.reading.page.fields import fragment
from campbell_scraper.reading.page.links import absolute, canonical_url, content_link, is_file
from campbell_scraper.untrusted_json import parsed_json

from . import review_record as compose
from .layouts import LayoutPage
from .wordpress_pages import GROUP_TAXONOMY, TYPE_TAXONOMY, PostContent, protect, read_class_list

LAYOUT: Final = "wordpress-rest"
MAX_ITEMS: Final = 1000
_MEDIA = re.compile(r"/wp/v2/media/?[?&]([^#]*)")
_PARENT = re.compile(r"(?:^|&)parent=(\d{1,18})(?:&|$)")
_REST_PART = re.compile(r"/wp-json(?:/|$)|\?")
_NEXT = re.compile(r"<([^<>]+)>\s*;[^,<]*\brel=\"?next\"?", re.IGNORECASE)


class RestAnswer(LayoutPage):
    """A JSON answer. An error object, or invalid JSON, has no record."""

    default_kind = Kind.API

    def __init__(self, url: str, headers: Sequence[tuple[str, str]], text: str) -> None:
        super().__init__(url)
        self._headers = headers
        self._answer = answer = _parsed(text)
        self._items: list[Any] = answer if isinstance(answer, list) else [] if answer is None else [answer]
        self._posts = [
            _Post(item, url) for item in self._items[:MAX_ITEMS] if isinstance(item, dict) and _is_post(item)
        ]
        if self._posts or self._media_items or self._post_asked or answer == [] or _is_error(answer):
            self.layout = LAYOUT  # type: ignore[misc]  # the answer's own, as that of every other page object

    @cached_property
    def title(self) -> str | None:
        """Title of the first review."""
        return next((post.title for post in self._reviews if post.title), None)

    @cached_property
    def links(self) -> list[str]:
        """The posts' addresses, then the further pages of the list."""
        further = () if self._answer is None else _next_pages(self.url, self._headers)
        return [*(post.link for post in self._posts), *further]

    @cached_property
    def review_addresses(self) -> list[ReviewAddress]:
        """The reviews' addresses."""
        return [ReviewAddress(post.link, Representation.REST) for post in self._reviews]

    @cached_property
    def offered(self) -> list[Attachment]:
        """Attached files, and those that the reviews' content and fields name."""
        return [*self.attachments, *(file for post in self._reviews for file in post.files)]

    @cached_property
    def records(self) -> list[ReviewRecord]:
        """A record for each post that is a review."""
        return [post.record() for post in self._reviews]

    @cached_property
    def attachments(self) -> list[Attachment]:
        """The files of an answer about media."""
        return [file for file, _ in self._media]

    @cached_property
    def attached(self) -> dict[str, list[Attachment]]:
        """The same files by post; [] for a post that has none."""
        files_by_post: dict[str, list[Attachment]] = {self._post_asked: []} if self._post_asked else {}
        for file, post in self._media:
            if isinstance(post, int) and post > 0:
                files_by_post.setdefault(_short_link(self.url, str(post)), []).append(file)
        return files_by_post

    @property
    def _reviews(self) -> list[_Post]:
        return [post for post in self._posts if post.is_review]

    @cached_property
    def _is_of_posts(self) -> bool:
        return bool(self._posts) or _is_error(self._answer)

    @cached_property
    def _post_asked(self) -> str | None:
        """The short link of the post that ``/wp/v2/media?parent=ID`` asks about: only its number is known."""
        media = _MEDIA.search(self.url)
        asked = _PARENT.search(media[1]) if media else None
        if asked is None or self._answer is None or self._is_of_posts:
            return None
        is_media = all(isinstance(item, dict) and "media_type" in item for item in self._items)
        return _short_link(self.url, asked[1]) if is_media else None

    @cached_property
    def _media_items(self) -> list[dict[str, Any]]:
        items = () if self._is_of_posts else self._items[:MAX_ITEMS]
        return [
            item
            for item in items
            if isinstance(item, dict) and isinstance(item.get("source_url"), str) and "media_type" in item
        ]

    @cached_property
    def _media(self) -> list[tuple[Attachment, object]]:
        """Files, each with the number of its post."""
        files = []
        for item in self._media_items:
            url = absolute(self.url, item["source_url"])
            if url and is_file(url):
                title = item.get("title")
                label = _text(title.get("rendered")) if isinstance(title, dict) else None
                files.append((attachments.labelled(url, label), item.get("post")))
        return files

    @cached_property
    def unhandled(self) -> list[Unhandled]:
        """Invalid JSON, and JSON of an unknown kind."""
        if self._answer is None:
            return [Unhandled(kind="layout", value="invalid JSON")]
        if self.layout is None and not _is_wordpress(self.url, self._answer):
            return [Unhandled(kind="layout", value="JSON of an unknown kind")]
        return []


def _parsed(text: str) -> object | None:
    try:
        answer: object = parsed_json(text)
    except ValueError:
        return None
    return answer


def _is_post(item: object) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("content"), dict)
        and isinstance(item.get("title"), dict)
        and isinstance(item.get("link"), str)
    )


def _is_error(answer: object) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get("code"), str) and isinstance(answer.get("message"), str)


def _is_wordpress(url: str, answer: object) -> bool:
    """Return whether an answer is of WordPress's REST, whose endpoints without posts are known and have no records."""
    return "/wp-json" in url or "rest_route=" in url or (isinstance(answer, dict) and "namespaces" in answer)


def _next_pages(url: str, headers: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, value in headers:
        if name.lower() == "link" and (match := _NEXT.search(value)) and (link := absolute(url, match[1])):
            yield link


class _Post:
    """One post of an answer; its content is parsed when something in it is asked for."""

    def __init__(self, item: Mapping[str, Any], url: str) -> None:
        self._item = item
        self.link = content_link(url, item["link"]) or canonical_url(item["link"])

    @property
    def is_review(self) -> bool:
        return self._item.get("type") == "review"

    @cached_property
    def title(self) -> str | None:
        return _text(self._item["title"].get("rendered"))

    @cached_property
    def _content(self) -> PostContent | None:
        document = _document(self.link, self._item["content"].get("rendered"))
        body = None if document is None else document.root.find("body")
        return None if document is None or body is None else PostContent(document, body)

    @cached_property
    def files(self) -> list[Attachment]:
        """Files of the content, then those of custom fields that the content does not link to."""
        files = [] if self._content is None else list(self._content.files)
        known = {file.url for file in files}
        urls = dict.fromkeys(url for url, _ in self._fields if url is not None and url not in known)
        return [*files, *(attachments.labelled(url, None) for url in urls)]

    @cached_property
    def _fields(self) -> list[tuple[str | None, str]]:
        """Custom fields with a text: the address of a file, if the text is one, and the field's name."""
        texts: list[tuple[str | None, str]] = []
        for source in ("meta", "acf"):
            values = self._item.get(source)
            if not isinstance(values, dict):
                continue
            for name, value in values.items():
                if not isinstance(value, str) or not value.strip() or str(name).startswith("_") or name == "footnotes":
                    continue
                text = value.strip()
                url = absolute(self.link, text) if text.startswith(("http:", "https:", "/")) else None
                texts.append((url if url and is_file(url) else None, f"{source}.{name}"[:200]))
        return texts

    def record(self) -> ReviewRecord:
        item, link = self._item, self.link
        record = ReviewRecord(url=link, representation=Representation.REST, layout=LAYOUT, title=self.title)
        _read_terms(record, item)
        record.library_image_url = _featured_image(item, link)
        if self._content is not None:
            self._content.read_into(record)
        elif item["content"].get("protected"):
            protect(record)
        record.posted_at, record.modified_at = _as_utc(item.get("date_gmt")), _as_utc(item.get("modified_gmt"))
        if record.published_date is None and record.posted_at is not None:
            compose.set_date(record, item["date_gmt"])
        record.attachments = self.files
        # Other texts in custom fields are reported: none is known.
        record.unhandled.extend(Unhandled(kind="label", value=name) for url, name in self._fields if url is None)
        compose.complete(record)
        guid = item.get("guid")
        if isinstance(guid, dict) and isinstance(guid.get("rendered"), str):
            alias = canonical_url(unescape(guid["rendered"]))
            if alias != link and alias.startswith("http"):
                record.aliases.append(alias)
        return record


def _as_utc(time: object) -> str | None:
    """Return a time that REST gives in UTC without saying so, as ISO 8601 with Z; None for a draft's zeros."""
    try:
        moment = datetime.fromisoformat(str(time)).replace(tzinfo=UTC, microsecond=0)
    except ValueError:
        return None
    return moment.isoformat().replace("+00:00", "Z")


def _document(url: str, content: object) -> Document | None:
    """Return the rendered content as a document of its own, so that it is read as the page's content is."""
    if not isinstance(content, str) or not content.strip():
        return None
    return Document.parse(url, f"<html><body>{content}</body></html>")


def _text(rendered: object) -> str | None:
    """Return a rendered title as text: it has entities, and now and then an ``<em>``."""
    if not isinstance(rendered, str):
        return None
    if "<" not in rendered:
        return " ".join(unescape(rendered).split()) or None
    try:
        element = fragment(rendered)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return " ".join(rendered.split()) or None
    return line_of(element)


def _read_terms(record: ReviewRecord, item: Mapping[str, Any]) -> None:
    """Add groups and types by their embedded names, else by the classes that WordPress 6.8 lists."""
    named = [(term.get("taxonomy"), name) for term in _terms(item) if (name := _text(term.get("name")))]
    groups = [name for taxonomy, name in named if taxonomy == GROUP_TAXONOMY]
    types = [name for taxonomy, name in named if taxonomy == TYPE_TAXONOMY]
    compose.set_terms(record, groups, types)
    classes = item.get("class_list")
    if not groups and not types and isinstance(classes, list | dict):
        names = classes.values() if isinstance(classes, dict) else classes
        read_class_list(record, [name for name in names if isinstance(name, str)])


def _terms(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in _embedded(item, "wp:term"):
        if isinstance(group, list):
            yield from (term for term in group if isinstance(term, dict))


def _embedded(item: Mapping[str, Any], name: str) -> list[Any]:
    embedded = item.get("_embedded")
    values = embedded.get(name) if isinstance(embedded, dict) else None
    return values if isinstance(values, list) else []


def _featured_image(item: Mapping[str, Any], base: str) -> str | None:
    for media in _embedded(item, "wp:featuredmedia"):
        if isinstance(media, dict) and isinstance(media.get("source_url"), str):
            return absolute(base, media["source_url"])
    return None


def _short_link(url: str, post: str) -> str:
    """Return the address ``/?p=ID`` of a post of the site whose REST address ``url`` is."""
    return f"{_REST_PART.split(url, maxsplit=1)[0].rstrip('/')}/?p={post}"
