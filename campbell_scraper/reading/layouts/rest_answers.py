"""WordPress REST answers: a list of reviews, a single one, media, and errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any, Final

from lxml import etree

from campbell_scraper.items import Kind, PageReading, Representation, ReviewRecord, Unhandled
from campbell_scraper.reading.page import attachments
from campbell_scraper.reading.page.document import Document, folded
from campbell_scraper.reading.page.fields import fragment
from campbell_scraper.reading.page.links import absolute, canonical_url, content_link, is_file

from . import review_record as compose
from .wordpress_pages import GROUP_TAXONOMY, TYPE_TAXONOMY, read_class_list, read_content, unprotected

LAYOUT: Final = "wordpress-rest"
MAX_ITEMS: Final = 1000
MAX_DEPTH: Final = 64
_PARENT = re.compile(r"/wp/v2/media/?[?&](?:[^#]*&)?parent=(\d{1,18})(?:&|$)")
_REST_PART = re.compile(r"/wp-json(?:/|$)|\?")
_NEXT = re.compile(r"<([^<>]+)>\s*;[^,<]*\brel=\"?next\"?", re.IGNORECASE)


def read_json(url: str, headers: Sequence[tuple[str, str]], text: str) -> PageReading:
    """Say what a JSON answer says. An error object, or JSON that is none, gives no record."""
    reading = PageReading(url=url, kind=Kind.API, layout=None)
    answer = _parsed(text)
    if answer is None:
        reading.unhandled.append(Unhandled(kind="layout", value="an answer that calls itself JSON and is none"))
        return reading
    items = answer if isinstance(answer, list) else [answer]
    posts = [item for item in items[:MAX_ITEMS] if isinstance(item, dict) and _is_post(item)]
    if posts or items == [] or _is_error(answer):
        reading.layout = LAYOUT
    for item in posts:
        _read_post(reading, item, url)
    reading.links.extend(_next_pages(url, headers))
    if reading.layout is None or not items:
        _read_media(reading, items)
    if reading.layout is None and not _is_wordpress(url, answer):
        reading.unhandled.append(Unhandled(kind="layout", value="JSON of an unknown kind"))
    return reading


def _parsed(text: str) -> object | None:
    try:
        answer: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return answer


def _is_post(item: Mapping[str, Any]) -> bool:
    return (
        isinstance(item.get("content"), dict)
        and isinstance(item.get("title"), dict)
        and isinstance(item.get("link"), str)
    )


def _is_error(answer: object) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get("code"), str) and isinstance(answer.get("message"), str)


def _is_wordpress(url: str, answer: object) -> bool:
    """Other endpoints (types, taxonomies, terms, the index) are discovery: no records, and nothing unknown."""
    return "/wp-json" in url or "rest_route=" in url or (isinstance(answer, dict) and "namespaces" in answer)


def _next_pages(url: str, headers: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, value in headers:
        if name.lower() == "link" and (found := _NEXT.search(value)) and (link := absolute(url, found[1])):
            yield link


def _read_post(reading: PageReading, item: Mapping[str, Any], url: str) -> None:
    link = content_link(url, item["link"]) or canonical_url(item["link"])
    reading.links.append(link)
    if item.get("type") != "review":
        return
    title = _text(item["title"].get("rendered"))
    record = ReviewRecord(url=link, representation=Representation.REST, layout=LAYOUT, title=title)
    document = _document(link, item["content"].get("rendered"))
    _read_terms(record, item)
    record.library_image_url = _featured_image(item, link)
    body = None if document is None else document.root.find("body")
    if item["content"].get("protected"):
        record.title = unprotected(record.title)
    elif document is not None and body is not None:
        read_content(record, body, document)
    _read_meta(record, item, link)
    compose.finish(record)
    guid = item.get("guid")
    if isinstance(guid, dict) and isinstance(guid.get("rendered"), str):
        alias = canonical_url(unescape(guid["rendered"]))
        if alias != link and alias.startswith("http"):
            record.aliases.append(alias)
    reading.reviews.append(record)
    reading.title = reading.title or title


def _document(url: str, content: object) -> Document | None:
    """Give the rendered content as a document of its own, so that it is read as the page's content is."""
    if not isinstance(content, str) or not content.strip():
        return None
    return Document.parse(url, f"<html><body>{content}</body></html>")


