"""What the fact rules share: a sentence with its place, a candidate fact, and the phrases rules are built of."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final

from .numbers import DIGITS, NUMBER_WORDS, WORDS, is_year, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

BRIEF: Final = "brief"
HEADLINE: Final = "headline"
"""Kinds of place for sentences outside sections."""

SCOPE: Final = frozenset({BRIEF, HEADLINE, "aim", "included_studies", "about", "results", "search_methods", "other"})
"""Places where a sentence speaks of the review's evidence as a whole, not of one finding."""


_BIT_OF_SET: Final[dict[frozenset[str], int]] = {}
_NO_LETTER: Final = re.compile(r"[^a-z0\s]")
_BITS_OF_WORD: Final[dict[str, int]] = {}
"""Of each word some rule needs, the bits of the sets it is in; filled while the rules are defined."""


def need(words: str) -> int:
    """Return the bit that ``Sentence.bits`` has if the sentence holds one of ``words`` (separated by spaces).

    What a rule cannot match without is looked up once a sentence for all rules together, which costs less than one search.
    """
    members = frozenset(words.split())
    if members not in _BIT_OF_SET:
        bit = _BIT_OF_SET[members] = 1 << len(_BIT_OF_SET)
        for word in members:
            _BITS_OF_WORD[word] = _BITS_OF_WORD.get(word, 0) | bit
    return _BIT_OF_SET[members]


_IN_WORDS_BIT: Final = need(" ".join((*NUMBER_WORDS, "single")))
_DIGITS_BIT: Final = need(" ".join("0" * length for length in range(1, 20)))
NUMBER: Final = _IN_WORDS_BIT | _DIGITS_BIT
"""Bits of a sentence that holds a number."""
NOUN_OF_STUDY: Final = need("studies study trials trial rcts rct experiments evaluations")
"""Every count of studies has one of them."""
_WORDS: Final = re.compile(r"[a-z]+")
_CUT: Final = {
    code: "0" if chr(code).isdigit() else chr(code) if chr(code).islower() or chr(code).isspace() else " "
    for code in range(128)
}
"""What words are made of: small letters, and digits, which are all alike."""


class Sentence:
    """One sentence of a summary, in the forms rules are matched against; the costly ones are made when first asked for."""

    __slots__ = ("_counted", "_index", "_other", "_starts", "_texts", "bits", "end", "kind", "low", "section", "start")

    def __init__(self, texts: Texts, index: int, section: int | None, kind: str) -> None:
        self._texts = texts
        self._index = index
        self.start, self.end = texts.spans[index]
        self.low = texts.low[self.start : self.end]
        """In lower case, with plain dashes, quotes and spaces: what rules are matched against."""
        self.section = section
        """Index into ``Summary.sections``; None in the headline or brief."""
        self.kind = kind
        """The section's kind, BRIEF or HEADLINE."""
        self.bits = _bits_of(texts.words[self.start : self.end])
        """Which of the sets of words given to ``need`` it has a word of."""
        self._counted: str | None = None
        self._starts: list[int] | None = None
        self._other: bool | None = None

    @property
    def text(self) -> str:
        """Verbatim."""
        return self._texts.text[self.start : self.end]

    @property
    def plain(self) -> str:
        """The same, character for character, with plain dashes, quotes and spaces."""
        return self._texts.plain[self.start : self.end]

    @property
    def counted(self) -> str:
        """``low`` with its numbers as tokens (see ``counted``): what rules that count are matched against."""
        if self._counted is None:
            self._counted = _tokenised(self.low, self.bits)
        return self._counted

    @property
    def following(self) -> str:
        """The sentence after it in the same text, in lower case; "" if there is none."""
        return self._texts.low[slice(*self._texts.span(self._index + 1))]

    @property
    def after(self) -> str:
        """``counted`` of the sentence after it in the same text; "" if there is none."""
        return counted(self.following)

    @property
    def previous(self) -> str:
        """The sentence before it in the same text, in lower case; "" if there is none."""
        return self.before(1)

    def before(self, back: int) -> str:
        """Return the sentence ``back`` sentences before it in the same text, in lower case; "" if there is none."""
        return self._texts.low[slice(*self._texts.span(self._index - back))]

    @property
    def is_of_other_work(self) -> bool:
        """True if the sentence speaks of other work than this review."""
        if self._other is None:
            self._other = (self.bits & _OTHER_WORDS != 0 and OTHER_WORK.search(self._unbracketed()) is not None) or (
                self.bits & _OF_OTHERS != 0
                and self.bits & _A_REVIEW != 0
                and _OTHER_REVIEW.search(self.low) is not None
            )
        return self._other

    def _unbracketed(self) -> str:
        """``low`` without what stands in brackets: "473 studies (54 ongoing)" are the review's own."""
        low = BRACKETS.sub("", self.low) if "(" in self.low else self.low
        return _SAID_OF_A_PART.sub("", low) if ", " in low else low

    @property
    def starts(self) -> list[int]:
        """Where its numbers begin in ``counted``, their qualifiers included."""
        if self._starts is None:
            text = self.counted
            self._starts = []
            for token in _TOKEN.finditer(text):
                at = token.start()
                before = text[max(0, at - 20) : at]
                if before.endswith(_QUALIFIER_ENDS) and (qualifier := _QUALIFIED.search(before)):
                    at -= len(qualifier[0])
                self._starts.append(at)
        return self._starts


