"""RIS, the format of reference managers (EndNote, Zotero, Mendeley, review software).

Lines end with CR LF, tags take the first two columns, two spaces and a hyphen follow. A value is one line: RIS has no
escapes, and readers split values at line breaks of any kind. Authors are "family, given, suffix". A group's name must
not contain a comma, which would split it, so commas in it are left out; likewise a keyword has a comma for a
semicolon. ``C7`` is the article number for EndNote, ``SP`` the same for readers that know no ``C7`` (Zotero), ``DA``
is YYYY/MM/DD/ with empty parts for what is not known. UTF-8, without a byte order mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .citation import PUBLISHER, cite
from .clean_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campbell_scraper.faces.export.library_export import Review

    from .citation import Citation, Name


def ris_pieces(reviews: Iterable[Review]) -> Iterator[bytes]:
    """Return one RIS record for each review."""
    return (ris(cite(review)).encode("utf-8", "replace") for review in reviews)


def ris(citation: Citation) -> str:
    """Return the RIS record of a citation, with the empty line that follows it."""
    lines = [f"{tag}  - {text}" for tag, value in _fields(citation) if value and (text := one_line(value))]
    return "\r\n".join([f"TY  - {'JOUR' if citation.is_article else 'RPRT'}", *lines, "ER  - ", "", ""])


def _fields(citation: Citation) -> Iterator[tuple[str, str | None]]:
    yield "ID", citation.key
    yield "TI", citation.title
    for name in citation.authors:
        yield "AU", _author(name)
    if citation.issued:
        yield "PY", f"{citation.issued[0]:04}"
        yield "DA", _date(citation.issued)
    yield "T2", citation.journal
    yield "VL", citation.volume
    yield "IS", citation.issue
    yield "SP", citation.article_number
    yield "C7", citation.article_number
    yield "SN", citation.issn
    yield "PB", citation.publisher
    if not citation.is_article:  # in a journal article M3 is where some readers look for the DOI
        yield "M3", citation.genre
    yield "DO", citation.doi
    yield "UR", citation.url
    yield "LA", citation.language
    yield "AB", citation.abstract
    for word in citation.keywords:
        yield "KW", word.replace(";", ",")
    for note in citation.notes:
        yield "N1", note
    yield "DB", f"{PUBLISHER} library"
    yield "AN", citation.review_id
    if citation.accessed:
        yield "Y2", _date(citation.accessed)


def _author(name: Name) -> str:
    if name.family is None:
        return (name.literal or "").replace(",", "")
    return ", ".join(part.replace(",", "") for part in (name.whole_family, name.given or "", name.suffix or "") if part)


def _date(parts: tuple[int, ...]) -> str:
    year, month, day = [*(f"{part:02}" for part in parts), "", ""][:3]
    return f"{year:0>4}/{month}/{day}/"
