"""Blocks → banner, headline, brief and sections (docs/sites.md). No word is dropped, moved or doubled.

Headings come as h1 to h6, as bold lines, as a bold run before the text of a paragraph, and in plain text as lines of
a known wording. The first heading of no known wording is the headline; what stands under it is the brief.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import groupby, islice, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from campbell_scraper.items import Form, Section

from . import heading_kinds as kinds
from .blocks import HEADING, ITEM, PARAGRAPH, ROW, Block, collapsed

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_HEADING: Final = 200
"""Characters; longer bold or headed lines are text that was made bold."""
_MAX_BRIEF: Final = 1000
"""Characters of a text without headings that can still be a brief."""
_MAX_ABOVE: Final = 2
"""Lines marked up above headings that are plain text: the headline, and perhaps a banner."""
_SENTENCE_INSIDE: Final = re.compile(r"[.!?。][\"'”’)]*\s+[\"'“‘(]?[A-ZÀ-ÞА-Я]")
_RUN_IN_MARKS: Final = (":", ".", "–", "—")
_TEXT_END: Final = (".", ";", ",", "。", "…")


@dataclass(slots=True)
class Outline:
    """What a summary's blocks were read as."""

    banner: str | None = None
    headline: str | None = None
    brief: str | None = None
    sections: list[Section] = field(default_factory=list)
    form: str = Form.PLS


@dataclass(slots=True)
class _Part:
    """A heading and the blocks under it; the first part of a summary has no heading."""

    heading: str
    level: int | None
    blocks: list[Block] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(block.line for block in self.blocks)

    @property
    def known(self) -> str | None:
        return kinds.known_kind(self.heading)


def outline(blocks: Sequence[Block], *, page_title: str | None = None) -> Outline:
    """Read ``blocks`` as a summary. ``page_title`` repeated above the headline is an eyebrow, not the headline."""
    banner = _banner(blocks)
    parts = _parts(blocks[len(banner) :])
    found = Outline(banner="\n".join(banner) or None)
    body = _lead(parts, found, page_title)
    found.sections.extend(Section(heading=p.heading, level=p.level, kind=_kind(p), text=p.text) for p in body)
    found.form = _form(found)
    return found


def _kind(part: _Part) -> str:
    return kinds.kind_of(part.heading) if part.heading else kinds.OTHER


def _banner(blocks: Sequence[Block]) -> list[str]:
    """Return the first lines, each a block, as far as they name the form or the publisher."""
    named = takewhile(lambda block: block.kind not in (ITEM, ROW) and kinds.is_banner(block.text), blocks)
    return [block.text for block in named]


def _lead(parts: list[_Part], found: Outline, page_title: str | None) -> list[_Part]:
    """Take banner, headline and brief out of the first parts; return the parts that are sections."""
    opening, *rest = parts
    if not rest:
        return _without_headings(opening, found)
    first = rest[0]
    if _is_headline(opening, rest):
        is_title = page_title and kinds.heading_key(first.heading) == kinds.heading_key(page_title)
        if is_title and len(rest) > 1 and not first.blocks and not rest[1].known:
            _add_banner(found, first.heading)
            rest = rest[1:]
            first = rest[0]
        before = [Section(heading="", level=None, kind=kinds.OTHER, text=opening.text)] if opening.blocks else []
        found.sections.extend(before)
        rest = _take_headline(first, rest[1:], found)
    elif opening.blocks:
        found.brief = opening.text
    return _take_brief_heading(rest, found)


def _is_headline(opening: _Part, rest: list[_Part]) -> bool:
    """Return whether the first heading is a headline rather than the first section's heading."""
    first = rest[0]
    if first.known or kinds.is_brief_heading(first.heading):
        return False
    if not opening.blocks:
        return True
    # Text before a heading of unknown wording: a line or two above the headline (an eyebrow, injected lines), or the
    # brief of a page whose sections are named freely. Only a known section right after it shows that it is a headline.
    return len(rest) > 1 and (rest[1].known is not None or kinds.is_brief_heading(rest[1].heading))


def _take_headline(first: _Part, rest: list[_Part], found: Outline) -> list[_Part]:
    """Split a headline's part into banner, headline and brief."""
    cut = kinds.banner_prefix(first.heading)
    if cut:
        _add_banner(found, first.heading[:cut].rstrip())
    found.headline = first.heading[cut:]
    text = first.text
    if not text:
        return rest
    if not rest and len(text) > _MAX_BRIEF:
        return [_Part("", None, first.blocks)]
    found.brief = text
    return rest


