"""Conditions of rules: the words around a match, and the other numbers of its sentence and of the one before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from .matching import Sentence, needs_of
from .parts import composed
from .rule import Rule
from .search_dates import is_of_something_else, is_updated
from .signs import SIGNS

Condition = Callable[[re.Match[str], Sentence, int | None], bool]
"""A test of a match; its last argument is the number of included studies, if that is known."""


def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(composed(source))


_NEAR: Final = 150
"""Characters before a match that are searched for signs."""
_BRACKETS: Final = re.compile(r"\([^()]*\)")
_ASIDE: Final = _pattern(r"\([^()]*\)|, {with_people} [^.;:,]*,")
_SECOND: Final = _pattern(r"^{no_other_clause}{0,80}?(?:\band|\bplus|\bas well as|,) {second_count}")
"""A second count in the same phrase ("12 trials and 5 cohort studies"): then neither counts all studies."""
_SOME_OF: Final = _pattern(r"{some_of} $")
_STUDY_COUNT: Final = _pattern(r"(?P<n>{number}) {adjectives}(?:{noun}|{one_study_had})")
_TOLD: Final = _pattern(r"(?P<n>{number}) (?:{studies}|of (?:these|those|them)\b|(?:were|are) (?:finally )?included\b)")
_THE_STUDIES: Final = _pattern(r"{all_studies}|\b(?:included studies|^studies)\b")
_CLAUSE_BEGINS: Final = re.compile(r"[;:] |, (?:and|but|while|so) ")
_CLAUSE_END: Final = _pattern(r"[;:]|, {like_this}\b")
_ALL_SUBJECT: Final = _pattern(r"^{subject_of_all}")


def value_of_token(token: str) -> int:
    """Return the number that a token stands for."""
    return int(token[1:-1])


def is_whole(match: re.Match[str], *, bare: bool, beside_others: bool) -> bool:
    """Return whether a match counts all studies: no "some of" before a ``bare`` number, and no second count."""
    before = match.string[: _number_at(match)]
    if bare and _SOME_OF.search(before) and not (before.endswith(", and ") and "studies" not in before):
        return False
    second = not beside_others and _SECOND.match(match.string[match.end("n") :])
    return not second and not before.endswith("all but ")


def _number_at(match: re.Match[str]) -> int:
    return match.start("q") if match.re.groupindex.get("q") and match["q"] else match.start("n")


def _clause_of(match: re.Match[str], _: Sentence) -> str:
    """Return what a sentence says around a number, without other clauses and other brackets."""
    text, at = match.string, match.start("n")
    if text.rfind("(", 0, at) <= text.rfind(")", 0, at):
        text = _BRACKETS.sub(lambda aside: " " * len(aside[0]), text)
    start = max(text.rfind(sign, 0, at) for sign in ";:") + 1
    end = _CLAUSE_END.search(text, match.end("n"))
    return text[start : end.start() if end else len(text)]


REGIONS: Final[dict[str, Callable[[re.Match[str], Sentence], str]]] = {
    "match": lambda match, _: _ASIDE.sub("", match[0]),
    "sentence": lambda match, _: _BRACKETS.sub("", match.string),
    "whole sentence": lambda match, _: match.string,
    "clause": _clause_of,
    "before": lambda match, _: match.string[max(0, match.start() - _NEAR) : match.start()],
    "before number": lambda match, _: match.string[max(0, _number_at(match) - _NEAR) : _number_at(match)],
    "before span": lambda match, _: re.split("[;:]", match.string[: match.start("s")])[-1],
    "from number": lambda match, _: match.string[match.start("n") :],
    "after people": lambda match, _: match.string[match.end("p" if "p" in match.re.groupindex else 0) :],
    "rest": lambda match, _: match.string[match.end() :],
    "rest and next": lambda match, sentence: f"{match.string[match.end() :]} {sentence.following}",
    "previous": lambda _, sentence: sentence.previous,
    "with previous": lambda match, sentence: f"{match.string}\n{sentence.previous}",
}
"""The texts that are searched for signs."""


def _sign(where: str, source: str) -> Condition:
    """Return the condition that a sign is in its region; a sentence without the sign's words is not searched."""
    region, pattern = REGIONS[where], _pattern(source)
    looked_for = pattern.match if where in ("rest", "after people", "from number") else pattern.search
    needs = 0 if where in ("rest and next", "previous", "with previous") else needs_of(composed(source))
    return lambda match, sentence, _: sentence.bits & needs == needs and looked_for(region(match, sentence)) is not None


