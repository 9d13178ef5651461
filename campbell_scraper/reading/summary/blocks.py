"""DOM → linear blocks: what a reader sees of a subtree, line by line, with the markup that carries structure.

One iterative walk, no XPath and no second parse, because every page passes here; no recursion, because a hostile page
may nest ten thousand tags. The walk copes with what editors paste (docs/sites.md): Word and Google Docs spans,
headings made of bold text, ``<strong>H</strong><br>text``, wrapper divs, layout tables, unclosed tags, literal
backslash-r-backslash-n strings, ``[vc_row]`` leftovers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING: Final = "heading"
PARAGRAPH: Final = "paragraph"
ITEM: Final = "item"
ROW: Final = "row"


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_LEVELS: Final = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
_CELLS: Final = frozenset({"td", "th"})
_BOLD: Final = frozenset({"b", "strong", "summary"})
"""``summary`` is the line that a ``details`` shows while it is closed: the heading of what it hides."""
_BREAKING: Final = _names(
    "p div section article header footer main aside nav ul ol menu dir li dl dt dd table thead tbody tfoot tr td th "
    "caption colgroup blockquote pre h1 h2 h3 h4 h5 h6 hr figure figcaption form fieldset legend address center "
    "details summary hgroup body html"
)
"""Elements that begin and end a line; every other element is inline, unknown ones included."""
_INVISIBLE: Final = _names(
    "script style template noscript head title iframe select svg audio video canvas object embed datalist"
)
_UNREAD: Final = _INVISIBLE | {"br"}
_ROLES: Final = frozenset(_LEVELS) | _LISTS | _CELLS | {"li", "tr", "table", "pre"}
"""Breaking elements that change how the text inside is read."""
_STYLED: Final = frozenset({"span", "font", "b", "strong", "p", "div", "a", "em", "i", "u", "summary"})

_WEIGHT: Final = re.compile(r"(?<![\w-])font-weight\s*:\s*([a-z0-9]+)", re.IGNORECASE)
_HEAVY: Final = frozenset({"bold", "bolder", "600", "700", "800", "900"})
_LIGHT: Final = frozenset({"normal", "lighter", "100", "200", "300", "400", "500"})
_OPENING: Final = re.compile(r"\(?\d{1,2}(?:\.\d{1,2})*[.)]|[ivx]{1,4}[.)]|[¿¡«“„\"'‘(\[]+")
"""A number, or an opening mark, before the words of a heading."""
_SWITCHES: Final = frozenset({"button", "tab"})
"""ARIA roles of what opens a hidden part of the text (with ``aria-controls``): its heading, like ``summary``."""

_UNSEEN: Final = {0x00AD: None, 0x200B: None, 0x2060: None, 0xFEFF: None}
"""Soft hyphen, zero-width space, word joiner, byte order mark: layout hints that break words for search. The joiners
U+200C/U+200D and direction marks stay, because Persian, Hindi and right-to-left text need them."""
_ANY_UNSEEN: Final = re.compile(f"[{''.join(map(chr, _UNSEEN))}]")
_LITERAL_PARAGRAPH: Final = re.compile(r"(?:\\r\\n\s*){2,}")
_LITERAL_NEWLINE: Final = re.compile(r"\\r\\n|^\s*(?:\\[rn]\s*)+$")
_SHORTCODE: Final = re.compile(
    r"\[/?(?:vc_|et_pb_|fusion_|av_|su_|cs_|mk_|nectar_|ultimate_)[a-z0-9_]*(?:\s[^\[\]]*)?/?\]"
    r"|\[/?(?:caption|gallery|embed|audio|video|playlist|rev_slider)(?:\s[^\[\]]*)?/?\]"
)
_MAX_LAYOUT_DEPTH: Final = 8
"""Tables nested deeper are not searched for headings, so that the walk stays linear."""
_MAX_NUMBER: Final = 99_999


@dataclass(slots=True)
class Block:
    """One line of text and the structure its markup gives it."""

    kind: str
    """HEADING (h1 to h6 only; bold lines are told by ``bold``), PARAGRAPH, ITEM or ROW."""
    text: str
    """White space folded, never empty; a row's cells are separated by tabs."""
    level: int | None = None
    """1 to 6 for HEADING."""
    marker: str = ""
    """"- " or "1. " for the first line of a list item."""
    bold: int = 0
    """Length of the bold run that ``text`` begins with; ``len(text)`` if all of it is bold."""
    runs: tuple[tuple[bool, str], ...] = ()
    """Bold and other runs of a line that is bold in part, as (is bold, unfolded text); () for all other lines."""
    paragraph: int = 0
    """Lines that one block element was broken into by ``<br>`` share this number."""

    @property
    def line(self) -> str:
        """The text as it is printed, with the list marker."""
        return self.marker + self.text

    @property
    def is_bold(self) -> bool:
        """True if the whole line is bold."""
        return self.bold == len(self.text)


