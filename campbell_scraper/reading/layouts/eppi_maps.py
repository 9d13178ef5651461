"""EPPI-Mapper evidence and gap maps: one HTML file with its references as a JavaScript constant."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any, Final

from campbell_scraper.items import Kind, Link, PageReading, PageRecord, PageSection, Unhandled
from campbell_scraper.reading.page.links import absolute, canonical_url

LAYOUT: Final = "eppi-map"
MAX_REFERENCES: Final = 20_000
MARK: Final = "const referenceData"
_START = re.compile(r"const referenceData\s*=\s*(?=\[)")
_TITLE = re.compile(r"<title[^<>]*>([^<]{0,500})</title>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")


def read_map(url: str, text: str) -> PageReading:
    """Give the map as a page of kind "map": its title, and a section with a line and a link for each reference."""
    found = _TITLE.search(text[:200_000])
    title = " ".join(unescape(found[1]).split()) if found else None
    reading = PageReading(url=url, kind=Kind.MAP, layout=LAYOUT, title=title or None)
    references = _references(text)
    if references is None:
        reading.unhandled.append(Unhandled(kind="lost_markup", value="referenceData cannot be read"))
        references = []
    lines: list[str] = []
    links: list[Link] = []
    for reference in references[:MAX_REFERENCES]:
        name = " ".join(unescape(_TAG.sub("", _string(reference, "Title"))).split())
        year = _string(reference, "Year")
        doi = _string(reference, "DOI")
        if not name:
            continue
        lines.append(f"{name}\t{year}\t{doi}".rstrip("\t"))
        target = _string(reference, "URL") or (f"https://doi.org/{doi}" if doi.startswith("10.") else doi)
        if target and (link := absolute(url, target)):
            links.append(Link(text=name, url=link))
    section = PageSection(heading="References", text="\n".join(lines), links=links)
    reading.pages.append(
        PageRecord(
            url=canonical_url(url),
            kind="map",
            title=reading.title,
            text=section.text,
            sections=[section] if lines else [],
        )
    )
    return reading


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