def _bits_of(words: str) -> int:
    return reduce(or_, map(_BITS_OF_WORD.__getitem__, _BITS_OF_WORD.keys() & words.split()), 0)


class Texts:
    """One text of a summary in the forms its sentences are cut from; all have the same length."""

    __slots__ = ("low", "plain", "spans", "text", "words")

    def __init__(self, text: str, plain: str, low: str) -> None:
        self.text = text
        self.words = low.translate(_CUT) if low.isascii() else _NO_LETTER.sub(" ", low.translate(_CUT))
        """``low`` without all that is no letter and no digit; each digit is a 0."""
        self.plain = plain
        self.low = low
        self.spans: list[tuple[int, int]] = []
        """Start and end of each sentence."""

    @property
    def bits(self) -> int:
        """Which of the sets of words given to ``need`` the text has a word of."""
        return _bits_of(self.words)

    def span(self, index: int) -> tuple[int, int]:
        """Return the span of a sentence; an empty one before the first and after the last."""
        return self.spans[index] if 0 <= index < len(self.spans) else (0, 0)


class Rule:
    """A pattern and the words without which it cannot match, because looking words up costs a hundredth of a search."""

    __slots__ = ("at_number", "at_start", "needs", "regex")

    def __init__(self, source: str, *needs: str, at_number: bool = False, at_start: bool = False) -> None:
        self.regex = re.compile(source)
        self.needs = reduce(or_, map(need, needs), 0)
        """Bits of sets of words, of each of which a sentence must have one."""
        self.at_number = at_number
        """Whether every match begins at a number or its qualifier: then nowhere else is tried."""
        self.at_start = at_start
        """Whether every match begins where the sentence does; a search for "^…" would try everywhere else too."""

    def matches(self, sentence: Sentence) -> Iterator[re.Match[str]]:
        """Yield the matches in the counted form of ``sentence``, as ``finditer`` does."""
        if sentence.bits & self.needs != self.needs:
            return iter(())
        if self.at_start:
            return iter((match,)) if (match := self.regex.match(sentence.counted)) else iter(())
        if not self.at_number:
            return self.regex.finditer(sentence.counted)
        return self._at_numbers(sentence)

    def first(self, sentence: Sentence) -> re.Match[str] | None:
        """Return the first of the matches, without the cost of an iterator; None if there is none."""
        if sentence.bits & self.needs != self.needs:
            return None
        if self.at_start:
            return self.regex.match(sentence.counted)
        if self.at_number:
            return next(self._at_numbers(sentence), None)
        return self.regex.search(sentence.counted)

    def _at_numbers(self, sentence: Sentence) -> Iterator[re.Match[str]]:
        end = 0
        for start in sentence.starts:
            if start >= end and (match := self.regex.match(sentence.counted, start)):
                end = match.end()
                yield match


@dataclass(slots=True, frozen=True)
class Candidate:
    """A fact a rule read in a sentence. Of one fact, only the lowest tier with a single value is kept."""

    fact: str
    value: str
    sentence: Sentence
    number: int | None = None
    precision: str | None = None
    tier: int = 1
    is_part: bool = False
    """Surely not the whole: it only shows that another number of its tier may be none either, and is never kept."""


