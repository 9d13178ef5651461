"""Which of a sentence's dates is that of the search."""

from __future__ import annotations

import re
from typing import Final

DATE: Final = re.compile(r"D(\d[\d-]*)D")
_OF_SOMETHING_ELSE: Final = re.compile(
    r"\b(?:(?:since|(?<!dates )(?<!dated )from|between|after|(?:launched|written|begun|started|introduced) in|"
    r"version of|review of|inception|period|period was|years|cover(?:s|ed|ing)?) (?:the )?(?:years? )?|(?:published|"
    r"submitted|revised|appeared|released|finished|registered|available|publication|issued|assessed as up-to-date)"
    r"(?: online)?(?: was| is)?(?: in| on|:) (?:the )?|publication (?:date|year):? )$|\($|D-$"
)
_CLAUSES: Final = re.compile(r";|, (?:and|but|while|whereas|with) ")
PARTIAL: Final = re.compile(
    r"\b(?:gr[ea]y literature|hand[- ]?search|websites?|google|citation|(?:some|one) databases?|regist(?:ers|ries))"
)
"""A search of a few sources only."""
_UPDATED: Final = re.compile(
    r"\b(?:updat(?:e|ed|es|ing)\b(?! of (?:an?|the)\b)|(?:extended|top-up|most recent|latest|last|again|final|re-?run|"
    r"repeated|stages|rounds|twice)\b)|\bsearch\w*\b[^.;]{0,60}\bin D\d[\d-]*D,? and (?:(?:then|in) )*D"
)


def is_updated(text: str) -> bool:
    """Return whether a sentence tells of several searches, of which the latest counts."""
    return _UPDATED.search(text) is not None


def of_main_search(text: str) -> str:
    """Return the part of a sentence on the main search, if another part is on a few sources only."""
    if ";" not in text and (", " not in text or not PARTIAL.search(text)):
        return text
    dated = [clause for clause in _CLAUSES.split(text) if DATE.search(clause) and not PARTIAL.search(clause)]
    dated = [clause for clause in dated if "review was " not in clause]
    return dated[0] if len(dated) == 1 else text


def searched_on(text: str, named: str, *, latest: bool) -> str | None:
    """Return the date of a search: the one a rule ``named`` and all others not clearly of something else must agree.

    A month agrees with its own year. Dates that disagree are of several searches: the newest if ``latest``, else none.
    """
    dates = {named, *(match[1] for match in DATE.finditer(text) if not is_of_something_else(text, match.start()))}
    value = max(dates) if latest else max(dates, key=len)
    return value if latest or all(value.startswith(other) for other in dates) else None


def is_of_something_else(text: str, at: int) -> bool:
    """Return whether the words before a date say that it is not a search's."""
    return _OF_SOMETHING_ELSE.search(text[max(0, at - 60) : at]) is not None
