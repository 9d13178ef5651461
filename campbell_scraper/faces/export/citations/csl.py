"""CSL-JSON, the format of citation processors (Pandoc, citeproc, Zotero): one JSON array, UTF-8.

Reports are of type ``report``, everything else is an ``article-journal``; ``number`` is the article number, which
styles print as such, and ``page`` too, where Zotero and most styles look for it. Stages other than a review are in
``genre``, and in ``note`` for styles that know no genre.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .citation import cite
from .clean_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campbell_scraper.faces.export.library_export import Review

    from .citation import Citation, Name


def csl_pieces(reviews: Iterable[Review]) -> Iterator[bytes]:
    """Yield one array with an item for each review."""
    yield b"["
    for number, review in enumerate(reviews):
        item = json.dumps(csl(cite(review)), ensure_ascii=False)
        yield ((",\n" if number else "\n") + item).encode("utf-8", "replace")
    yield b"\n]\n"


def csl(citation: Citation) -> dict[str, Any]:
    """Return the CSL item of a citation."""
    item = {
        "id": citation.key,
        "citation-key": citation.key,
        "type": "article-journal" if citation.is_article else "report",
        "title": citation.title,
        "author": [_name(name) for name in citation.authors],
        "issued": _date(citation.issued),
        "container-title": citation.journal,
        "volume": citation.volume,
        "issue": citation.issue,
        "page": citation.article_number,
        "number": citation.article_number,
        "ISSN": citation.issn,
        "publisher": citation.publisher,
        "genre": citation.genre,
        "DOI": citation.doi,
        "URL": citation.url,
        "accessed": _date(citation.accessed),
        "language": citation.language,
        "abstract": citation.abstract,
        "keyword": ", ".join(word.replace(",", ";") for word in citation.keywords),
        "note": "; ".join(citation.notes),
        "status": "withdrawn" if citation.withdrawn else None,
    }
    return {name: value for name, value in item.items() if value}


def _name(name: Name) -> dict[str, str]:
    if name.family is None:
        return {"literal": one_line(name.literal or "")}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {key: value for key, value in parts.items() if value}


def _date(parts: tuple[int, ...]) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [list(parts)]} if parts else None
