"""What the fact rules share: a sentence with its place, a candidate fact, and the phrases rules are built of."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campbell_scraper.summary.numbers import DIGITS, NUMBER_WORDS, WORDS, is_year, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

BRIEF: Final = "brief"
HEADLINE: Final = "headline"
"""Kinds of place for sentences outside sections."""

SCOPE: Final = frozenset({BRIEF, HEADLINE, "aim", "included_studies", "about", "results", "search_methods", "other"})
"""Places where a sentence speaks of the review's evidence as a whole, not of one finding."""


class Sentence:
    """One sentence of a summary, in the forms rules are matched against; each form is made when first asked for."""

    __slots__ = (
        "_after",
        "_counted",
        "_other",
        "_previous",
        "_starts",
        "_words",
        "end",
        "kind",
        "low",
        "plain",
        "section",
        "start",
        "text",
    )

    def __init__(  # noqa: PLR0917 - made in one place, a hundred times a page
        self, text: str, plain: str, start: int, end: int, section: int | None, kind: str, after: str, previous: str = ""
    ) -> None:
        self.text = text
        """Verbatim."""
        self.plain = plain
        """The same, character for character, with plain dashes, quotes and spaces."""
        self.low = plain.lower()
        """``plain`` in lower case: what rules are matched against."""
        self.start = start
        self.end = end
        self.section = section
        """Index into ``Summary.sections``; None in the headline or brief."""
        self.kind = kind
        """The section's kind, BRIEF or HEADLINE."""
        self._after = after
        self._previous = previous
        self._counted: str | None = None
        self._words: frozenset[str] | None = None
        self._starts: list[int] | None = None
        self._other: bool | None = None

    @property
    def words(self) -> frozenset[str]:
        """The words of ``low``, cut at everything that is no letter: what a rule needs is looked up here first."""
        if self._words is None:
            self._words = frozenset(_WORDS.findall(self.low))
        return self._words

    @property
    def counted(self) -> str:
        """``low`` with its numbers as tokens (see ``counted``): what rules that count are matched against."""
        if self._counted is None:
            self._counted = counted(self.low, self.words)
        return self._counted

    @property
    def after(self) -> str:
        """``counted`` of the sentence after it in the same text."""
        return counted(self._after.lower())

    @property
    def previous(self) -> str:
        """The sentence before it in the same text, in lower case."""
        return self._previous.lower()

    @property
    def is_of_other_work(self) -> bool:
        """True if the sentence speaks of other work than this review."""
        if self._other is None:
            self._other = not self.words.isdisjoint(_OTHER_WORDS) and OTHER_WORK.search(self._unbracketed()) is not None
        return self._other

    def _unbracketed(self) -> str:
        """``low`` without what stands in brackets: "473 studies (54 ongoing)" are the review's own."""
        return _BRACKETS.sub("", self.low) if "(" in self.low else self.low

    @property
    def starts(self) -> list[int]:
        """Where its numbers begin in ``counted``, their qualifiers included."""
        if self._starts is None:
            text = self.counted
            self._starts = []
            for token in _TOKEN.finditer(text):
                at = token.start()
                qualifier = _QUALIFIED.search(text[max(0, at - 20) : at])
                self._starts.append(at - len(qualifier[0]) if qualifier else at)
        return self._starts


class Rule:
    """A pattern and the words without which it cannot match, because looking words up costs a hundredth of a search."""

    __slots__ = ("at_number", "needs", "regex")

    def __init__(self, source: str, *needs: str, at_number: bool = False) -> None:
        self.regex = re.compile(source)
        self.needs = tuple(frozenset(words.split()) for words in needs)
        """Of each set, a sentence must have one word."""
        self.at_number = at_number
        """Whether every match begins at a number or its qualifier: then nowhere else is tried."""

    def matches(self, sentence: Sentence) -> Iterator[re.Match[str]]:
        """Give the matches in the counted form of ``sentence``, as ``finditer`` does."""
        words = sentence.words
        for need in self.needs:
            if words.isdisjoint(need):
                return
        if not self.at_number:
            yield from self.regex.finditer(sentence.counted)
            return
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
    r"included)|\bnew(?:ly)? (?:identified |included |eligible |added )?(?:studies|trials)|\b(?:additional|further|more) (?:new )?"
    r"(?:studies|trials)|\b(?:ongoing|excluded|awaiting)\b|\bupdate (?:adds|added)|\badded\b|\bfuture\b|\bshould\b|\bwould\b"
)
"""Signs that a sentence speaks of other reviews, earlier versions, or what is wanted."""


_BRACKETS: Final = pattern(r"\([^()]*\)")
_OTHER_WORDS: Final = frozenset(
    [
        "previous",
        "previously",
        "earlier",
        "original",
        "prior",
        "first",
        "last",
        "older",
        "former",
        "another",
        "other",
        "existing",
        "published",
        "since",
        "compared",
        "new",
        "newly",
        "additional",
        "further",
        "more",
        "ongoing",
        "excluded",
        "awaiting",
        "update",
        "added",
        "future",
        "should",
        "would",
    ]
)
"""Every match of ``OTHER_WORK`` has one of them."""


def last_count(text: str) -> int | None:
    """Give the number of the last count of studies in ``text``."""
    value = None
    for match in _STUDY_COUNT.finditer(text):
        value = count_of(match)
    return value


_STUDY_COUNT: Final = pattern(rf"(?P<n>{NX})\s{STUDY}")


def count_of(match: re.Match[str], group: str = "n") -> int | None:
    """Give the value of a matched number; None for what may be a year."""
    return number_of(match[group])


def number_of(token: str) -> int | None:
    """Give the value of a number token; None for what may be a year."""
    return None if token[-2] in "yY" else int(token[1:-1])


_IN_DIGITS: Final = pattern(DIGITS)
_IN_WORDS: Final = pattern(WORDS)
_IN_EITHER: Final = re.compile(f"{DIGITS}|{WORDS}", re.IGNORECASE)
_TOKEN: Final = pattern(NX)
_QUALIFIED: Final = pattern(QUALIFIER.removesuffix("?") + "$")
_WORDS: Final = re.compile(r"[a-z]+")


def counted(low: str, words: frozenset[str] | None = None) -> str:
    """Give a text in lower case with its numbers as tokens: "thirty-five studies" → "N35N studies".

    ``words`` are its words, if they are known already.
    """
    low = _IN_DIGITS.sub(_token, low)
    if NUMBER_WORDS.isdisjoint(_WORDS.findall(low) if words is None else words):
        return low
    return _IN_WORDS.sub(_token, low)


def in_own_case(plain: str) -> str:
    """Give what ``counted`` gives for a text's lower case, in the text's own case."""
    return _IN_EITHER.sub(_token, plain)


def _token(match: re.Match[str]) -> str:
    value = value_of(match[0])
    return match[0] if value is None else f"N{value}{'y' if is_year(match[0]) else ''}N"


def precision_of(match: re.Match[str]) -> str:
    """Give "exact", "at_least" or "about" for a match with group ``q``."""
    qualifier = match["q"] or ""
    if not qualifier:
        return "exact"
    return "at_least" if qualifier in _AT_LEAST else "about"