def _counts_in(text: str) -> list[int]:
    return [value_of_token(match["n"]) for match in _STUDY_COUNT.finditer(text)]


def _counts_all(match: re.Match[str], _: Sentence, studies: int | None) -> bool:
    """Return whether a sentence counts nothing but all studies, or all studies and then the parts of that sum."""
    counts = _counts_in(match.string)
    return set(counts) <= {studies} or (counts[0] == studies and sum(counts[1:]) == studies)


def _last_told(text: str) -> int | None:
    """Return the last count of studies in a sentence; "23 of these" is one too."""
    counts = [value_of_token(match["n"]) for match in _TOLD.finditer(_BRACKETS.sub("", text))]
    if len(counts) > 2 and counts[0] == sum(counts[1:]):
        return counts[0]  # "43 studies: 27 trials, 12 quasi-experimental studies and four single-group studies"
    return counts[-1] if counts else None


def _told(match: re.Match[str], sentence: Sentence, studies: int | None) -> bool:
    """Return whether "they" or "the studies" refer to all studies."""
    last = _last_told(sentence.previous)
    if studies is not None and (studies == last or studies in _counts_in(match.string)):
        return True
    # "The studies had over 100 pupils" may mean each study.
    return _THE_STUDIES.search(match.string) is not None and (last is None or match["q"] is None)


def _told_or_nothing(match: re.Match[str], sentence: Sentence, studies: int | None) -> bool:
    counts = _counts_in(match.string)
    last = counts[-1] if counts else _last_told(sentence.previous)
    return last in (None, studies) and _names_no_design(match[0], sentence)


def _subject_is_all(match: re.Match[str], sentence: Sentence, _: int | None) -> bool:
    """Return whether the subject of a clause with a total is all the studies, or the people themselves."""
    head = match.string[: match.start("n")]
    clause = head[max((sign.end() for sign in _CLAUSE_BEGINS.finditer(head)), default=0) :]
    return bool(_counts_in(head)) or (_ALL_SUBJECT.match(clause) is not None and _names_no_design(clause, sentence))


_DESIGN: Final = _pattern(r"{some_design}")


def _names_no_design(clause: str, sentence: Sentence) -> bool:
    """Return whether a clause names no design, or one that the sentence before has ("random…" is "randomly")."""
    design = _DESIGN.search(clause)
    return design is None or design[0][:6] in sentence.previous


CONDITIONS: Final[dict[str, Condition]] = {
    **{name: _sign(where, source) for name, (where, source) in SIGNS.items()},
    "counts all": _counts_all,
    "more than told": lambda m, s, _: (
        value_of_token(m["n"]) > max(_counts_in(s.previous + m.string[: m.start()]), default=10**9)
    ),
    "told": _told,
    "told or nothing told": _told_or_nothing,
    "subject is all": _subject_is_all,
    "date of something else": lambda match, _, __: is_of_something_else(match.string, match.start()),
    "of an earlier search": lambda match, sentence, _: _is_other(match, sentence) and not is_updated(match.string),
}
"""Conditions that rules name, signs included."""


def _is_other(match: re.Match[str], sentence: Sentence) -> bool:
    """Return whether a sentence speaks of other reviews; the answer is cached, since every match asks."""
    if sentence.is_of_other_work is None:
        sentence.is_of_other_work = CONDITIONS["of other work"](match, sentence, None)
    return sentence.is_of_other_work


def holds(rule: Rule, match: re.Match[str], sentence: Sentence, studies: int | None) -> bool:
    """Return whether everything a rule asks for holds of a match."""
    if not rule.beside_other_work and rule.fact not in ("participants", "search_date") and _is_other(match, sentence):
        return False
    if any(CONDITIONS[name](match, sentence, studies) for name in rule.unless):
        return False
    return all(CONDITIONS[name](match, sentence, studies) for name in rule.given)
