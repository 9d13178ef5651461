"""Evidence facts from the sentences of an English summary, each with the sentence it was read from.

Rules (``RULES``) propose candidates; a fact is kept only if the strongest rules that found it agree on one value:
readers notice a missing value, but not a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from campbell_scraper.items import EvidenceFact
from campbell_scraper.reading.summary.sentences import plain, sentences

from .conditions import CONDITIONS, holds, is_whole, value_of_token
from .date_rules import SEARCHES, WINDOWS
from .matching import Compiled, Sentence, Text, bits_of
from .people_rules import PEOPLE
from .place_rules import COUNTRIES, DESIGNS
from .places import names_in
from .rule import ANYWHERE, BRIEF, DEFINITE, HEADLINE, WHOLE, Rule
from .search_dates import PARTIAL, is_updated, searched_on
from .study_rules import FLOW, IMPLIED, INCLUDED

if TYPE_CHECKING:
    from campbell_scraper.items import Summary

FACTS: Final = (
    *("studies_included", "studies_identified", "studies_analysed", "participants", "search_date"),
    *("publication_window", "countries", "study_designs", "reports", "interventions"),
)
_MANY: Final = frozenset({"countries", "study_designs"})
"""Facts with one row per value; all others have one value or none."""
_LATER: Final = frozenset({"participants", "reports"})
"""Facts read last: the number of studies they refer to (group ``k``) must be the number included."""
RULES: Final = (*INCLUDED, *IMPLIED, *FLOW, *SEARCHES, *WINDOWS, *COUNTRIES, *DESIGNS, *PEOPLE)
_COMPILED: Final = [Compiled(rule) for rule in RULES]
_MAX_TEXT: Final = 50_000
"""Characters of a section that are read for facts: no summary is longer, and a hostile page may be."""
_MAX_SENTENCE: Final = 2_000
"""Characters of the longest sentence that is read: rules look ahead, so that their time grows with its square."""
_AT_LEAST: Final = ("over", "more than", "at least", "no fewer than", "in excess of", "upwards of")
_FEWEST, _LEAST_SIZE = 10, 500
"""Smaller numbers of people are those of one study; a smaller "over N" may be the least size of each study."""


Texts = tuple[tuple[str, "int | None", str], ...]
"""Headline, brief and sections of a summary: each text, the index of its section, and what it is about."""


@dataclass(slots=True, frozen=True)
class Candidate:
    """A fact a rule read in a sentence."""

    rule: Rule
    strength: int
    match: re.Match[str]
    sentence: Sentence
    value: str
    number: int | None = None
    precision: str | None = None


def facts_of(summary: Summary) -> list[EvidenceFact]:
    """Return the facts stated in ``summary``, in the order of ``FACTS`` and then of the page."""
    return [replace(fact) for fact in _facts_in(texts_of(summary))]


def texts_of(summary: Summary) -> Texts:
    """Return the texts of ``summary`` that facts are read from."""
    first = ((summary.headline or "", None, HEADLINE), (summary.brief or "", None, BRIEF))
    return *first, *((section.text, index, section.kind) for index, section in enumerate(summary.sections))


@lru_cache(maxsize=4096)  # a review's page, its REST answer and their later captures have the same summary
def _facts_in(texts: Texts) -> tuple[EvidenceFact, ...]:
    kept = sorted(settled(candidates_in(texts)), key=lambda candidate: FACTS.index(candidate.rule.fact))
    return tuple(map(_fact, kept))


def candidates_in(texts: Texts) -> list[Candidate]:
    """Return what the rules read in the texts of one summary."""
    read = list(_sentences_of(texts))
    candidates = [one for sentence, rules in read for one in _candidates(sentence, rules, None, later=False)]
    studies = next((c.number for c in settled(candidates) if c.rule.fact == "studies_included"), None)
    return candidates + [one for sentence, rules in read for one in _candidates(sentence, rules, studies, later=True)]


def _sentences_of(texts: Texts) -> Iterator[tuple[Sentence, tuple[Compiled, ...]]]:
    """Yield the sentences in which a rule may match, with those rules."""
    for whole, section, kind in texts:
        verbatim = whole[:_MAX_TEXT]
        plain_text = plain(verbatim)
        low = plain_text.lower()
        if len(low) != len(verbatim):  # "İ" has two small letters: offsets would not hold
            low = "".join(c.lower() if len(c.lower()) == 1 else c for c in plain_text)
        if kind not in WHOLE and not _rules_for(bits_of(low), kind):
            continue
        text = Text(verbatim, plain_text, low, section, kind, sentences(verbatim))
        for index, (start, end) in enumerate(text.spans):
            bits = bits_of(low[start:end])
            if end - start <= _MAX_SENTENCE and (rules := _rules_for(bits, kind)):
                yield Sentence(text, index, bits), rules


@lru_cache(maxsize=4096)
def _rules_for(bits: int, kind: str) -> tuple[Compiled, ...]:
    """Return the rules for a kind of section that may match in a text of these bits."""
    return tuple(
        one
        for one in _COMPILED
        if bits & one.needs == one.needs and (kind in one.rule.places or one.rule.places is ANYWHERE)
    )


def _candidates(
    sentence: Sentence, rules: Iterable[Compiled], studies: int | None, *, later: bool
) -> Iterator[Candidate]:
    for one in rules:
        if (one.rule.fact in _LATER) is later:
            for match in one.matches(sentence):
                if holds(one.rule, match, sentence, studies):
                    yield from _READERS.get(one.rule.fact, _count)(one.rule, match, sentence, studies)


def _count(rule: Rule, match: re.Match[str], sentence: Sentence, studies: int | None) -> Iterator[Candidate]:
    """Read a count of studies, reports or interventions, unless it counts only some."""
    groups = match.re.groupindex
    if "none" in groups:
        yield Candidate(rule, rule.strength, match, sentence, "0", 0, "exact")
        return
    if "k" in groups and studies is not None and value_of_token(match["k"]) != studies:
        return
    bare = rule.fact == "studies_included" and rule.pattern.startswith("{N}") and not rule.given
    if is_whole(match, bare=bare, beside_others=rule.fact == "studies_analysed"):
        yield _number(rule, match, sentence)


def _number(rule: Rule, match: re.Match[str], sentence: Sentence) -> Candidate:
    qualifier = match["q"] if "q" in match.re.groupindex else None
    precision = "exact" if not qualifier else "at_least" if qualifier.endswith(_AT_LEAST) else "about"
    number = value_of_token(match["n"])
    return Candidate(rule, rule.strength, match, sentence, str(number), number, precision)


def _people(rule: Rule, match: re.Match[str], sentence: Sentence, studies: int | None) -> Iterator[Candidate]:
    """Read a number of people, if it is large enough for all studies and not given for some of them."""
    of_studies = match["k"] if "k" in match.re.groupindex else None
    people = _number(rule, match, sentence)
    least = max(_LEAST_SIZE, _FEWEST * (studies or 0)) if people.precision == "at_least" else max(_FEWEST, studies or 0)
    if (people.number or 0) >= least and (of_studies is None or value_of_token(of_studies) == studies):
        yield people


def _search(rule: Rule, match: re.Match[str], sentence: Sentence, _: int | None) -> Iterator[Candidate]:
    latest = is_updated(match.string)
    if date := searched_on(match.string, match["d"], latest=latest):
        in_place = sentence.text.kind == "up_to_date"
        strength = (1 if in_place else 3) + (PARTIAL.search(match.string) is not None) - (in_place and latest)
        precision = ("year", "month", "day")[date.count("-")]
        yield Candidate(rule, strength, match, sentence, date, None, precision)


def _window(rule: Rule, match: re.Match[str], sentence: Sentence, _: int | None) -> Iterator[Candidate]:
    if match["s"][:4] <= match["d"][:4]:
        yield Candidate(rule, rule.strength, match, sentence, f"{match['s']}/{match['d']}", None, "year")


def _many(rule: Rule, match: re.Match[str], sentence: Sentence, _: int | None) -> Iterator[Candidate]:
    """Read the countries or designs of a list, with the number of studies in each."""
    each = value_of_token(match["n"]) if "n" in match.re.groupindex else None
    for name, own in names_in(match["list"]):
        number = each if own is None else own
        yield Candidate(rule, rule.strength, match, sentence, name, number, None if number is None else "exact")


_READERS: Final[dict[str, Callable[[Rule, re.Match[str], Sentence, int | None], Iterator[Candidate]]]] = {
    "participants": _people,
    "search_date": _search,
    "publication_window": _window,
    "countries": _many,
    "study_designs": _many,
}


def settled(candidates: list[Candidate]) -> list[Candidate]:
    """Keep what agrees, and weigh the numbers of studies found, included and analysed against each other."""
    if any(c.rule.fact == "studies_included" and c.number for c in candidates):
        # "No studies met the criteria for the first question": some did for another.
        candidates = [c for c in candidates if c.rule.fact != "studies_included" or c.number]
    kept = _agreed(candidates)
    kept = [c for c in kept if c.rule.fact != "studies_identified" or not _is_all_there_is(c, kept)]
    others = {c.value for c in candidates if c.rule.fact == "studies_analysed"}
    others |= {c.value for c in kept if c.rule.fact == "studies_identified"}
    if any(c.rule.fact == "studies_included" and c.strength == DEFINITE and c.value in others for c in kept):
        # "The 44 studies" after an analysis of 44: those analysed, and not all.
        kept = _agreed([c for c in candidates if c.rule.fact != "studies_included" or c.strength < DEFINITE])
    studies = next((c.number for c in kept if c.rule.fact == "studies_included"), None)
    # In a review of 28 studies, "4,026 in the USA" and "of these, 3,900 were analysed" are people.
    few = ("countries", "studies_analysed") if studies else ()
    return [c for c in kept if c.rule.fact not in few or (c.number or 0) <= (studies or 0)]


def _is_all_there_is(identified: Candidate, kept: list[Candidate]) -> bool:
    """Return whether no smaller number of included or analysed studies stands beside the studies ``identified``."""
    whole = identified.number or 0
    included = [c.number or 0 for c in kept if c.rule.fact == "studies_included"]
    smaller = included + [c.number or 0 for c in kept if c.rule.fact == "studies_analysed"]
    if not smaller:
        return not CONDITIONS["contrasted"](identified.match, identified.sentence, None)
    return max(included, default=0) > whole or min(smaller) >= whole


def _agreed(candidates: list[Candidate]) -> list[Candidate]:
    """Keep each country and design, and of any other fact the first of the strongest candidates, if they agree."""
    by_fact: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_fact.setdefault(candidate.rule.fact, []).append(candidate)
    kept: list[Candidate] = []
    for fact, group in by_fact.items():
        if fact in _MANY:
            by_value: dict[str, Candidate] = {}
            for one in group:
                if by_value.setdefault(one.value, one).number is None:
                    by_value[one.value] = one
            kept += by_value.values()
            continue
        strength = min(candidate.strength for candidate in group)
        strongest = [candidate for candidate in group if candidate.strength == strength]
        if len({candidate.value for candidate in strongest}) == 1:
            kept.append(strongest[0])
    return kept


def _fact(candidate: Candidate) -> EvidenceFact:
    sentence = candidate.sentence
    return EvidenceFact(
        fact=candidate.rule.fact,
        value=candidate.value,
        number=candidate.number,
        precision=candidate.precision,
        section=sentence.text.section,
        quote=sentence.text.verbatim[sentence.start : sentence.end],
        quote_start=sentence.start,
        quote_end=sentence.end,
    )
