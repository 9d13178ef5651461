"""EPPI-Mapper evidence and gap maps: one HTML file with its references as a JavaScript constant."""

from __future__ import annotations

import json
import re
from functools import cached_property
from html import unescape
from typing import Any, Final

from campbell_scraper.items import Kind, Link, PageRecord, PageSection, Unhandled
from campbell_scraper.reading.page.links import absolute, canonical_url

from .layouts import LayoutPage

MAX_REFERENCES: Final = 20_000
_MARK: Final = "const referenceData"
_START = re.compile(r"const referenceData\s*=\s*(?=\[)")
_TITLE = re.compile(r"<title[^<>]*>([^<]{0,500})</title>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")


def is_map(text: str) -> bool:
    """Return whether a page's source is a map."""
    return _MARK in text


class EppiMap(LayoutPage):
    """A map: its title, and a section with a line and a link for each reference."""

    layout = "eppi-map"
    default_kind = Kind.MAP

    def __init__(self, url: str, text: str) -> None:
        super().__init__(url)
        self._text = text

    @cached_property
    def title(self) -> str | None:
        """The page's title."""
        found = _TITLE.search(self._text[:200_000])
        return " ".join(unescape(found[1]).split()) or None if found else None

    @cached_property
    def pages(self) -> list[PageRecord]:
        """The map as a page of kind "map"."""
        lines: list[str] = []
        links: list[Link] = []
        for reference in (self._references or [])[:MAX_REFERENCES]:
            name = " ".join(unescape(_TAG.sub("", _string(reference, "Title"))).split())
            year = _string(reference, "Year")
            doi = _string(reference, "DOI")
            if not name:
                continue
            lines.append(f"{name}\t{year}\t{doi}".rstrip("\t"))
            target = _string(reference, "URL") or (f"https://doi.org/{doi}" if doi.startswith("10.") else doi)
            if target and (link := absolute(self.url, target)):
                links.append(Link(text=name, url=link))
        section = PageSection(heading="References", text="\n".join(lines), links=links)
        record = PageRecord(url=canonical_url(self.url), kind="map", title=self.title, text=section.text)
        record.sections = [section] if lines else []
        return [record]

    @cached_property
    def unhandled(self) -> list[Unhandled]:
        """A constant that cannot be read."""
        if self._references is None:
            return [Unhandled(kind="lost_markup", value="referenceData cannot be read")]
        return []

    @cached_property
    def _references(self) -> list[dict[str, Any]] | None:
        return _references(self._text)


def _references(text: str) -> list[dict[str, Any]] | None:
    found = _START.search(text)
    if found is None:
        return None
    decoder = json.JSONDecoder(strict=False)
    for candidate in (text, None):
        source = (
            candidate if candidate is not None else text[: found.end()] + _TRAILING_COMMA.sub("", text[found.end() :])
        )
        try:
            read, _ = decoder.raw_decode(source, found.end())
        except (ValueError, RecursionError):
            continue
        return [one for one in read if isinstance(one, dict)] if isinstance(read, list) else None
    return None


def _string(reference: dict[str, Any], name: str) -> str:
    value = reference.get(name)
    return " ".join(str(value).split())[:2000] if isinstance(value, str | int) and not isinstance(value, bool) else ""
