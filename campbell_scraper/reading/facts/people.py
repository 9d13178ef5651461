"""How many people took part in all the studies together."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .grammar import (
    ADJ,
    BRACKETS,
    NOUN,
    NUMBER,
    NX,
    SCOPE,
    STUDY,
    Candidate,
    N,
    Sentence,
    count_of,
    counted,
    last_count,
    need,
    pattern,
    precision_of,
)
from .parts import (
    AND_OTHERS,
    DID_ELSE,
    EACH,
    FEW_OF,
    FOR_SOME,
    IN_ANALYSIS,
    IN_PLACES_OF,
    MORE_PEOPLE,
    MOST_OF_THEM,
    OF_DESIGN,
    OF_SOME_STUDIES,
    ON_SOMETHING,
    OR_MORE,
    OTHER_END,
    PART,
    PART_OF_THEM,
    PART_WORDS,
    RANGE,
    RESIDENTS,
    SECOND_PEOPLE,
    SIZES,
    SOME_OF_THEM,
)
from .persons import (
    ACROSS_ALL,
    ALL_SUBJECT,
    ALL_TOOK_PART,
    BEFORE_ALONE,
    DATA_OF,
    DATA_WERE,
    DIRECTLY,
    IN_ALL,
    IN_ALL_PEOPLE,
    IN_ALL_STUDIES,
    IN_STUDIES,
    LABELLED,
    NAMES_PERSONS,
    NUMBERED,
    OF_DATA,
    OF_PERSONS,
    OF_STUDIES,
    OF_THEM,
    PARTICIPANTS_WERE,
    PEOPLE,
    SAID_OF_ALL,
    SAMPLE_IS,
    STUDIED,
    THE_PARTICIPANTS,
    THEIR_PARTICIPANTS,
    THEY_HAD,
    TOOK_PART,
    TOTAL_AFTER,
    TOTAL_ALONE,
    TOTAL_BEFORE,
    WERE_STUDIED,
)

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

_CLAUSE_BEGINS: Final = pattern(r"[;:] |, (?:and|but|while|so) ")
_CLAUSE_END: Final = pattern(
    r"[;:]|, (?:who|whose|ranging|varying|aged|mostly|mainly|(?:most|half|all|both|some|many|N\d+N|two thirds|a third|the majority|N\d+N thirds) of whom|of whom)\b"
)
"""Where another clause begins, or one that only tells what the people are like."""
_IN_BRACKETS: Final = pattern(rf"(?<=\()(?:total )?n ?= ?{N}(?=\))")
_STUDY_ENDS: Final = ("studies (", "trials (", "rcts (", "evaluations (", "experiments (")
_THE_STUDIES: Final = pattern(r"^(?:all )?the (?:included |eligible )?(?:studies|trials|evaluations|rcts)\b")
"""At the head of a section: all that the review has."""
_BARE_COUNT: Final = pattern(rf"^(?:[a-z ]{{0,12}},?\s)?(?P<n>{NX})\s(?:were|are)\s(?:finally\s)?included\b")
_WITH: Final = pattern(
    r"(?: in (?:this|the) (?:\w+ )?review)?,? (?:with|involving|covering|including|enrolling) (?:data (?:from|on) )?$"
)
_STUDY_COUNT: Final = pattern(
    rf"(?P<n>{NX})\s{ADJ}(?:{NOUN}|(?:study|trial)\b(?= (?:had|has|recruited|enrolled|involved|followed)\b))"
)


_TOLD: Final = pattern(rf"(?P<n>{NX})\s(?:{STUDY}|of (?:these|those|them)\b|(?:were|are) (?:finally )?included\b)")
_PARTS: Final = 2
"""Counts that may be one whole and a part of it; more are a whole and its parts, if they add up."""
_GOES_ON: Final = pattern(
    r"(?:all|most|nearly all|almost all|they|these|the majority|the (?:included )?(?:studies|trials))\b(?! (?:studies|trials) (?:of|on|in)\b)"
)
_TOTAL_OF: Final = need(
    "studies study trials trial rcts rct experiments evaluations total altogether overall all combined "
    "together they these included participants sample majority took data based"
)
"""Every statement of a total has one of them."""
_ALTOGETHER: Final = need("total all altogether told overall added add totalled totaled came amounted")
"""Every match of ``TOTAL_ALONE`` has one of them."""
_BIG: Final = pattern(r"N\d{2,}N\b")
_NEAR: Final = 150
"""Characters before a number in which is said what else it counts."""
_MANY_EACH: Final = 100
_DEFINITE: Final = 3
"""Tier of "the 1,740 participants", which only says that a number was, or could have been, told before."""
_LEAST_SIZE: Final = 500
"""A smaller "over N" may be the least size of each study."""
_FEWEST: Final = 10
"""Smaller numbers of people are those of one study."""


def participant_candidates(sentence: Sentence, studies: int | None) -> Iterator[Candidate]:
    """Yield the total of participants ``sentence`` states; ``studies`` is the number of included studies, if known.

    A number of people counts only beside the number of all included studies, where the text calls it the total, or where
    it says it of "the studies" as such.
    """
    bits = sentence.bits
    if (
        not bits & NUMBER
        or not bits & NAMES_PERSONS
        or not bits & _TOTAL_OF
        or sentence.kind not in SCOPE
        or not sentence.starts
    ):
        return
    text = sentence.counted
    if not _BIG.search(text) or (sentence.is_of_other_work and " total of " not in text):
        return
    people = _people_in(sentence, studies)
    found = False
    if people:
        counts = [match for match in _STUDY_COUNT.finditer(text) if count_of(match) is not None]
        for match in people:
            if (tier := _tier(match, sentence, studies, counts, alone=len(people) == 1)) is not None:
                found = True
                yield from _make(match, sentence, studies or 0, tier)
    if not found:
        for match in _totals(sentence, people=bool(people)):
            if _is_of_all_designs(match[0], sentence) and (last_count(text) or _told_before(sentence)) in (
                None,
                studies,
            ):
                yield from _make(match, sentence, studies or 0, 2)


def _totals(sentence: Sentence, *, people: bool) -> Iterator[re.Match[str]]:
    """Yield the totals whose noun does not stand behind them; some are such also beside other numbers of ``people``."""
    text = sentence.counted
    if sentence.bits & _ALTOGETHER:
        for start in sentence.starts:
            match = TOTAL_ALONE.match(text, start)
            before = BEFORE_ALONE.search(text, max(0, start - _NEAR), start) if match else None
            if match and before and (before["total"] or match["bracketed"] is None):
                yield match
    if people or FOR_SOME.match(text) or (sentence.bits & PART_WORDS and PART.search(SIZES.sub("", text))):
        return
    for rule in (SAMPLE_IS, NUMBERED, IN_ALL, LABELLED):
        yield from rule.finditer(text)
    if " of them" in text and OF_PERSONS.match(sentence.previous):
        yield from OF_THEM.finditer(text)


def _people_in(sentence: Sentence, studies: int | None) -> list[re.Match[str]]:
    """Return the numbers of people that may be all; not those of one group or study, and not those that add up to another."""
    text = sentence.counted
    people = [match for start in sentence.starts if (match := PEOPLE.match(text, start))]
    if _is_sum(people):
        text = text[: people[0].end()]
        people = people[:1]
    if sentence.bits & PART_WORDS and PART.search(text):
        people = [match for match in people if not PART.search(_clause_of(match, text))]
    if not people and "(n" in sentence.low:
        return [match for match in _IN_BRACKETS.finditer(text) if _is_sample_size(match, text, studies)]
    return people


def _clause_of(match: re.Match[str], text: str) -> str:
    """Return what a sentence says around a number of people, without other clauses and other brackets."""
    if not _is_bracketed(text, match.start()):
        text = BRACKETS.sub(lambda aside: " " * len(aside[0]), text)
    start = max(text.rfind(sign, 0, match.start()) for sign in ";:") + 1
    end = _CLAUSE_END.search(text, match.end())
    if TOTAL_BEFORE.search(text, start, match.start()) or TOTAL_AFTER.match(text[match.end() :]):
        # Sizes of single studies may stand beside what is called the total.
        return SIZES.sub("", text[start : end.start() if end else len(text)])
    return text[start : end.start() if end else len(text)]


def _is_bracketed(text: str, at: int) -> bool:
    return text.rfind("(", 0, at) > text.rfind(")", 0, at)


def _is_sample_size(match: re.Match[str], text: str, studies: int | None) -> bool:
    """Return whether "(n = 3,045)" behind the count of all studies gives their participants."""
    before = last_count(text[: match.start()])
    return studies is not None and before == studies and text[: match.start()].endswith(_STUDY_ENDS)


def _tier(
    match: re.Match[str], sentence: Sentence, studies: int | None, counts: list[re.Match[str]], *, alone: bool
) -> int | None:
    """Tell how surely a number of people is that of all studies; None if it may be that of some."""
    text = sentence.counted
    start = match.start("q") if match["q"] else match.start("n")
    head, rest = text[:start], text[match.end() :]
    near = max(0, start - _NEAR)
    if (
        IN_PLACES_OF.search(text, near, start)
        or SECOND_PEOPLE.search(text, near, start)
        or OF_SOME_STUDIES.search(head)
    ):
        return None
    values = {count_of(count) for count in counts}
    of_these_only = values <= {studies}
    if _follows_count(text, start, studies, counts) or (alone and _is_in_all_studies(sentence, head, rest, studies)):
        return 1
    if FOR_SOME.match(text) or not (of_these_only or _adds_up(counts, studies)):
        return None
    if IN_ALL_PEOPLE.match(head) and not WERE_STUDIED.match(rest):
        return None
    total = TOTAL_BEFORE.search(text, near, start) or TOTAL_AFTER.match(rest)
    if TOOK_PART.match(rest) or (total and _speaks_of_all(head, rest, sentence, counts)):
        return 1
    return _understood(match, sentence, head, studies, values) if alone and of_these_only and not total else None


def _speaks_of_all(head: str, rest: str, sentence: Sentence, counts: list[re.Match[str]]) -> bool:
    """Return whether a clause with a total has no other subject than all the studies, or the people themselves."""
    if IN_ANALYSIS.match(rest) or SOME_OF_THEM.search(head):
        return False
    if counts and counts[0].end() <= len(head):
        return True
    clause = _last_clause(head)
    return ALL_SUBJECT.match(clause) is not None and _is_of_all_designs(clause, sentence)


def _is_of_all_designs(clause: str, sentence: Sentence) -> bool:
    """Return whether a clause names no design, or one that the sentence before gives all studies ("random…" as "randomly")."""
    design = OF_DESIGN.search(clause)
    return design is None or design[0][:6] in sentence.previous


def _last_clause(head: str) -> str:
    return head[max((sign.end() for sign in _CLAUSE_BEGINS.finditer(head)), default=0) :]


def _understood(
    match: re.Match[str], sentence: Sentence, head: str, studies: int | None, values: set[int | None]
) -> int | None:
    """Tell how surely the only people of a sentence, which counts no other studies, are those of all of them."""
    text = sentence.counted
    if (
        FEW_OF.search(text)
        or PART_OF_THEM.search(head)
        or PART_OF_THEM.search(MOST_OF_THEM.sub("", text[: match.end()] + text[match.end() :].partition(", ")[0]))
    ):
        return None
    told = studies is not None and (
        studies in values
        or _told_before(sentence) == studies
        or (not sentence.previous and _THE_STUDIES.match(text) is not None)
    )
    if _they_had(match, head, studies, told=told) or (told and not head and ALL_TOOK_PART.match(text[match.end() :])):
        return 2
    if told and (
        (OF_DATA.match(head) and not ON_SOMETHING.match(text[match.end() :]))
        or (DATA_OF.match(head) and DATA_WERE.match(text[match.end() :]))
    ):
        return 2
    if studies is not None and _beside(match, sentence, studies, values):
        return 2
    definite = (
        studies is not None
        and THE_PARTICIPANTS.search(head)
        and DIRECTLY.match(text, match.end("n"))
        and SAID_OF_ALL.match(text[match.end() :])
    )
    return _DEFINITE if definite and _told_before(sentence) == studies else None


def _told_before(sentence: Sentence) -> int | None:
    """Return the count of studies the sentence before ends with, or the one before that, if it goes on about the same."""
    before = _last_told(sentence.previous)
    if before is None and _GOES_ON.match(sentence.previous):
        return _last_told(sentence.before(2))
    return before


def _last_told(low: str) -> int | None:
    """Return the number of the last count of studies in a sentence, "23 of these" among them."""
    told = [count_of(match) for match in _TOLD.finditer(BRACKETS.sub("", counted(low)))]
    if len(told) > _PARTS and told[0] == sum(part or 0 for part in told[1:]):
        return told[0]  # "43 studies: 27 trials, 12 quasi-experimental studies and four single-group studies"
    return told[-1] if told else None


def _is_in_all_studies(sentence: Sentence, head: str, rest: str, studies: int | None) -> bool:
    """Return whether the people are said to be in "the studies", or in as many as there are: "across these 14 studies, …"."""
    within = ACROSS_ALL.match(head)
    if within is not None and within["x"] is None and not STUDIED.match(rest):
        return False
    within = within or IN_ALL_STUDIES.match(rest)
    if (
        within is None
        or FEW_OF.search(head)
        or not (within.string is head or ALL_SUBJECT.match(_last_clause(head)) or THE_PARTICIPANTS.search(head))
    ):
        return False
    if within["n"] is not None:
        return count_of(within) == studies
    return _told_before(sentence) in (None, studies)


def _follows_count(text: str, start: int, studies: int | None, counts: list[re.Match[str]]) -> bool:
    """Return whether the people at ``start`` are said of the last count of studies before them, and that is of all.

    Not so in "81 studies, including 44 with …".
    """
    before = [count for count in counts if count.end() <= start]
    if not _is_bracketed(text, start):
        # "18 studies (16 trials and two cohort studies), with …": of the 18.
        before = [count for count in before if not _is_bracketed(text, count.start())]
    return (
        studies is not None
        and bool(before)
        and count_of(before[-1]) == studies
        and not PART_OF_THEM.search(BRACKETS.sub("", text[:start]))
        and OF_STUDIES.match(BRACKETS.sub("", text[before[-1].end() : start])) is not None
    )


def _they_had(match: re.Match[str], head: str, studies: int | None, *, told: bool) -> bool:
    """Return whether "the studies", or "they" where the count of all was just ``told``, had these people."""
    said = BRACKETS.sub("", head).replace("  ", " ") if "(" in head else head
    if not THEY_HAD.search(said):
        return False
    if told or said.startswith("it ") or "they" in said or "these" in said:
        return told and (studies == 1 or not said.startswith("it "))
    # "The studies had over 100 pupils" may be said of each; not so of thousands.
    return match["q"] is None or (studies is not None and (count_of(match) or 0) >= _MANY_EACH * studies)


def _beside(match: re.Match[str], sentence: Sentence, studies: int, values: set[int | None]) -> bool:
    """Return whether the people stand beside the count of all studies: "2,310 adults in 19 studies"."""
    text = sentence.counted
    start = match.start("q") if match["q"] else match.start("n")
    if not values and THEIR_PARTICIPANTS.match(text[:start]):
        return _told_before(sentence) in (None, studies)
    if studies in values and PARTICIPANTS_WERE.search(text[:start]):
        return True
    if (behind := IN_STUDIES.match(text[match.end() :])) and count_of(behind) == studies:
        return True
    bare = _BARE_COUNT.match(text)
    return bool(bare and count_of(bare) == studies and _WITH.match(text, bare.end(), start))


def _adds_up(counts: list[re.Match[str]], studies: int | None) -> bool:
    """Return whether the first count is of all studies, and the others are its parts."""
    first, *parts = (count_of(count) for count in counts)
    return first == studies and sum(part or 0 for part in parts) == studies


def _is_sum(people: list[re.Match[str]]) -> bool:
    """Return whether the first number of people is that of the others together: "219 children: 116 in …, 103 in …"."""
    first, *parts = (count_of(match) or 0 for match in people) if people else (0,)
    return len(parts) > 1 and first == sum(parts)


def _make(match: re.Match[str], sentence: Sentence, studies: int, tier: int) -> Iterator[Candidate]:
    qualified = "q" in match.re.groupindex
    start = match.start("q") if qualified and match["q"] else match.start("n")
    if RANGE.search(sentence.counted[max(0, start - 40) : start]):
        return
    rest = sentence.counted[match.end() :]
    if RESIDENTS.match(rest) or DID_ELSE.match(rest) or EACH.match(rest) or AND_OTHERS.match(rest):
        return
    if OTHER_END.match(sentence.counted[match.end("n") :]) or MORE_PEOPLE.match(rest):
        return
    number = count_of(match)
    if (
        number is None
        or number < max(_FEWEST, studies)
        or OR_MORE.match(sentence.counted, match.end("n"))
        or OR_MORE.match(rest)
    ):
        return
    precision = precision_of(match) if qualified else "exact"
    if precision == "at_least" and number < max(_LEAST_SIZE, _FEWEST * studies):
        return  # "studies with more than 50 participants"
    yield Candidate("participants", str(number), sentence, number, precision, tier)
