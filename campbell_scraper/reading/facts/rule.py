"""What a rule is: a pattern, the fact it reads, one text it must read and one it must not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BRIEF: Final = "brief"
HEADLINE: Final = "headline"
"""Kinds of place for sentences outside sections."""
WHOLE: Final = frozenset({BRIEF, HEADLINE, "aim", "included_studies", "about", "results", "search_methods", "other"})
"""Places where a sentence speaks of the review's evidence as a whole, not of one finding."""
ANYWHERE: Final = frozenset({"*"})

EXPLICIT, CLEAR, UNDERSTOOD, DEFINITE = 1, 2, 3, 5
"""How clearly a number is said to count all studies; "the 43 studies" (DEFINITE) only refers to an earlier count."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which summaries state a fact."""

    name: str
    fact: str
    strength: int = CLEAR
    """The strongest rules (lowest number) that found a fact decide its value; if they disagree, none is kept."""
    unless: tuple[str, ...] = ()
    """Conditions (``conditions.CONDITIONS``, signs among them) of which none may hold."""
    given: tuple[str, ...] = ()
    """Those that must all hold."""
    places: frozenset[str] = WHOLE
    """Kinds of section in which the rule is tried."""
    beside_other_work: bool = False
    """Whether its sentences may speak of other reviews and earlier versions too."""
    reads: str = ""
    """A text the rule must read; its last sentence is the one it matches."""
    value: str = ""
    """What it reads there."""
    rejects: str = ""
    """A text that must not give this fact this way."""
    pattern: str = ""
    """Regular expression over ``tokens.tokenised`` text, with named parts (``parts.PARTS``) in braces."""
