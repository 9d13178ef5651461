"""What differs between two texts, word by word, so that a person can read it."""

from __future__ import annotations

import html
import re
from difflib import Match, SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple

from campbell_scraper.words import clean

from .clean_text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Sign = Literal["=", "-", "+"]
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"(?:[{_UNSPACED}]|(?:(?![{_UNSPACED}])[\w'’])+|[^\w\s])\s*|\s+")
"""A word, a character of a script without spaces, or a mark; with the white space behind it."""
_MAX_TOKEN = 200
_MAX_PRODUCT = 25_000_000
"""Words of the one text times words of the other that are compared word by word; beyond, paragraph by paragraph."""
_PAIRS_A_WORD = 500
"""Pairs of equal words that are looked at, for each word of both texts: a whole review needs fewer."""
_CONTEXT = 60
"""Characters of unchanged text that are shown on each side of a change."""
_MAX_SHOWN = 4_000
"""Characters of one changed part that are shown to people."""


class Part(NamedTuple):
    """A piece of text: "=" in both, "-" only in the old, "+" only in the new text."""

    sign: Sign
    text: str


def word_diff(old: str, new: str) -> list[Part]:
    """Return the parts of which the old text (= and -) and the new (= and +) are made.

    White space is not compared; parts in both have the new text's.
    """
    before, after = _tokens(old), _tokens(new)
    if len(before) * len(after) > _MAX_PRODUCT:
        return _joined(_by_lines(old, new))
    return _joined(_absorbed(_compared(before, after)))


def as_text(old: str | None, new: str | None) -> str:
    """Return a diff as one would write it: ``[-old-]{+new+}``, long unchanged stretches as "…"."""
    shown: list[str] = []
    for part in _shown(_diffed(old, new)):
        body = part.text.rstrip()
        space = part.text[len(body) :]
        mark = {"=": body, "-": f"[-{body}-]", "+": f"{{+{body}+}}"}[part.sign]
        if part.sign == "+" and shown and shown[-1].endswith("-] "):
            shown[-1] = shown[-1].rstrip()  # the old and the new word stand together
        shown.append(mark + space)
    return "".join(shown).strip()


def as_html(old: str | None, new: str | None) -> str:
    """Return a diff as HTML with ``<del>`` and ``<ins>``; all text is escaped."""
    return _marked(_shown(_diffed(old, new)))


def as_columns(old: str | None, new: str | None) -> tuple[str, str]:
    """Return both sides of a diff as HTML, the old with ``<del>``, the new with ``<ins>``; all text is escaped.

    >>> as_columns("Ada went home.", "Ada, too, went home.")
    ('Ada went home.', 'Ada<ins>, too, </ins>went home.')
    """
    parts = _diffed(old, new)
    olds = _shown(_spaced(parts, clean(old or "")))
    return _marked(one for one in olds if one.sign != "+"), _marked(one for one in _shown(parts) if one.sign != "-")


def _marked(parts: Iterable[Part]) -> str:
    tags = {"=": "{}", "-": "<del>{}</del>", "+": "<ins>{}</ins>"}
    return "".join(tags[sign].format(html.escape(text).replace("\n", "<br>")) for sign, text in parts if text)


def _spaced(parts: Iterable[Part], old: str) -> list[Part]:
    """Return parts with the old text's white space in what is in both."""
    ends = [0, *(match.end() for match in re.finditer(r"\S\s*", old))]
    place, spaced = 0, []
    for part in parts:
        if part.sign == "+":
            spaced.append(part)
            continue
        begin, place = place, place + sum(not one.isspace() for one in part.text)
        spaced.append(Part(part.sign, old[ends[begin] : ends[place]]))
    return spaced


def _diffed(old: str | None, new: str | None) -> list[Part]:
    return word_diff(clean(old or ""), clean(new or ""))


def _shown(parts: list[Part]) -> list[Part]:
    """Return parts without the far stretches of unchanged text."""
    last = len(parts) - 1
    return [
        Part(sign, _elided(text, index == 0, index == last) if sign == "=" else shortened(text, _MAX_SHOWN))
        for index, (sign, text) in enumerate(parts)
    ]


