"""The "Additional Info" block of K2: every label and value, in order, out of markup that is often broken.

The block is read from the page's tree where the tree has the shape that K2's template prints. Values are free HTML, and
a stray end tag or an element left open inside one moves, swallows or ends the fields behind it. Such a block is read
again from the source: K2's own markup around each value is regular, so the source is cut there and each value parsed
by itself. What neither way finds is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from lxml import etree
from lxml.etree import _Element

from campbell_scraper.items import LabelValue, Unhandled
from campbell_scraper.reading.summary.blocks import text_of
from campbell_scraper.reading.values.language_names import language
from campbell_scraper.reading.values.vocabularies import role_of

from .document import NO_XML, Document, Marked, html_parser
from .sanitising import inner_html

MAX_FIELDS: Final = 400
MAX_LOST: Final = 200
"""Characters of lost markup that are reported."""


@dataclass(slots=True)
class Field:
    """One field: what goes into the record, and the element its value was read from."""

    info: LabelValue
    element: _Element | None
    """None for a header field, which has no value."""


@dataclass(slots=True)
class FieldPlace:
    """One field as it stands in the page: where its label and its value are, neither of them read yet."""

    label: _Element
    value: _Element | None
    """None for a header field."""
    field_type: str | None


@dataclass(slots=True)
class Blocks:
    """The blocks of a page: the fields of each container, in its order."""

    fields: list[list[FieldPlace]]
    unhandled: list[Unhandled] = field(default_factory=list)
    from_source: bool = False
    """Whether the tree was broken, and the source was cut."""


@dataclass(frozen=True, slots=True)
class BlockNames:
    """Class names of one K2 view's block ("itemExtraFields", "catItemExtraFields", ...)."""

    prefix: str
    block: Marked
    counted: tuple[str, str]
    start: re.Pattern[str]


def block_names(prefix: str) -> BlockNames:
    """Return the names of the view whose blocks have the class ``prefix`` + "ExtraFields"."""
    name = f"{prefix}ExtraFields"
    return BlockNames(
        prefix=name,
        block=Marked(("div",), (name,)),
        counted=(f"{name}Label", f"{name}Header"),
        start=re.compile(
            rf"<li\b(?P<li>[^<>]*)>(?:\s++|<!--(?:(?!-->).){{0,2000}}-->){{0,8}}<(?P<tag>span|h[1-6])\b(?>[^<>]*?class\s*=)[^<>]*?\b{name}(?P<what>Label|Header)\b[^<>]*>",
            re.IGNORECASE | re.DOTALL,
        ),
    )


ITEM: Final = block_names("item")
LISTINGS: Final = tuple(
    block_names(prefix) for prefix in ("catItem", "genericItem", "tagItem", "userItem", "latestItem")
)


def find_blocks(
    document: Document,
    containers: Sequence[_Element],
    names: BlockNames,
    slices: Callable[[], Sequence[tuple[int, int]]],
) -> Blocks:
    """Return the fields of each container, and what was lost.

    ``slices`` returns the places of the containers in the source, if they are needed. The whole page is read from its
    source as soon as one block is not as K2 prints it, because a value that runs over ends in another container.
    """
    expected = sum(document.text.count(name + '"') for name in names.counted)
    if not expected and not any(name in document.text for name in names.counted):
        return Blocks([[] for _ in containers])
    from_tree = [_from_tree(document, container, names) for container in containers]
    whole = [fields for fields in from_tree if fields is not None]
    if len(whole) == len(containers) and sum(map(len, whole)) >= expected:
        return Blocks(whole)
    return _from_source(document, names, slices(), expected)


def read_fields(found: Sequence[FieldPlace], base_url: str) -> list[Field]:
    """Read labels and values; addresses in the values are made absolute in the tree itself."""
    return [_read_field(one, base_url) for one in found]


