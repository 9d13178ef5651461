"""The files a page offers, and the language each holds where the page says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import unquote

from lxml.etree import _Element

from campbell_scraper.items import Attachment
from campbell_scraper.reading.values.language_names import language

from .document import Document, line_of
from .links import path_of

MAX_FILES: Final = 200
MAX_LEVELS: Final = 40
"""Elements around a link that are searched for a language."""

_WORD = re.compile(r"[^\W\d_]+")
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*$", re.IGNORECASE)
_TRAILING_CODE = re.compile(r"[_\-. ]([a-z]{2})(?:[_\-. ]\d+)?\.\w{3,4}$", re.IGNORECASE)
_CODES_WORDS: Final = (
    "ar bn cs da de el en es fa fi fr he hi hr hu id it ja ko ms nb ne nl nn no pl pt ro ru sr sv sw ta te th "
    "tr uk ur vi zh"
)
_CODES: Final = frozenset(_CODES_WORDS.split())


def of_item(document: Document, container: _Element) -> list[Attachment]:
    """Return the files that an item links to, in page order, each once."""
    files: dict[str, Attachment] = {}
    options: dict[str, str] | None = None
    tags: dict[_Element, str | None] = {}
    for anchor, url in document.files(container):
        if options is None:
            options = _language_options(container)
        file = Attachment(url=url, label=line_of(anchor), language=_language(anchor, url, container, options, tags))
        known = files.get(url)
        if known is None:
            files[url] = file
        else:
            known.language = known.language or file.language
            known.label = known.label or file.label
        if len(files) >= MAX_FILES:
            break
    return list(files.values())


def of_page(document: Document, container: _Element) -> list[Attachment]:
    """Return the files that a content page links to, with the languages that their labels and names tell."""
    files: dict[str, Attachment] = {}
    for anchor, url in document.files(container):
        if url not in files:
            files[url] = labelled(url, line_of(anchor))
    return list(files.values())[:MAX_FILES]


def labelled(url: str, label: str | None) -> Attachment:
    """Return a file with the language that its label or its name tells."""
    return Attachment(url=url, label=label, language=_named(label or "") or _in_name(url))


def _language(
    anchor: _Element, url: str, container: _Element, options: dict[str, str], tags: dict[_Element, str | None]
) -> str | None:
    """Return the language that the link itself, then what it stands in, then the file's name tells.

    ``tags`` keeps what each element around links tells, which is the same for all of them.
    """
    tag = anchor.get("hreflang")
    if tag and _LANGUAGE_TAG.match(tag):
        return str(tag)
    if named := _named(line_of(anchor) or "") or _named(anchor.get("title") or ""):
        return named
    for element in _upwards(anchor, container):
        if element not in tags:
            tags[element] = _of_container(element, options)
        if named := tags[element]:
            return named
    return _in_name(url)


def _upwards(anchor: _Element, container: _Element) -> Iterator[_Element]:
    for element in islice(anchor.iterancestors(), MAX_LEVELS):
        if element is container:
            return
        yield element


def _of_container(element: _Element, options: dict[str, str]) -> str | None:
    """Return the language of a field or of a per-language part of the page."""
    if element.tag == "li" and len(element) and "ExtraFieldsLabel" in (element[0].get("class") or ""):
        return language(line_of(element[0]) or "")
    for name in ("lang", "data-lang", "data-language"):
        code = element.get(name)
        if code:
            return language(code) or (str(code) if _LANGUAGE_TAG.match(code) else None)
    identifier = element.get("id") or ""
    for value, tag in options.items():
        if identifier and (identifier == f"pls{value}" or re.split(r"[-_]", identifier)[-1] == value):
            return tag
    return _named(identifier.replace("-", " ").replace("_", " ")) if identifier else None


def _language_options(container: _Element) -> dict[str, str]:
    """Map the value of each option of the "Select language" box to the language it shows."""
    options = {}
    for option in container.iter("option"):
        value, tag = option.get("value"), language(line_of(option) or "")
        if value and tag:
            options[value] = tag
    return options


def _named(text: str) -> str | None:
    """Return the one language that a text names by a whole word ("Download PDF (Norwegian)")."""
    tags = {tag for word in _WORD.findall(text[:200]) if len(word) > 3 and (tag := language(word))}
    return tags.pop() if len(tags) == 1 else None


def _in_name(url: str) -> str | None:
    name = unquote(path_of(url)).rpartition("/")[2]
    if named := _named(name.replace("_", " ").replace("-", " ")):
        return named
    code = _TRAILING_CODE.search(name)
    return code[1].lower() if code and code[1].lower() in _CODES else None
