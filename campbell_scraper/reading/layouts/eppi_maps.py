"""EPPI-Mapper evidence and gap maps: one HTML file with its references and its grid as JavaScript constants.

``referenceData`` is a list of references, each with the AttributeIds of its codes. ``csvData.rows`` are the grid's
heads: first the rows of column heads, each below the one that spans it, then a row for each line of the grid with those
of its heads that no line above has. ``segmentAttributes`` are the codes that the map shows as colours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from html import unescape
from typing import Any, Final

from campbell_scraper.items import Kind, Link, MapCode, MapReference, PageRecord, PageSection, Unhandled
from campbell_scraper.reading.page.links import absolute, canonical_url
from campbell_scraper.reading.values.dois import doi

from .layouts import LayoutPage

MAX_REFERENCES: Final = 20_000
MAX_HEADS: Final = 1000
_LARGEST: Final = 1 << 63
_MARK: Final = re.compile(r"\b(?:const|var|let) +referenceData\b")
_TITLE = re.compile(r"<title[^<>]*>([^<]{0,500})</title>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")
_BETWEEN = re.compile(r"[\s,]*")
_YEAR = re.compile(r"[12]\d{3}")
_NUMBER = re.compile(r"\d{1,18}")
_LINK = re.compile(r"https?://[^\s/;]+\.[^\s;]+", re.IGNORECASE)
"""The first of perhaps several addresses."""
_DECODER: Final = json.JSONDecoder(strict=False)


def is_map(text: str) -> bool:
    """Return whether a page's source is a map."""
    return "referenceData" in text and _MARK.search(text) is not None


class EppiMap(LayoutPage):
    """A map: its title, its references and the codes of its grid."""

    layout = "eppi-map"
    default_kind = Kind.MAP

    def __init__(self, url: str, text: str) -> None:
        super().__init__(url)
        self._text = text

    @cached_property
    def title(self) -> str | None:
        """The page's title."""
        match = _TITLE.search(self._text[:200_000])
        return " ".join(unescape(match[1]).split()) or None if match else None

    @cached_property
    def pages(self) -> list[PageRecord]:
        """The map as a page of kind "map"."""
        named = [one for one in map(_reference, self._references[0][:MAX_REFERENCES]) if one.title]
        lines = [f"{one.title}\t{one.year or ''}\t{one.doi or ''}".rstrip("\t") for one in named]
        links = [Link(text=one.title, url=one.url) for one in named if one.url]
        section = PageSection(heading="References", text="\n".join(lines), links=links)
        record = PageRecord(url=canonical_url(self.url), kind="map", title=self.title, text=section.text)
        record.sections = [section] if lines else []
        record.references, record.codes = named, self._codes
        return [record]

    @cached_property
    def unhandled(self) -> list[Unhandled]:
        """A constant that cannot be read, or ends too early."""
        references, is_whole = self._references
        if is_whole:
            return []
        known = len(references)
        lost = f"referenceData is cut off after {known} references" if known else "referenceData cannot be read"
        return [Unhandled(kind="lost_markup", value=lost)]

    @cached_property
    def _references(self) -> tuple[list[dict[str, Any]], bool]:
        """The references, and whether the list of them is whole."""
        return _objects(self._text, "referenceData")

    @cached_property
    def _codes(self) -> list[MapCode]:
        """The codes of the grid's heads, each once, then those of its colours."""
        rows = _value(self._text, "csvData").get("rows")
        lines = [row for row in rows[:MAX_HEADS] if isinstance(row, list)] if isinstance(rows, list) else []
        heads = [[one for one in line[:MAX_HEADS] if isinstance(one, dict)] for line in lines]
        segments = (one.get("attribute") for one in _objects(self._text, "segmentAttributes")[0])
        named = {"id": "AttributeId", "title": "AttributeName"}
        colours = ({name: one.get(key) for name, key in named.items()} for one in segments if isinstance(one, dict))
        codes: dict[int, MapCode] = {}
        for axis, parent, code, is_leaf in [*_spanned(heads), *(("segment", None, one, True) for one in colours)]:
            number, name = _number(code.get("id")), _string(code, "title")
            if number is not None and name:
                one = MapCode(code=number, name=name, axis=axis, parent=parent, is_leaf=is_leaf)
                codes.setdefault(number, one)
        return list(codes.values())