def _from_tree(document: Document, container: _Element, names: BlockNames) -> list[FieldPlace] | None:
    """Return the fields of one block, or None if the tree is not what K2's template prints."""
    block = document.first(names.block, container)
    if block is None:
        return []
    items = block.find("ul")
    if items is None or any(text and not text.isspace() for text in (items.text, items.tail)):
        return None
    after = items.getnext()
    if after is None or "clr" not in (after.get("class") or ""):
        return None
    fields = []
    for item in (one for one in items if isinstance(one.tag, str)):
        if item.tag != "li" or (item.tail and not item.tail.isspace()):
            return None
        one = _item(item, names)
        if one is None:
            return None
        fields.append(one)
    return fields[:MAX_FIELDS]


def _item(item: _Element, names: BlockNames) -> FieldPlace | None:
    field_type = _field_type(item.get("class") or "")
    label, header = names.counted
    parts = [part for part in item if isinstance(part.tag, str)]
    if len(parts) == 1 and header in (parts[0].get("class") or ""):
        return FieldPlace(parts[0], None, field_type)
    if len(parts) != 2 or label not in (parts[0].get("class") or ""):
        return None
    value = parts[1]
    if f"{names.prefix}Value" not in (value.get("class") or "") or (value.tail and not value.tail.isspace()):
        return None
    return FieldPlace(parts[0], value, field_type)


def _label(text: str) -> str:
    label = " ".join(text.split())
    return label[:-1].rstrip() if label.endswith(":") else label


@lru_cache(maxsize=512)
def _field_type(classes: str) -> str | None:
    for name in classes.split():
        if name.startswith("type") and len(name) > 4:
            return name[4:].lower()
    return None


def _read_field(found: FieldPlace, base_url: str) -> Field:
    label, value, field_type = _label(text_of(found.label)), found.value, found.field_type
    if value is None:
        return Field(LabelValue(label=label, value="", html="", field_type=field_type or "header"), None)
    # A language's text is read once, as a summary, whose text is the value's.
    text = "" if is_summary_label(label) else _value_text(value, label, field_type)
    return Field(LabelValue(label=label, value=text, html=inner_html(value, base_url), field_type=field_type), value)


@lru_cache(maxsize=512)
def is_summary_label(label: str) -> bool:
    """Return whether a field's label makes its value a summary."""
    return role_of(label) is None and language(label) is not None


def _value_text(value: _Element, label: str, field_type: str | None) -> str:
    """Return the value as text: an image is its alternative text, adjacent links are a list, all else is as printed."""
    if (
        len(value) == 1
        and value[0].tag == "img"
        and not (value.text or "").strip()
        and not (value[0].tail or "").strip()
    ):
        return " ".join((value[0].get("alt") or label).split())
    if (field_type == "labels" or len(value) > 1) and _adjacent_links(value):
        return ", ".join(filter(None, (" ".join(text_of(link).split()) for link in value)))
    return text_of(value)


def _adjacent_links(value: _Element) -> bool:
    if not len(value) or (value.text and not value.text.isspace()):
        return False
    return all(link.tag == "a" and not (link.tail or "").strip() for link in value)


