"""What a heading of a summary announces: loose matching of every wording seen on the site (docs/sites.md).

Matched on a folded form (case, dashes, quotes, numbering and closing punctuation do not count); the heading itself is
stored verbatim. A wording that is not known is never guessed at: a question is a ``topic_finding``, the rest ``other``.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from .heading_wordings import BANNERS, BRIEF_HEADINGS, ENGLISH, GENERIC_LABELS, TRANSLATED

PLS_KINDS: Final = (
    "about",
    "aim",
    "included_studies",
    "main_results",
    "topic_finding",
    "adverse_effects",
    "quality",
    "implications",
    "policy_implications",
    "research_implications",
    "up_to_date",
)
"""Kinds of a plain language summary's sections."""

EXECUTIVE_KINDS: Final = (
    "background",
    "objectives",
    "search_methods",
    "selection_criteria",
    "data_collection",
    "methods",
    "results",
    "authors_conclusions",
)
"""Kinds of an executive summary's (or abstract's) sections."""

OTHER: Final = "other"
"""Headings of unknown wording that ask nothing, and text without a heading."""

KINDS: Final = (*PLS_KINDS, *EXECUTIVE_KINDS, OTHER)

_MAX_HEADING: Final = 300
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_QUOTES: Final = {ord("’"): "'", ord("‘"): "'", ord("ʼ"): "'", ord("`"): "'", ord("“"): '"', ord("”"): '"'}
_FOLDING: Final = {**_DASHES, **_QUOTES, 0x00AD: None, 0x200B: None, 0x200E: None, 0x200F: None, 0xFEFF: None}
_NUMBERING: Final = re.compile(r"^(?:\(?\d{1,2}(?:\.\d{1,2})*[.):]?|[ivx]{1,4}[.)]|[•·*\-]+)\s+")
_EDGES: Final = " \t\"'*_¿¡?？؟!.:：;,-…。．"
_ASKING: Final = ("?", "？", "؟", "⸮", ";")
"""Marks that end a question; ";" is the Greek one and counts only after Greek letters."""


def heading_key(heading: str) -> str:
    """Return a heading as compared: lower case, plain dashes and quotes, single spaces, without numbering and edges."""
    text = " ".join(heading.translate(_FOLDING).casefold().split())
    return _NUMBERING.sub("", text).strip(_EDGES)


def is_question(heading: str) -> bool:
    """Return whether the heading ends with a question mark of any script (closing quotes and brackets aside)."""
    text = heading.rstrip(" \u00a0\"'”’)]»:")
    if text.endswith(";"):
        return len(text) > 1 and "\u0370" <= text[-2] <= "\u03ff"
    return text.endswith(_ASKING)


@cache
def _compiled(source: str) -> re.Pattern[str]:
    """Return the pattern, compiled when the first page is read: most commands read none."""
    return re.compile(source)


@cache
def _wordings() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, _compiled(source)) for kind, source in (*ENGLISH, *TRANSLATED))


@lru_cache(maxsize=4096)
def known_kind(heading: str) -> str | None:
    """Return the kind of a known wording; None for wordings no rule knows."""
    if len(heading) > _MAX_HEADING:
        return None
    text = heading_key(heading)
    if not text:
        return None
    for kind, pattern in _wordings():
        if pattern.fullmatch(text):
            return kind
    return OTHER if text in GENERIC_LABELS else None


def kind_of(heading: str) -> str:
    """Return the kind of any heading: a member of ``KINDS``."""
    return known_kind(heading) or ("topic_finding" if is_question(heading) else OTHER)


@lru_cache(maxsize=1024)
def is_banner(line: str) -> bool:
    """Return whether a line only names the form of the text or its publisher ("PLAIN LANGUAGE SUMMARY")."""
    return len(line) <= 100 and _compiled(BANNERS).fullmatch(heading_key(line)) is not None


def is_brief_heading(line: str) -> bool:
    """Return whether a heading announces the brief ("The review in brief")."""
    return len(line) <= 100 and _compiled(BRIEF_HEADINGS).fullmatch(heading_key(line)) is not None


def banner_prefix(line: str) -> int:
    """Return the length of a banner that stands in one line with what follows ("Plain language summary: …"); else 0."""
    match = re.match(r"[^:–—|]{5,60}[:–—|]\s+(?=\S)", line)
    return match.end() if match and is_banner(match[0]) else 0