def _elided(text: str, is_first: bool, is_last: bool) -> str:
    """Return unchanged text without its far parts."""
    head = "" if is_first else text[:_CONTEXT]
    tail = "" if is_last else text[-_CONTEXT:]
    if len(text) <= len(head) + len(tail) + _CONTEXT:
        return text
    # Broken words at the edges are left out, unless it is all one word.
    head = head.rsplit(None, 1)[0] + " " if " " in head else head
    tail = " " + tail.split(None, 1)[1] if " " in tail.strip() else tail
    return f"{head}…{tail}"


def _tokens(text: str) -> list[str]:
    tokens = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        tokens += [token[start : start + _MAX_TOKEN] for start in range(0, len(token), _MAX_TOKEN)]
    return tokens


class _BoundedMatcher(SequenceMatcher[str]):
    """A SequenceMatcher that takes the rest for changed once it has looked at too many pairs of equal words.

    Otherwise its time grows with the cube of the words where each is repeated everywhere.
    """

    def __init__(self, old: list[str], new: list[str]) -> None:
        super().__init__(None, old, new, autojunk=len(new) > 2_000)
        places: dict[str, list[int]] = self.b2j  # type: ignore[attr-defined] # public by its documentation
        self._pairs = list(accumulate((1 + len(places.get(word, ())) for word in old), initial=0))
        self._left = _PAIRS_A_WORD * (len(old) + len(new))

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        self._left -= self._pairs[-1 if ahi is None else ahi] - self._pairs[alo]
        return super().find_longest_match(alo, ahi, blo, bhi) if self._left > 0 else Match(alo, blo, 0)


def _compared(before: Sequence[str], after: Sequence[str]) -> list[tuple[Sign, list[str]]]:
    old_words, new_words = [token.strip() for token in before], [token.strip() for token in after]
    matcher = _BoundedMatcher(old_words, new_words)
    runs: list[tuple[Sign, list[str]]] = []
    for operation, start, end, new_start, new_end in matcher.get_opcodes():
        if operation == "equal":
            runs.append(("=", list(after[new_start:new_end])))
            continue
        if start < end:
            runs.append(("-", list(before[start:end])))
        if new_start < new_end:
            runs.append(("+", list(after[new_start:new_end])))
    return runs


def _absorbed(runs: list[tuple[Sign, list[str]]]) -> list[tuple[Sign, list[str]]]:
    """Merge a lone unchanged word between two changes into them: one changed phrase is easier to read."""
    result: list[tuple[Sign, list[str]]] = []
    for index, (sign, tokens) in enumerate(runs):
        alone = sign == "=" and len(tokens) == 1 and 0 < index < len(runs) - 1
        result += [("-", tokens), ("+", tokens)] if alone else [(sign, tokens)]
    return result


def _joined(runs: list[tuple[Sign, list[str]]]) -> list[Part]:
    """Join runs of one kind, the old words of a change before its new ones."""
    parts: list[Part] = []
    old: list[str] = []
    new: list[str] = []

    def change() -> None:
        if old:
            parts.append(Part("-", "".join(old)))
        if new:
            parts.append(Part("+", "".join(new)))
        old.clear()
        new.clear()

    for sign, tokens in runs:
        if sign == "=":
            change()
            parts.append(Part("=", "".join(tokens)))
        else:
            (old if sign == "-" else new).extend(tokens)
    change()
    return parts


def _by_lines(old: str, new: str) -> list[tuple[Sign, list[str]]]:
    """Compare long texts line by line, and lines that were replaced word by word if they are not too many."""
    runs: list[tuple[Sign, list[str]]] = []
    for sign, lines in _compared(old.splitlines(keepends=True), new.splitlines(keepends=True)):
        if sign == "+" and runs and runs[-1][0] == "-":
            before, after = _tokens("".join(runs[-1][1])), _tokens("".join(lines))
            if len(before) * len(after) <= _MAX_PRODUCT:
                runs[-1:] = _absorbed(_compared(before, after))
                continue
        runs.append((sign, lines))
    return runs