def collapsed(text: str) -> str:
    """Return ``text`` with each run of white space (no-break and thin too) as one space, without unseen characters."""
    if not text.isascii() and _ANY_UNSEEN.search(text):
        text = text.translate(_UNSEEN)
    return " ".join(text.split())


def blocks_of(element: etree._Element) -> list[Block]:
    """Return the content of ``element`` (its text and children, not its tail) as blocks in page order."""
    walk = _Walk()
    walk.run(element)
    return walk.blocks


def text_of(element: etree._Element) -> str:
    """Return the readable text of ``element``: paragraphs, list items and table rows one a line, tabs between cells."""
    if len(element) == 0:
        # Most label values are plain text: no walk needed unless a line break may hide in them.
        text = element.text or ""
        if "\\" not in text and "[" not in text and element.tag not in _INVISIBLE and element.tag != "pre":
            return collapsed(text)
    return "\n".join(block.line for block in blocks_of(element))


_Level = tuple["Iterator[etree._Element]", "etree._Element", str, bool, str]
"""An element that is open: the rest of its siblings, itself, its tag, whether bold was on before it, its role."""


class _Walk:
    """State of one walk. ``parts`` is the line being gathered."""

    __slots__ = ("blocks", "bold", "bolds", "cell", "items", "layout_depth", "level", "lists", "marker", "paragraph",
                 "parts", "pre", "row")  # fmt: skip

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.parts: list[str] = []
        self.bolds: list[bool] = []
        self.bold = False
        self.level: int | None = None
        self.lists: list[int | None] = []
        self.items = 0
        self.marker = ""
        self.row: list[str] | None = None
        self.cell: list[str] | None = None
        self.pre = 0
        self.paragraph = 0
        self.layout_depth = 0

    def run(self, root: etree._Element) -> None:
        if not isinstance(root.tag, str) or root.tag in _INVISIBLE:
            return
        if root.tag in _LISTS or root.tag in _LEVELS or root.tag == "pre":
            self.open_block(root, root.tag)
        if root.text:
            self.add(root.text)
        stack: list[_Level] = []
        siblings: Iterator[etree._Element] | None = iter(root)
        while siblings is not None:
            siblings = self.enter(siblings, stack) or self.leave(stack)
        self.flush()

    def enter(self, siblings: Iterator[etree._Element], stack: list[_Level]) -> Iterator[etree._Element] | None:
        """Read ``siblings`` up to the first that has children, open it and return its children; None at the end."""
        for child in siblings:
            tag: Any = child.tag  # a function for comments, processing instructions and entities
            if tag in _UNREAD or not isinstance(tag, str):
                self.pass_over(child)
                continue
            was_bold, role = self.bold, ""
            if tag in _BREAKING:
                self.end_block()
                if tag in _ROLES:
                    role = self.open_block(child, tag)
            if tag in _STYLED:
                self.weigh(child, tag)
            if text := child.text:
                self.add(text)
            if len(child):
                stack.append((siblings, child, tag, was_bold, role))
                return iter(child)
            self.close(child, tag, was_bold, role)
        return None

    def leave(self, stack: list[_Level]) -> Iterator[etree._Element] | None:
        """Close the innermost open element and return its other siblings; None if none is open."""
        if not stack:
            return None
        siblings, node, tag, was_bold, role = stack.pop()
        self.close(node, tag, was_bold, role)
        return siblings

    def close(self, node: etree._Element, tag: str, was_bold: bool, role: str) -> None:
        if tag in _BREAKING:
            self.end_block()
            if role:
                self.close_block(role)
        self.bold = was_bold
        if tail := node.tail:
            self.add(tail)

    def pass_over(self, node: etree._Element) -> None:
        """Read only the text behind a line break, a comment, or an element whose content no reader sees."""
        if node.tag == "br":
            self.flush()
        elif node.tag is etree.Entity and node.text:
            self.add(node.text)
        if node.tail:
            self.add(node.tail)

    def weigh(self, node: etree._Element, tag: str) -> None:
        """Set whether the text inside is bold, from the tag, the ARIA role and the inline style."""
        said = node.get("role")
        if tag in _BOLD or (said and (said == "heading" or (said in _SWITCHES and node.get("aria-controls")))):
            self.bold = True
        style = node.get("style")
        if style and (weight := _WEIGHT.search(style)):
            self.bold = weight[1].lower() in _HEAVY or (self.bold and weight[1].lower() not in _LIGHT)

    def open_block(self, node: etree._Element, tag: str) -> str:
        """Note what the block element ``tag`` changes; return the role that ``close`` undoes."""
        role = ""
        if tag in _LEVELS:
            if self.row is None:
                self.level = _LEVELS[tag]
                role = "heading"
        elif tag == "li":
            self.items += 1
            self.marker = self.next_marker(node)
            role = "item"
        elif tag in _LISTS:
            self.lists.append(_first_number(node) if tag == "ol" else None)
            role = "list"
        elif tag == "tr":
            if self.row is None and self.is_data_row(node):
                self.row = []
                role = "row"
        elif tag in _CELLS:
            if self.row is not None and self.cell is None:
                self.cell = []
                role = "cell"
        elif tag == "table":
            self.layout_depth += 1
            role = "table"
        elif tag == "pre":
            self.pre += 1
            role = "pre"
        return role

    def close_block(self, role: str) -> None:
        if role == "heading":
            self.level = None
        elif role == "item":
            self.items -= 1
            self.marker = ""
        elif role == "list":
            self.lists.pop()
        elif role == "cell":
            assert self.row is not None
            assert self.cell is not None
            self.row.append(" ".join(self.cell))
            self.cell = None
        elif role == "row":
            row, self.row = self.row, None
            if row and any(row):
                self.blocks.append(Block(ROW, "\t".join(row).rstrip("\t"), paragraph=self.paragraph))
                self.paragraph += 1
        elif role == "table":
            self.layout_depth -= 1
        elif role == "pre":
            self.pre -= 1

    def next_marker(self, node: etree._Element) -> str:
        if not self.lists or (number := self.lists[-1]) is None:
            return "- "
        value = node.get("value", "")
        if value.isascii() and value.isdigit() and len(value) < 6:
            number = int(value)
        self.lists[-1] = number + 1
        return f"{number}. "

    def is_data_row(self, row: etree._Element) -> bool:
        """Return whether a row holds data: one cell, or headings inside, only lay the page out."""
        if sum(1 for cell in row.iterchildren("td", "th")) < 2:
            return False
        return self.layout_depth > _MAX_LAYOUT_DEPTH or next(row.iter(*_LEVELS), None) is None

    def add(self, text: str) -> None:
        """Add a text node that is not empty."""
        if "\\" in text or "[" in text or self.pre:
            self.add_unusual(text)
        elif self.parts or not text.isspace():
            self.parts.append(text)
            self.bolds.append(self.bold)

    def add_unusual(self, text: str) -> None:
        """Add a text that may hold literal line ends, shortcodes, or, in ``pre``, lines that count."""
        if "\\" in text:
            pieces = _LITERAL_PARAGRAPH.split(text)
            for piece in pieces[:-1]:
                if piece:
                    self.add_unusual(piece)
                self.end_block()
            text = _LITERAL_NEWLINE.sub(" ", pieces[-1])
        text = _SHORTCODE.sub(" ", text)
        if self.pre and "\n" in text:
            *lines, text = text.split("\n")
            for line in lines:
                self.parts.append(line)
                self.bolds.append(self.bold)
                self.flush()
        self.parts.append(text)
        self.bolds.append(self.bold)

    def end_block(self) -> None:
        """End the line at the edge of a block element."""
        if self.parts and self.flush():
            self.paragraph += 1
            # What follows the first block inside a heading element is text that an unclosed tag dragged in.
            if self.level is not None:
                self.level = None
        elif self.blocks and self.blocks[-1].paragraph == self.paragraph:
            self.paragraph += 1

    def flush(self) -> bool:
        """End the line; return whether it had text."""
        parts = self.parts
        if not parts:
            return False
        text = collapsed(parts[0] if len(parts) == 1 else "".join(parts))
        bolds = self.bolds
        self.parts, self.bolds = [], []
        if not text:
            return False
        if self.cell is not None:
            self.cell.append(text)
        elif self.row is not None:
            self.row.append(text)
        else:
            kind = HEADING if self.level is not None else ITEM if self.items else PARAGRAPH
            block = Block(kind, text, self.level, "" if kind == HEADING else self.marker, paragraph=self.paragraph)
            self.marker = ""
            if True in bolds:
                runs = _runs(parts, bolds)
                if runs[0][0]:
                    block.bold = len(text) if len(runs) == 1 else len(collapsed(runs[0][1]))
                if len(runs) > 1:
                    block.runs = runs
            self.blocks.append(block)
        return True