def _spanned(heads: list[list[dict[str, Any]]]) -> Iterator[tuple[str, int | None, dict[str, Any], bool]]:
    """Yield axis, parent's id, head, and whether the head is that of a single line or column."""
    columns = [row for row in heads if row and row[0].get("isColumn")]
    above: list[int | None] = []
    for depth, row in enumerate(columns, 1):
        covered: list[int | None] = []
        for head in row:
            yield "column", above[len(covered)] if len(covered) < len(above) else None, head, depth == len(columns)
            covered += [_number(head.get("id"))] * min(_span(head), MAX_HEADS - len(covered))
        above = covered
    open_heads: list[tuple[int | None, int]] = []
    """Heads that span this line and further ones: id, and lines still to come."""
    for row in (one for one in heads if one and not one[0].get("isColumn")):
        for place, head in enumerate(row):
            yield "row", open_heads[-1][0] if open_heads else None, head, place == len(row) - 1
            open_heads.append((_number(head.get("id")), _span(head)))
        open_heads = [(number, left - 1) for number, left in open_heads if left > 1][-MAX_HEADS:]


def _span(head: dict[str, Any]) -> int:
    span = head.get("span")
    return span if isinstance(span, int) and span > 0 else 1


def _number(value: object) -> int | None:
    """Return an identifier; None if it is not a whole number, or larger than a database keeps."""
    number = int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
    return number if isinstance(number, int) and abs(number) < _LARGEST else None


def _reference(fields: dict[str, Any]) -> MapReference:
    """Return one reference: the DOI that DOI or URL holds; an address with a scheme as its link, else the DOI's."""
    named, address = unescape(_string(fields, "DOI")), unescape(_string(fields, "URL"))
    identifier = doi(named) or doi(address)
    link = next((one[0] for one in map(_LINK.match, (address, named)) if one and "doi.org/" not in one[0]), None)
    year = _YEAR.search(_string(fields, "Year"))
    codes = fields.get("Codes")
    listed = codes[:MAX_HEADS] if isinstance(codes, list) else []
    numbers = (_number(one.get("AttributeId")) for one in listed if isinstance(one, dict))
    return MapReference(
        item=_string(fields, "ItemId") or None,
        title=" ".join(unescape(_TAG.sub("", _string(fields, "Title") or _string(fields, "ShortTitle"))).split()),
        authors="; ".join(name for part in _string(fields, "Authors").split(";") if (name := part.strip())) or None,
        year=int(year[0]) if year else None,
        doi=identifier,
        url=(absolute(link, link) if link else None) or (f"https://doi.org/{identifier}" if identifier else None),
        codes=list(dict.fromkeys(one for one in numbers if one is not None)),
    )


def _objects(text: str, name: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the objects of a constant that is a list, those before a cut too, and whether the list was whole."""
    start = re.search(rf"\b(?:const|var|let) +{name}\s*=\s*\[", text)
    if start is None:
        return [], False
    objects, is_whole = _listed(text, start.end())
    if is_whole:
        return objects, True
    repaired, is_whole = _listed(_TRAILING_COMMA.sub("", text[start.end() :]), 0)
    return (repaired, is_whole) if len(repaired) >= len(objects) else (objects, False)


def _listed(text: str, at: int) -> tuple[list[dict[str, Any]], bool]:
    objects: list[dict[str, Any]] = []
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing too
        if text[at : at + 1] == "]":
            return objects, True
        try:
            one, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return objects, False
        if isinstance(one, dict):
            objects.append(one)


def _value(text: str, name: str) -> dict[str, Any]:
    """Return a constant that is an object; {} if there is none that can be read."""
    start = re.search(rf"\b(?:const|var|let) +{name}\s*=\s*", text)
    try:
        value = _DECODER.raw_decode(text, start.end())[0] if start else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _string(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return " ".join(str(value).split())[:2000] if isinstance(value, str | int) and not isinstance(value, bool) else ""
