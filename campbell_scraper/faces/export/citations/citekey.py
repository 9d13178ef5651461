"""Citation keys: a review has the same key in every export, whenever it is made."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from campbell_scraper.view.fold.fulltext_index import as_typed
from campbell_scraper.view.keys import hashed

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARTICLES = frozenset({"a", "an", "the"})
_STAGE = re.compile(
    r"(?<!\W)\W*(?:withdrawn|protocol|title registration|title|update)\s*[:\u2013\u2014]\s*", re.IGNORECASE
)
_CSR_YEAR = re.compile(r"10\.4073/csr\.(\d{4})\.")
_DIGITS = 6
_LONGEST = 24


def citation_key(origin: Mapping[str, Any], review_id: str) -> str:
    """Return family name, year and first word of the title, and six hexadecimal digits of the hash of the review_id.

    ``origin`` is the record of the review's first version, so that an edit of the page does not change the key; the
    digits make keys of a protocol and its review differ, whichever of them are exported, now or when more is known.

    >>> citation_key({"title": "The effects of X", "published_date": "2015-03-02", "authors": [
    ...     {"name": "Mette van Ørsted", "family": "van Ørsted"}]}, "better-evidence/x")
    'vanorsted2015effects-07878f'
    """
    authors = origin.get("authors") or [{}]
    family = _word(authors[0].get("family") or authors[0].get("name") or "") or "campbell"
    doi_year = _CSR_YEAR.match(origin.get("doi") or "")
    year = (origin.get("published_date") or (doi_year[1] if doi_year else ""))[:4]
    title = _STAGE.sub("", origin.get("title") or "", count=1)
    words = (_word(word) for word in re.split(r"[\s\u2010-\u2015-]+", title)[:12])
    first = next((word for word in words if word and word not in _ARTICLES), "")
    return f"{family}{year if year.isdigit() else 'nd'}{first}-{hashed(review_id)[:_DIGITS]}"


def _word(text: str) -> str:
    """Return the text's ASCII letters and digits in lower case."""
    letters = as_typed(unicodedata.normalize("NFKD", text[:200]))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum()).lower()[:_LONGEST]
