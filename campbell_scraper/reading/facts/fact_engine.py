"""Evidence facts from the sentences of an English summary, each with the sentence it was read from.

Rules propose candidates; a fact is kept only if the strongest rules that found it agree on one value. A fact whose
precision cannot be shown is not extracted: a missing value is found by a reader, a wrong one is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from campbell_scraper.items import EvidenceFact, Summary
from campbell_scraper.reading.summary.heading_kinds import KINDS, OTHER
from campbell_scraper.reading.summary.sentences import plain, sentences

from .counts import is_contrasted
from .grammar import BRIEF, HEADLINE, NOUN_OF_STUDY, NUMBER, NX, SCOPE, STUDY, Candidate, Sentence, Texts, need, pattern
from .implied_facts import DEFINITE, UNDERSTOOD
from .people import participant_candidates
from .places import OF_MOST_STUDIES, PLACES, country_candidates, design_candidates
from .search_dates import date_candidates
from .studies import study_candidates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FACTS: Final = (
    "studies_included",
    "studies_identified",
    "studies_analysed",
    "participants",
    "search_date",
    "publication_window",
    "countries",
    "study_designs",
    "reports",
    "interventions",
)
_MANY: Final = frozenset({"countries", "study_designs"})
"""Facts with one row per value; all others have one value or none."""
_MAX_TEXT: Final = 50_000
"""Characters of a section that are read for facts: no summary is longer, and a hostile page may be."""

_FINDINGS: Final = frozenset({*KINDS, OTHER} - SCOPE - {"up_to_date", "methods", "data_collection"})
_OF_THE_WHOLE: Final = (
    "review",
    " map",
    "criteria",
    "evidence",
    "includ",
    "eligible",
    "analysis",
    "synthesis",
    "of the studies",
    " met",
    " meet",
    " fulfil",
    " satisf",
    "suitable",
    "qualif",
)
"""Among findings, no rule matches without one of these."""
_NO_MORE: Final = pattern(
    rf"^(?:a total of |in total,? |overall,? |in all,? )?{NX} {STUDY} were (?:identified|located)"
    r"(?: (?:in|by|through) (?:the|our) search(?:es)?)?\.?$"
)
"""All that a sentence says is how many studies were found."""
_NONE: Final = need("no none zero not any")
_COUNTED: Final = NUMBER | _NONE
_MAX_SENTENCE: Final = 2_000
"""Characters of a sentence: rules look ahead within it, so that an endless one would take their square."""


def facts_of(summary: Summary) -> list[EvidenceFact]:
    """Return the facts stated in ``summary``, in the order of ``FACTS`` and then of the page."""
    found: list[Candidate] = []
    read = _sentences_of(summary)
    for sentence in read:
        if sentence.bits & _COUNTED:
            found.extend(study_candidates(sentence))
        if "19" in sentence.low or "20" in sentence.low:
            found.extend(date_candidates(sentence))
        if sentence.kind in PLACES:
            found.extend(country_candidates(sentence))
            found.extend(design_candidates(sentence))
        elif sentence.kind == "main_results" and OF_MOST_STUDIES.match(sentence.low):
            found.extend(country_candidates(sentence))
    if any(c.fact == "studies_included" and c.number for c in found):
        # "No studies met the criteria for the first question": some did for another.
        found = [c for c in found if c.fact != "studies_included" or c.number]
    kept = _settled(found)
    if identified := next((c for c in kept if c.fact == "studies_identified"), None):
        kept = _settled(_as_included(found) if _is_all_there_is(identified, kept) else found)
        kept = [c for c in kept if c.fact != "studies_identified" or not _is_all_there_is(c, kept)]
    analysed = {c.value for c in found if c.fact == "studies_analysed"}
    # "The 73 studies", of which 52 were analysed: those identified.
    analysed |= {c.value for c in kept if c.fact == "studies_identified"}
    if analysed and any(c.fact == "studies_included" and c.tier == DEFINITE and c.value in analysed for c in kept):
        # "The 44 studies" after an analysis of 44: those analysed, and not all.
        kept = _settled(c for c in found if c.fact != "studies_included" or c.tier < DEFINITE)
    studies = next((c.number for c in kept if c.fact == "studies_included"), None)
    kept = [c for c in kept if c.fact != "reports" or _is_of_all(c, found, studies)]
    # "4,026 in the USA" of 28 studies are people.
    kept = [c for c in kept if c.fact != "countries" or not studies or (c.number or 0) <= studies]
    kept += _settled([c for sentence in read for c in participant_candidates(sentence, studies)])
    kept.sort(key=lambda candidate: FACTS.index(candidate.fact))
    return [_fact(candidate) for candidate in kept]


def _is_all_there_is(identified: Candidate, kept: Sequence[Candidate]) -> bool:
    """Return whether no smaller number of studies, included or analysed, is set against the studies ``identified``."""
    smaller = [c for c in kept if c.fact in ("studies_included", "studies_analysed")]
    if any(c.fact == "studies_included" and (c.number or 0) > (identified.number or 0) for c in smaller):
        return True  # found for one question, of more that are included
    if smaller:
        return all((c.number or 0) >= (identified.number or 0) for c in smaller)
    return not is_contrasted(
        identified.sentence, identified.sentence.counted.find(f"N{identified.value}N"), identified.number
    )


def _is_of_all(reports: Candidate, found: Iterable[Candidate], studies: int | None) -> bool:
    """Return whether the studies in the sentence of ``reports``, if it counts any, are all, and not a part."""
    beside = {c.number for c in found if c.fact == "studies_included" and c.sentence is reports.sentence}
    return not beside or studies in beside


def _as_included(found: Iterable[Candidate]) -> Iterator[Candidate]:
    """Take what was found as included: "a total of 30 studies were identified", and nothing is said to be left out."""
    for candidate in found:
        if candidate.fact != "studies_identified":
            yield candidate
        elif _NO_MORE.match(candidate.sentence.counted):
            yield replace(candidate, fact="studies_included", tier=UNDERSTOOD)


def _fact(candidate: Candidate) -> EvidenceFact:
    sentence = candidate.sentence
    return EvidenceFact(
        fact=candidate.fact,
        value=candidate.value,
        number=candidate.number,
        precision=candidate.precision,
        section=sentence.section,
        quote=sentence.text,
        quote_start=sentence.start,
        quote_end=sentence.end,
    )


def _sentences_of(summary: Summary) -> list[Sentence]:
    found: list[Sentence] = []
    if summary.headline:
        found += _split(summary.headline, None, HEADLINE)
    if summary.brief:
        found += _split(summary.brief, None, BRIEF)
    for index, section in enumerate(summary.sections):
        if section.text:
            found += _split(section.text, index, section.kind)
    return found


def _split(text: str, section: int | None, kind: str) -> Iterator[Sentence]:
    """Yield the sentences of a text in which a rule may find something."""
    text = text[:_MAX_TEXT]
    plain_text = plain(text)
    low = plain_text.lower()
    if len(low) != len(text):  # "İ" has two small letters: offsets would not hold
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in plain_text)
    findings = kind in _FINDINGS
    if findings and not _is_of_the_whole(low):
        return
    texts = Texts(text, plain_text, low)
    anything = kind in PLACES
    if not anything and not _says(texts.bits, findings=findings):
        return
    texts.spans = sentences(text)
    for index, (start, end) in enumerate(texts.spans):
        if end - start > _MAX_SENTENCE or (findings and not _is_of_the_whole(low[start:end])):
            continue
        sentence = Sentence(texts, index, section, kind)
        if anything or _says(sentence.bits, findings=findings):
            yield sentence


def _says(bits: int, *, findings: bool) -> bool:
    """Return whether a text has a number, or says that there is none; among findings it must be of studies."""
    if bits & NUMBER:
        return not findings or bits & NOUN_OF_STUDY != 0
    return bits & _NONE != 0 and bits & NOUN_OF_STUDY != 0


def _is_of_the_whole(low: str) -> bool:
    """Return whether a text among findings has a word with which it would state a fact of the whole review."""
    for word in _OF_THE_WHOLE:  # noqa: SIM110 - any() of a generator takes four times as long
        if word in low:
            return True
    return False


def _settled(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Keep, for each fact, the first candidate of the strongest tier, if that tier has one value."""
    by_fact: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_fact.setdefault(candidate.fact, []).append(candidate)
    kept: list[Candidate] = []
    for fact, group in by_fact.items():
        if all(candidate.is_part for candidate in group):
            continue
        if len(group) == 1:
            kept.append(group[0])
        elif fact in _MANY:
            kept.extend(_settled_values(group))
        else:
            tier = min(candidate.tier for candidate in group)
            strongest = [candidate for candidate in group if candidate.tier == tier]
            if len({candidate.value for candidate in strongest}) == 1 and not strongest[0].is_part:
                kept.append(strongest[0])
    return kept


def _settled_values(group: list[Candidate]) -> list[Candidate]:
    """Keep each value once, with its count if all that give one agree."""
    by_value: dict[str, Candidate | None] = {}
    for candidate in group:
        known = by_value.setdefault(candidate.value, candidate)
        if known is None or candidate.number is None or candidate.number == known.number:
            continue
        by_value[candidate.value] = candidate if known.number is None else None
    return [candidate for candidate in by_value.values() if candidate is not None]