def _runs(parts: list[str], bolds: list[bool]) -> tuple[tuple[bool, str], ...]:
    """Join a line's parts into runs of one weight.

    White space takes the weight of what stands before it, and so do the marks that end a line ("<b>What is it</b>?");
    what numbers or opens a bold line is bold with it ("1. <b>What is it?</b>", "¿<b>Qué es?</b>").
    """
    runs: list[tuple[bool, str]] = []
    for part, bold in zip(parts, bolds, strict=True):
        blank = not collapsed(part)
        if runs and (blank or runs[-1][0] == bold):
            runs[-1] = (runs[-1][0], runs[-1][1] + part)
        elif not blank:
            runs.append((bold, part))
    if len(runs) > 1 and runs[-2][0] and not any(map(str.isalnum, runs[-1][1])):
        runs[-2:] = [(True, runs[-2][1] + runs[-1][1])]
    if len(runs) > 1 and runs[1][0] and _OPENING.fullmatch(collapsed(runs[0][1])):
        runs[:2] = [(True, runs[0][1] + runs[1][1])]
    return tuple(runs)


def _first_number(node: etree._Element) -> int:
    start = node.get("start", "")
    return int(start) if start.isascii() and start.isdigit() and int(start[:6]) <= _MAX_NUMBER else 1
