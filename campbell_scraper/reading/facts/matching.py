"""Which sentences a rule is tried on: those that have the words without which its pattern cannot match."""

from __future__ import annotations

import re
from functools import cache, cached_property, lru_cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Final, NamedTuple

from .countries import COUNTRY_WORDS
from .numbers import NUMBER_WORDS
from .parts import composed
from .places import DESIGN_WORDS, designed, placed
from .search_dates import of_main_search
from .tokens import tokenised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .rule import Rule

_SCANNED: Final = re.compile(
    r"\\.|\[(?:\\.|[^\]\\])*\]|\(\?P<\w+>|\(\?<?[=!]|\(\?:|[()|]|\{\d*,?\d*\}\??|[?*+]\??|[a-z]+|"
    r"[NDCX](?=\\d|\[)(?:\\d\+N)?|.",
    re.DOTALL,
)
_WORD: Final = re.compile(r"[a-z]+")
_DIGITS: Final = re.compile(r"\d[\d,]*")
_COUNT: Final = re.compile(composed(r"(?:\b{qualifier} )?\bN\d+N\b"))
_COMMON: Final = re.compile(r"\^?(?:N|stud(?:y|ies)|trials?|review|were|are|was|the|in|of)")
"""Parts of words that most sentences have: a set without them rules out more sentences."""
_BEFORE_WORDS: Final = (" ", ",", "^", "-", "\\b")
_SETS: Final[dict[frozenset[str], int]] = {}
"""Set of parts of words, one of which a pattern needs → its bit; filled when the rules are compiled."""
_FORMS: Final = {"countries": "placed", "study_designs": "designed", "search_date": "dated"}
"""The form of a sentence in which a fact is read, if not ``counted``."""


def needs_of(source: str) -> int:
    """Return the bits that ``bits_of`` a text must have if a regular expression may match in it."""
    sets = needed(source)
    if sets.count(frozenset({"N"})) > 1:
        sets.append(frozenset({"NN"}))
    return reduce(or_, (_SETS.setdefault(parts, 1 << len(_SETS)) for parts in sets), 0)


def needed(source: str) -> list[frozenset[str]]:
    """Return sets of parts of words: every match of a regular expression has one part of each set.

    "^" marks the beginning of a word; "N", "D", "C" and "X" are tokens of numbers, dates, countries and designs.

    >>> [sorted(one) for one in needed(r"(?:the )?stud(?:y|ied) (?:was|found)")]
    [['^stud'], ['ied', 'y'], ['^found', '^was']]
    """
    return _needed(iter(_SCANNED.findall(source)), begins=True)


def _needed(scanned: Iterator[str], *, begins: bool) -> list[frozenset[str]]:
    """Read one group, up to its closing bracket; ``begins`` tells whether a word begins with it."""
    branches: list[list[frozenset[str]]] = [[]]
    last: list[frozenset[str]] = []
    first = begins
    for part in scanned:
        if part == ")":
            break
        if part == "|":
            branches.append([])
        elif part.startswith(("?", "*", "{0")):
            del branches[-1][len(branches[-1]) - len(last) :]
        if part.startswith("("):
            inner = _needed(scanned, begins=begins)
            last = [] if part.endswith(("=", "!")) else inner
        elif part[0] in "NDCX":
            last = [frozenset({part[0]})]
        else:
            last = [frozenset({f"^{part}" if begins else part})] if part.isalpha() else []
        begins = first if part == "|" else part in _BEFORE_WORDS or (begins and part.endswith(("=", "!")))
        branches[-1] += last
    if len(branches) == 1 or not all(branches):
        return branches[0] if len(branches) == 1 else []
    return [frozenset().union(*(max(branch, key=_rarity) for branch in branches))]


def _rarity(parts: frozenset[str]) -> tuple[bool, int]:
    return not any(map(_COMMON.fullmatch, parts)), min(map(len, parts))


@cache
def _bits_of_parts() -> dict[str, int]:
    bits: dict[str, int] = {}
    for parts, bit in _SETS.items():
        for part in parts:
            bits[part] = bits.get(part, 0) | bit
    return bits


@lru_cache(maxsize=8192)
def _bits_of_word(word: str) -> int:
    marked = f"^{word}" + "C" * (word in COUNTRY_WORDS) + "X" * (word in DESIGN_WORDS)
    return reduce(or_, (bit for part, bit in _bits_of_parts().items() if part in marked), 0)


def bits_of(low: str) -> int:
    """Return the bits of the sets that a text in lower case has a part of."""
    words = set(_WORD.findall(low))
    tokens = ["D"] if "19" in low or "20" in low else []
    if numbers := len(_DIGITS.findall(low)) + len(words & NUMBER_WORDS):
        tokens.append("NN" if numbers > 1 else "N")
    return reduce(or_, map(_bits_of_word, (*words, *tokens)), 0)


class Compiled:
    """A rule, ready to be matched."""

    __slots__ = ("needs", "regex", "rule")

    def __init__(self, rule: Rule) -> None:
        source = composed(rule.pattern)
        self.rule = rule
        self.regex = re.compile(source)
        self.needs = needs_of(source)

    def matches(self, sentence: Sentence) -> Iterable[re.Match[str]]:
        """Return the matches in ``sentence``; a pattern that begins with a number or "^" is tried only there."""
        form = _FORMS.get(self.rule.fact, "counted")
        text: str = getattr(sentence, form)
        if self.rule.pattern.startswith("^"):
            return filter(None, (self.regex.match(text),))
        if form == "counted" and self.rule.pattern.startswith(("{N}", "{people}")):
            return self._at_numbers(text, sentence.starts)
        return self.regex.finditer(text)

    def _at_numbers(self, text: str, starts: list[int]) -> Iterator[re.Match[str]]:
        end = 0
        for start in starts:
            if start >= end and (match := self.regex.match(text, start)):
                end = match.end()
                yield match


class Text(NamedTuple):
    """One text of a summary, cut into sentences: verbatim, with plain dashes and spaces, and in lower case."""

    verbatim: str
    plain: str
    low: str
    section: int | None
    """Index into ``Summary.sections``; None in the headline or brief."""
    kind: str
    """The section's kind, BRIEF or HEADLINE."""
    spans: list[tuple[int, int]]
    """Start and end of each sentence."""

    def sentence(self, index: int) -> str:
        """Return a sentence, tokenised; "" before the first and after the last."""
        start, end = self.spans[index] if 0 <= index < len(self.spans) else (0, 0)
        return tokenised(self.low[start:end])


class Sentence:
    """One sentence of a summary, in the forms rules are matched against, each made when first asked for."""

    def __init__(self, text: Text, index: int, bits: int) -> None:
        self.text = text
        self.index = index
        self.bits = bits
        self.start, self.end = text.spans[index]
        self.is_of_other_work: bool | None = None
        """None until ``conditions.holds`` first asks."""

    counted = cached_property(lambda self: self.text.sentence(self.index))
    previous = cached_property(lambda self: self.text.sentence(self.index - 1))
    following = cached_property(lambda self: self.text.sentence(self.index + 1))
    designed = cached_property(lambda self: designed(self.counted))
    dated = cached_property(lambda self: of_main_search(self.counted))
    starts = cached_property(lambda self: [count.start() for count in _COUNT.finditer(self.counted)])
    """Where numbers begin in ``counted``, their qualifiers included."""

    @cached_property
    def placed(self) -> str:
        """The sentence with a token for each country; "" if it names none."""
        return placed(self.text.plain[self.start : self.end], self.text.low[self.start : self.end])