def _text(rendered: object) -> str | None:
    """Give a rendered title: entities, and now and then an ``<em>``."""
    if not isinstance(rendered, str):
        return None
    if "<" not in rendered:
        return " ".join(unescape(rendered).split()) or None
    try:
        element = fragment(rendered)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return " ".join(rendered.split()) or None
    return folded(element)


def _read_terms(record: ReviewRecord, item: Mapping[str, Any]) -> None:
    """Give groups and types by their embedded names, else by the classes that 6.8 lists."""
    found = False
    for term in _terms(item):
        name = _text(term.get("name"))
        if name and term.get("taxonomy") == GROUP_TAXONOMY:
            compose.set_groups(record, name)
            found = True
        elif name and term.get("taxonomy") == TYPE_TAXONOMY:
            compose.set_type_term(record, name)
            found = True
    classes = item.get("class_list")
    if not found and isinstance(classes, list | dict):
        names = classes.values() if isinstance(classes, dict) else classes
        read_class_list(record, [name for name in names if isinstance(name, str)])


def _terms(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in _embedded(item, "wp:term"):
        if isinstance(group, list):
            yield from (term for term in group if isinstance(term, dict))


def _embedded(item: Mapping[str, Any], name: str) -> list[Any]:
    embedded = item.get("_embedded")
    found = embedded.get(name) if isinstance(embedded, dict) else None
    return found if isinstance(found, list) else []


def _featured_image(item: Mapping[str, Any], base: str) -> str | None:
    for media in _embedded(item, "wp:featuredmedia"):
        if isinstance(media, dict) and isinstance(media.get("source_url"), str):
            return absolute(base, media["source_url"])
    return None


def _read_meta(record: ReviewRecord, item: Mapping[str, Any], base: str) -> None:
    """Read custom fields: addresses of files are attachments, other texts are reported (none is known)."""
    for source in ("meta", "acf"):
        values = item.get(source)
        if not isinstance(values, dict):
            continue
        for name, value in values.items():
            if not isinstance(value, str) or not value.strip() or str(name).startswith("_") or name == "footnotes":
                continue
            url = absolute(base, value.strip()) if value.strip().startswith(("http:", "https:", "/")) else None
            if url and is_file(url):
                if all(one.url != url for one in record.attachments):
                    record.attachments.append(attachments.labelled(url, None))
            else:
                record.unhandled.append(Unhandled(kind="label", value=f"{source}.{name}"[:200]))


def _read_media(reading: PageReading, items: Sequence[object]) -> None:
    """``/wp/v2/media?parent=ID``: the files attached to a post, which is known by its number only."""
    asked = _PARENT.search(reading.url)
    if asked and all(isinstance(item, dict) and "media_type" in item for item in items):
        reading.layout = LAYOUT
        reading.attached[_short_link(reading.url, asked[1])] = []
    for item in items[:MAX_ITEMS]:
        if isinstance(item, dict) and isinstance(item.get("source_url"), str) and "media_type" in item:
            reading.layout = LAYOUT
            url = absolute(reading.url, item["source_url"])
            if url and is_file(url):
                title = item.get("title")
                label = _text(title.get("rendered")) if isinstance(title, dict) else None
                file = attachments.labelled(url, label)
                reading.attachments.append(file)
                post = item.get("post")
                if isinstance(post, int) and post > 0:
                    reading.attached.setdefault(_short_link(reading.url, str(post)), []).append(file)


def _short_link(url: str, post: str) -> str:
    """Give the address ``/?p=ID`` of a post of the site whose REST address ``url`` is."""
    return f"{_REST_PART.split(url, maxsplit=1)[0].rstrip('/')}/?p={post}"