_END_OF_LIST = re.compile(r"</ul>\s*<div\s+class=[\"']?clr\b", re.IGNORECASE)
_END_OF_OTHER_LIST = re.compile(r"</ul>\s*(?=</?div\b)", re.IGNORECASE)
"""For themes without K2's clearing div: the first list's end that stands at a div's edge."""
_AFTER_BLOCK = re.compile(
    r"<!--\s*(?:K2 )?Plugins: AfterDisplayContent"
    r"|<div\b[^<>]*class=[\"'][^\"'<>]*\b(?:\w*ItemContentFooter|\w*ItemLinks|"
    r"plsLanguages|plsText|itemBackToTop|itemAuthorBlock)\b|<!--\s*End K2|<label\b[^<>]*>\s*Select language",
    re.IGNORECASE,
)
_CLOSE = re.compile(r"(?<!\s)\s*(?:</(?P<tag>\w+)\s*>|<!--(?:(?!-->).)*-->)\s*\Z", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|[<>]")


def _from_source(document: Document, names: BlockNames, slices: Sequence[tuple[int, int]], expected: int) -> Blocks:
    source = document.text
    value_start = re.compile(
        rf"<(?P<tag>\w+)\b(?>[^<>]*?class\s*=)[^<>]*?\b{names.prefix}Value\b[^<>]*>", re.IGNORECASE
    )
    blocks = []
    unhandled: list[Unhandled] = []
    missing = 0
    for begin, end in slices:
        starts = list(names.start.finditer(source, begin, end))[:MAX_FIELDS]
        fields = []
        for number, start in enumerate(starts):
            stop = starts[number + 1].start() if number + 1 < len(starts) else _block_end(source, start.end(), end)
            if _in_comment(source, begin, start.start()):
                expected -= 1
                continue
            one, lost = _cut_field(source, start, stop, value_start)
            if one is not None:
                fields.append(one)
            if lost is not None:
                unhandled.append(Unhandled(kind="lost_markup", value=lost))
                missing += one is None
        blocks.append(fields)
    found = sum(map(len, blocks)) + missing
    if found < expected:
        unhandled.append(
            Unhandled(kind="lost_markup", value=f"{expected - found} of {expected} labels of the block were not found")
        )
    return Blocks(blocks, unhandled, from_source=True)


def _block_end(source: str, begin: int, end: int) -> int:
    """Return where the list of the last field ends."""
    ends = [match.start() for pattern in (_END_OF_LIST, _AFTER_BLOCK) if (match := pattern.search(source, begin, end))]
    if not ends and (match := _END_OF_OTHER_LIST.search(source, begin, end)):
        return match.start()
    return min(ends) if ends else end


def _in_comment(source: str, begin: int, at: int) -> bool:
    """Return whether ``at`` is in a comment that began between two fields; one begun inside a value does not count."""
    opened = source.rfind("<!--", begin, at)
    if opened < 0 or source.find("-->", opened, at) >= 0:
        return False
    return source[max(begin, opened - 500) : opened].rstrip().endswith(("</li>", "<ul>", "-->"))


def _cut_field(
    source: str, start: re.Match[str], stop: int, value_start: re.Pattern[str]
) -> tuple[FieldPlace | None, str | None]:
    """Return the field between two places of the source, and the markup that could not be parsed, if any."""
    field_type = _field_type(" ".join(re.findall(r"[\w-]+", start["li"])))
    close = source.find("</", start.end(), stop)
    whole = source[start.start() : min(stop, start.start() + MAX_LOST)]
    if close < 0:
        return None, whole
    label_element = fragment(source[start.end() : close])
    if start["what"].lower() == "header":
        return FieldPlace(label_element, None, field_type), None
    opened = value_start.search(source, close, stop)
    if opened is None:
        return None, whole
    markup = _without_template_ends(source[opened.end() : stop], opened["tag"].lower())
    value = fragment(markup)
    if markup.strip() and not len(value) and not (value.text or "").strip():
        # A tag that is never finished (a quote left open) eats all that follows; its words are kept without markup.
        value.text = NO_XML.sub(" ", _TAG.sub(" ", markup))
        return FieldPlace(label_element, value, field_type), f"{_label(text_of(label_element))}: {markup[:MAX_LOST]}"
    return FieldPlace(label_element, value, field_type), None


def _without_template_ends(markup: str, tag: str) -> str:
    """Return ``markup`` without what K2 prints behind a value: the end tags of value, item and list."""
    kept, ends = markup.rstrip().removesuffix("<!--").rstrip(), ["ul", "li", tag]
    length = len(kept)
    while ends and (end := _CLOSE.search(kept, max(0, length - 400), length)) is not None:
        if end["tag"] is None or end["tag"].lower() == ends.pop(0):
            length = end.start()
    return kept[:length].rstrip()


def fragment(markup: str) -> _Element:
    """Return the markup parsed by itself; the element returned holds its content."""
    if "<!--" in markup and "-->" not in markup[markup.rfind("<!--") :]:
        # A comment left open would swallow the rest of the value; the site shows it up to the next "-->".
        cut = markup.rfind("<!--")
        markup = markup[:cut] + markup[cut + 4 :]
    root = etree.fromstring(f"<html><body>{markup}</body></html>".encode("utf-8", "replace"), html_parser())
    body = root.find("body") if root is not None else None
    return body if body is not None else etree.Element("body")