def pattern(source: str) -> re.Pattern[str]:
    """Compile a pattern for texts in lower case."""
    return re.compile(source)


QUALIFIER: Final = (
    r"(?:(?P<q>over|more than|at least|no fewer than|in excess of|upwards of|about|around|approximately|roughly|nearly|"
    r"almost|some|circa|close to|just over|just under|well over|an estimated)\s)?"
)
_AT_LEAST: Final = frozenset({"over", "more than", "at least", "no fewer than", "in excess of", "upwards of", "just over",
                              "well over"})  # fmt: skip

NX: Final = r"N\d+y?N\b"
"""A number token: ``N35N``, ``N2013yN`` if it may be a year. Finding numbers once a sentence, and not once a rule at every
letter, makes the rules thirty times as fast."""
N: Final = rf"{QUALIFIER}(?P<n>{NX})"
"""A number with its qualifier: groups ``q`` and ``n``."""

_STOP: Final = (
    r"of|in|on|for|the|that|which|who|to|from|with|by|at|as|were|was|are|is|be|been|had|have|has|this|these|those|per|"
    r"years?|months?|weeks?|days?|hours?|minutes?|times?|countries|country|participants|people|children|reports?|papers?|"
    r"articles?|publications?|than|but|it|its|their|between|also|only|not|no|such|other|others|further|additional|"
    r"systematic|reviews?|meta-analyses|sites|schools|programmes|programs|interventions|excluded|ongoing|previous|"
    r"new|more|primary and secondary"
)
ADJ: Final = rf"(?:(?!(?:{_STOP}|{NX})\b)[a-z][a-z'/&-]*,?\s(?:\([^()]{{1,30}}\)\s)?){{0,7}}?"
"""Up to seven words that may stand between a number and its noun ("randomised and quasi-randomised controlled")."""
NOUN: Final = (
    r"(?:(?:studies|trials|rcts|experiments|(?<!process )evaluations|randomi[sz]ed evaluations)\b|"
    # "39 study reports" and "12 trial arms" count neither studies nor trials.
    r"(?:study|trial|rct)\b(?=\s(?:is|was|met|meets|that|which|from|with|in|of|on|conducted|included)\b|[.,;]|$))"
)
STUDY_NOUN: Final = rf"{NOUN}\b(?:\s\([^()]{{1,40}}\))?(?:\sstudies\b)?"
STUDY: Final = rf"{ADJ}{STUDY_NOUN}"
REVIEW: Final = (
    r"(?:(?:this|the|our|present|current|updated|campbell|cochrane|systematic|mixed-methods?|rapid|umbrella|scoping|"
    r"evidence|and|gap|plain|new|joint|large|final|whole|full)\s){1,7}(?:review|map|synthesis|egm|update|"
    r"evidence base|study|report)(?:\supdate|\sauthors|\steam|\sand meta-analysis)?(?:\s\([^()]{1,20}\))?"
)
"""This Campbell systematic review (update)."""
SOME_OF: Final = pattern(
    r"(?:(?<!total )\bof(?: all)?(?: the| these| those| them| our)?|\b(?:other|further|additional|another|remaining|these|those|"
    r"extra|new|next|first|last|about|in|since|than|to|between|and|or|a further))\s$"
)
"""Words before a number that make it a part, or not a count of everything."""

OTHER_WORK: Final = pattern(
    r"\b(?:previous|earlier|original|prior|first|last|older|former|another|other|existing|published) (?:version|edition|"
    r"campbell|systematic|cochrane|review|map|update|reviews|meta-analys[ei]s|synthes[ei]s)|"
    r"\b(?:since|compared (?:with|to)) the (?:last|previous|original|first|earlier)|\bprevious(?:ly)? (?:published|identified|"
    r"included)|\bnew(?:ly)? (?:identified |included |eligible |added )?(?:studies|trials)|\b(?:additional|further|more)(?<!with additional)(?<!with further) (?:new )?"
    r"(?:studies|trials)|"
    r"\b(?:ongoing|(?<!but )(?<!authors )(?<!then )(?<!were )(?<!was )excluded|awaiting)\b|\bupdate (?:adds|added)|\badded\b|\bfuture\b|\bshould\b|\bwould\b"
)
"""Signs that a sentence speaks of other reviews, earlier versions, or what is wanted."""