def _take_brief_heading(parts: list[_Part], found: Outline) -> list[_Part]:
    """Make the text under "The review in brief" the brief, and the heading, which says nothing else, a banner."""
    if not parts or not kinds.is_brief_heading(parts[0].heading):
        return parts
    head, *rest = parts
    _add_banner(found, head.heading)
    if head.text:
        found.brief = f"{found.brief}\n{head.text}" if found.brief else head.text
    return rest


def _without_headings(opening: _Part, found: Outline) -> list[_Part]:
    text = opening.text
    if not text:
        return []
    if len(text) <= _MAX_BRIEF:
        found.brief = text
        return []
    return [opening]


def _add_banner(found: Outline, line: str) -> None:
    found.banner = f"{found.banner}\n{line}" if found.banner else line


def _form(found: Outline) -> str:
    banner = kinds.heading_key(found.banner or "")
    if "user abstract" in banner:
        return Form.USER_ABSTRACT
    if "policy brief" in banner:
        return Form.POLICY_BRIEF
    if "plain" in banner and "summary" in banner:
        return Form.PLS
    executive = {section.kind for section in found.sections if section.kind in kinds.EXECUTIVE_KINDS}
    plain = {section.kind for section in found.sections if section.kind in kinds.PLS_KINDS}
    if "executive" in banner or (len(executive) > 1 and len(executive) > len(plain - {"topic_finding"})):
        return Form.EXECUTIVE
    return Form.PLS


def _parts(blocks: Sequence[Block]) -> list[_Part]:
    """Cut the blocks at their headings; the first part has none."""
    plain = _is_plain_style(blocks)
    first_known = next((i for i, b in enumerate(blocks) if kinds.known_kind(b.text)), 0) if plain else 0
    parts = [_Part("", None)]
    for _, lines in groupby(blocks, key=attrgetter("paragraph")):  # those that one block element was broken into
        group = list(lines)
        if len(group) > 1 and all(_is_headed(block) for block in group):
            parts.extend(_Part(line, group[0].level) for line in _heading_lines(group))
            continue
        for block in group:
            if plain and _is_plain_headline(blocks, block, first_known):
                parts.append(_Part(block.text, None))
                continue
            for head, piece in _pieces(block, plain=plain):
                if head:
                    parts.append(_Part(head, block.level))
                if piece is not None:
                    parts[-1].blocks.append(piece)
    return parts


def _is_headed(block: Block) -> bool:
    """Return whether the markup makes the whole line a heading."""
    if block.kind == ROW or len(block.text) > _MAX_HEADING:
        return False
    if block.kind == HEADING:
        return not (len(block.text) > 150 and _SENTENCE_INSIDE.search(block.text) and block.text.endswith("."))
    if not block.is_bold:
        return False
    if kinds.known_kind(block.text) or kinds.is_brief_heading(block.text):
        return True
    if block.kind == ITEM:
        return kinds.is_question(block.text) and block.marker != ""
    return not _SENTENCE_INSIDE.search(block.text) and not block.text.endswith(_TEXT_END)


def _heading_lines(group: list[Block]) -> list[str]:
    """Return the headings in one heading element: its ``<br>`` may break one heading, or stand between two."""
    joined = " ".join(block.text for block in group)
    if kinds.known_kind(joined):
        return [joined]
    lines: list[str] = []
    open_line = False
    for block in group:
        whole = bool(kinds.known_kind(block.text)) or kinds.is_brief_heading(block.text) or kinds.is_banner(block.text)
        if open_line and not whole:
            lines[-1] = f"{lines[-1]} {block.text}"
        else:
            lines.append(block.text)
        open_line = not whole and not kinds.is_question(block.text)
    return lines


def _pieces(block: Block, *, plain: bool) -> list[tuple[str, Block | None]]:
    """Return one line as headings and the text after each; text before the first heading comes with heading ""."""
    if _is_headed(block):
        return [(block.text, None)]
    if block.kind not in (PARAGRAPH, HEADING):
        return [("", block)]
    if plain and _is_plain_heading(block.text):
        return [(block.text, None)]
    if block.runs:
        return _run_in(block)
    return [("", block)]


def _is_plain_heading(text: str) -> bool:
    """Return whether a line of a text without any markup of headings is one: a single question, or a known wording."""
    if len(text) > _MAX_HEADING or text.endswith(_TEXT_END):
        return False
    if kinds.is_question(text):
        return not _SENTENCE_INSIDE.search(text) or kinds.known_kind(text) is not None
    return (kinds.known_kind(text) or kinds.OTHER) != kinds.OTHER


