"""What the fact rules share: a sentence with its place, a candidate fact, and the phrases rules are built of."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from campbell_scraper.summary.numbers import NUMBER, is_year, value_of

BRIEF: Final = "brief"
HEADLINE: Final = "headline"
"""Kinds of place for sentences outside sections."""

SCOPE: Final = frozenset({BRIEF, HEADLINE, "aim", "included_studies", "about", "results", "search_methods", "other"})
"""Places where a sentence speaks of the review's evidence as a whole, not of one finding."""


@dataclass(slots=True, frozen=True)
class Sentence:
    """One sentence of a summary."""

    text: str
    """Verbatim."""
    plain: str
    """The same, character for character, with plain dashes, quotes and spaces."""
    start: int
    end: int
    section: int | None
    """Index into ``Summary.sections``; None in the headline or brief."""
    kind: str
    """The section's kind, BRIEF or HEADLINE."""
    counted: str = ""
    """``plain`` with its numbers as tokens (see ``counted``): what rules that count are matched against."""
    before: str = ""
    """``plain`` of the sentence before it in the same text."""
    after: str = ""
    """``plain`` of the sentence after it in the same text."""


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
    """Compile a rule; rules ignore case."""
    return re.compile(source, re.IGNORECASE)


QUALIFIER: Final = (
    r"(?:(?P<q>over|more than|at least|no fewer than|in excess of|upwards of|about|around|approximately|roughly|nearly|"
    r"almost|some|circa|close to|just over|just under|well over|an estimated)\s)?"
)
_AT_LEAST: Final = frozenset({"over", "more than", "at least", "no fewer than", "in excess of", "upwards of", "just over",
                              "well over"})  # fmt: skip

NX: Final = r"\bN\d+y?N\b"
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
_NOUN: Final = (
    r"(?:(?:studies|trials|rcts|experiments|impact evaluations|randomi[sz]ed evaluations)\b|"
    # "39 study reports" and "12 trial arms" count neither studies nor trials.
    r"(?:study|trial|rct)\b(?=\s(?:is|was|met|meets|that|which|from|with|in|of|on|conducted|included)\b|[.,;]|$))"
)
STUDY: Final = rf"{ADJ}{_NOUN}\b(?:\s\([^()]{{1,40}}\))?(?:\sstudies\b)?"
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


@lru_cache(maxsize=8)
def is_of_other_work(plain: str) -> bool:
    """Tell whether a sentence speaks of other work than this review; asked once by each group of rules."""
    return OTHER_WORK.search(plain) is not None


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


_NUMBER: Final = pattern(NUMBER)
_MAYBE_NUMBER: Final = pattern(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twel|thir|fourt|fift|sixt|seventeen|eighteen|nineteen|twent|fort|sevent|eight|ninet|a hundred|a thousand)"
)


def counted(plain: str) -> str:
    """Give ``plain`` with its numbers as tokens: "thirty-five studies" → "N35N studies"."""
    return _NUMBER.sub(_token, plain) if _MAYBE_NUMBER.search(plain) else plain


def _token(match: re.Match[str]) -> str:
    value = value_of(match[0])
    return match[0] if value is None else f"N{value}{'y' if is_year(match[0]) else ''}N"


def precision_of(match: re.Match[str]) -> str:
    """Give "exact", "at_least" or "about" for a match with group ``q``."""
    qualifier = (match["q"] or "").lower()
    if not qualifier:
        return "exact"
    return "at_least" if qualifier in _AT_LEAST else "about"