BRACKETS: Final = pattern(r"\([^()]*\)")
_SAID_OF_A_PART: Final = pattern(
    r", (?:[a-z0-9-]+ (?:more|additional|fewer)\b[^.;,]{0,30}? than [^.;]*|"
    r"(?:[a-z0-9-]+ )?of (?:which|these|them) [^.;,:]*\b(?:added|new|newly|awaiting|since)\b[^.;,:]*)"
)
"""37 trials, 20 of which were added: the 37 are this review's."""
_OTHER_WORDS: Final = need(
    "previous previously earlier original prior first last older former another other existing published "
    "since compared new newly additional further more ongoing excluded awaiting update added future should would"
)
"""Every match of ``OTHER_WORK`` has one of them."""
_OTHER_REVIEW: Final = pattern(
    r"(?<!is )\ba (?:(?:(?:recent|similar|major|cochrane|(?:19|20)\d\d) ){1,3}(?:[a-z-]+ ){0,2}(?:review|overview|meta-analysis)\b|"
    r"(?:systematic )?(?:review|meta-analysis) (?:by|published|conducted|from (?:19|20)))"
)
"""A recent review, a review by others."""
_A_REVIEW: Final = need("review overview meta")
_OF_OTHERS: Final = need("recent similar major cochrane by published conducted 0000")
"""Every match of ``_OTHER_REVIEW`` has a word of each."""


def last_count(text: str) -> int | None:
    """Return the number of the last count of studies in ``text``."""
    value = None
    for match in _STUDY_COUNT.finditer(text):
        value = count_of(match)
    return value


_STUDY_COUNT: Final = pattern(rf"(?P<n>{NX})\s{STUDY}")


def count_of(match: re.Match[str], group: str = "n") -> int | None:
    """Return the value of a matched number; None for what may be a year."""
    return number_of(match[group])


def number_of(token: str) -> int | None:
    """Return the value of a number token; None for what may be a year."""
    return None if token[-2] in "yY" else int(token[1:-1])


_SINGLE: Final = pattern(r"\ba single (?=(?:[a-z-]+ ){0,3}?(?:study|trial|evaluation)\b)")
_IN_DIGITS: Final = pattern(DIGITS)
_IN_WORDS: Final = pattern(WORDS)
_TOKEN: Final = pattern(NX)
_QUALIFIER_ENDS: Final = (
    "over ", "than ", "least ", "of ", "about ", "around ", "approximately ", "roughly ", "nearly ", "almost ", "some ", "circa ",
    "to ", "under ", "estimated ",
)  # fmt: skip
_QUALIFIED: Final = pattern(r"\b" + QUALIFIER.removesuffix("?") + "$")


def counted(low: str) -> str:
    """Return a text in lower case with its numbers as tokens: "thirty-five studies" → "N35N studies"."""
    return _tokenised(low, NUMBER)


def _tokenised(low: str, bits: int) -> str:
    if bits & _DIGITS_BIT:
        low = _IN_DIGITS.sub(_token, low)
    if not bits & _IN_WORDS_BIT:
        return low
    if "a single " in low:
        low = _SINGLE.sub("one ", low)
    parts = []
    end = at = 0
    for word in _WORDS.findall(low):
        if word not in NUMBER_WORDS:
            continue
        start = low.find(word, at)
        while start > 0 and low[start - 1].isalpha():  # "money" has no "one"
            start = low.find(word, start + 1)
        if start < 0:
            continue
        at = start + 1
        if start < end:
            continue
        # "a hundred" begins before its first number word.
        match = (_IN_WORDS.match(low, start - 2) if low[start - 2 : start] == "a " else None) or _IN_WORDS.match(
            low, start
        )
        if match:
            parts += [low[end : match.start()], _token(match)]
            end = match.end()
    return "".join([*parts, low[end:]])


def _token(match: re.Match[str]) -> str:
    value = value_of(match[0])
    return match[0] if value is None else f"N{value}{'y' if is_year(match[0]) else ''}N"


def precision_of(match: re.Match[str]) -> str:
    """Return "exact", "at_least" or "about" for a match with group ``q``."""
    qualifier = match["q"] or ""
    if not qualifier:
        return "exact"
    return "at_least" if qualifier in _AT_LEAST else "about"