def _run_in(block: Block) -> list[tuple[str, Block | None]]:
    """Split bold runs that are headings off the text of their paragraph.

    "<b>Background:</b> …" opens a paragraph; a lost end tag glues a heading to the end of the paragraph before it.
    """
    pieces: list[tuple[str, Block | None]] = []
    head, text = "", ""
    last = len(block.runs) - 1
    for index, (bold, run) in enumerate(block.runs):
        if bold and _is_run_in_heading(collapsed(run), text, is_last=index == last, follows=block.runs[index + 1 :]):
            _add_piece(pieces, head, text, block)
            head, text = collapsed(run), ""
            continue
        if head and not text and collapsed(run)[:1] in _RUN_IN_MARKS:
            # "<b>Background</b>: text": the mark belongs to the heading.
            stripped = run.lstrip()
            head, run = head + stripped[0], stripped[1:]  # noqa: PLW2901
        text += run
    _add_piece(pieces, head, text, block)
    return pieces


def _add_piece(pieces: list[tuple[str, Block | None]], head: str, text: str, block: Block) -> None:
    line = collapsed(text)
    if not head and not line:
        return
    whole = not pieces and not head and line == block.text
    marker = "" if pieces else block.marker
    rest = block if whole else Block(block.kind, line, marker=marker, paragraph=block.paragraph)
    pieces.append((head, rest if line else None))


def _is_run_in_heading(run: str, before: str, *, is_last: bool, follows: Sequence[tuple[bool, str]]) -> bool:
    if not run or len(run) > _MAX_HEADING or _SENTENCE_INSIDE.search(run):
        return False
    known = kinds.known_kind(run)
    if before.strip():
        # Inside a paragraph only an unmistakable question is a heading, and only after the end of a sentence.
        ended = before.rstrip().endswith((".", "!", "?", ")", "”", '"'))
        return ended and kinds.is_question(run) and (known is not None or is_last)
    if kinds.is_question(run):
        return True
    return known is not None and (
        run.endswith((":", ".")) or collapsed(follows[0][1])[:1] in _RUN_IN_MARKS if follows else False
    )


def _is_plain_style(blocks: Sequence[Block]) -> bool:
    """Return whether the headings are only lines of plain text: known wordings, and no markup that makes a heading.

    The headline alone may be marked up: then the lines below it must be questions.
    """
    lines = [block for block in blocks if block.kind not in (ITEM, ROW)]
    marked = [i for i, block in enumerate(lines) if block.kind == HEADING or (block.bold and _is_headed(block))]
    if len(marked) > _MAX_ABOVE or any(kinds.known_kind(lines[i].text) for i in marked):
        return False
    below = lines[marked[-1] + 1 :] if marked else lines
    known = (
        1
        for block in below
        if not block.text.endswith(_TEXT_END)
        and (not marked or kinds.is_question(block.text))
        and kinds.known_kind(block.text)
    )
    return sum(islice(known, 2)) > 1


def _is_plain_headline(blocks: Sequence[Block], block: Block, first_known: int) -> bool:
    """Return whether a plain text begins with its headline: one line without a full stop, with text under it."""
    return (
        first_known >= 2
        and block is blocks[0]
        and block.kind == PARAGRAPH
        and len(block.text) <= _MAX_HEADING
        and not block.text.endswith(_TEXT_END)
        and not _SENTENCE_INSIDE.search(block.text)
    )


_PLACEHOLDER: Final = re.compile(
    r"\bpdf\b|\bdownload(?:ed)?\b|descarg|télécharg|last(?:e)? ned|nedlast|hämta|herunterlad|scaric|baix(?:ar|e)|"
    r"下载|下載|تحميل|تنزيل|скача|ダウンロード|डाउनलोड|"
    r"\b(?:will be|is|are) (?:made )?available (?:soon|shortly|in (?:the )?\w+ (?:as|below))|coming soon|"
    r"click (?:here|on|the)|haga clic|pinche|klikk|cliquez|klicken|clique",
    re.IGNORECASE,
)
_POINTING: Final = re.compile(
    r"\bpdf\b|summary|resumen|sammendrag|résumé|resumo|zusammenfassung|translation|version|摘要|总结|概要|ملخص",
    re.IGNORECASE,
)
_MAX_PLACEHOLDER: Final = 320


def is_placeholder(text: str) -> bool:
    """Return whether a text only points to a file: "Click on 'Download PDF' to view the … in Norwegian"."""
    if not text or len(text) > _MAX_PLACEHOLDER:
        return False
    return _PLACEHOLDER.search(text) is not None and _POINTING.search(text) is not None
