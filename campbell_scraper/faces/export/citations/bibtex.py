r"""BibTeX, for BibTeX, biblatex and everything that reads them.

The file is UTF-8, and letters stay as they are (biber, and BibTeX with ``\usepackage[utf8]{inputenc}``, take them);
what TeX would interpret is escaped, also braces and backslashes, so that no text of a page can end its field or become
a command. Words with capitals inside (HIV, McDonald) are braced, because styles change the case of titles. Authors are
"von Last, Jr, First"; a group is braced whole. ``year`` and ``month`` are for BibTeX, ``date`` for biblatex; the month
is a number, because not every reader knows the macros of its names. ``number`` is the issue, ``eid`` the article
number, and ``pages`` too, as in the publisher's own files. ``langid`` is babel's name of the language; ``language``
would be printed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campbell_scraper.reading.values.language_names import LANGUAGE_TAGS

from .citation import cite
from .clean_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campbell_scraper.faces.export.library_export import Review

    from .citation import Citation, Name

_ESCAPES = str.maketrans(
    {
        "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "^": r"{\textasciicircum}",
        "~": r"{\textasciitilde}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
        "\"": "{\"}",
    }
)  # fmt: skip
_VERBATIM = str.maketrans({"\\": "%5C", "{": "%7B", "}": "%7D", "%": "%", '"': "%22", " ": "%20"})
_CAPITALS = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
_AND = re.compile(r"\band\b", re.IGNORECASE)
_LANGIDS = {tag: name for name, tag in reversed(LANGUAGE_TAGS.items()) if name.isascii() and name.isalpha()} | {
    "bn": "bengali", "de": "ngerman", "no": "norsk", "nb": "norsk", "nn": "nynorsk", "fr-CA": "canadien",
    "pt-BR": "brazil",
}  # fmt: skip
"""BCP 47 → babel's name."""


def bibtex_pieces(reviews: Iterable[Review]) -> Iterator[bytes]:
    """Return one entry for each review."""
    return (bibtex(cite(review)).encode("utf-8", "replace") for review in reviews)


def bibtex(citation: Citation) -> str:
    """Return the entry of a citation, with the empty line that follows it."""
    kind = "article" if citation.is_article else "techreport"
    fields = "".join(f"  {name} = {value},\n" for name, value in _fields(citation) if value)
    return f"@{kind}{{{citation.key},\n{fields}}}\n\n"


def _fields(citation: Citation) -> Iterator[tuple[str, str | None]]:
    yield "author", _braced(" and ".join(_author(name) for name in citation.authors))
    yield "title", _braced(_title(citation.title or ""))
    yield "journal", _text(citation.journal)
    yield "institution", _text(citation.publisher)
    if not citation.is_article:
        yield "type", _text(citation.genre)
    if citation.issued:
        yield "date", _braced("-".join(f"{part:02}" for part in citation.issued))
        yield "year", _braced(f"{citation.issued[0]:04}")
    if len(citation.issued) > 1:
        yield "month", _braced(str(citation.issued[1]))
    yield "volume", _text(citation.volume)
    yield "number", _text(citation.issue)
    yield "eid", _text(citation.article_number)
    yield "pages", _text(citation.article_number)
    yield "issn", _text(citation.issn)
    yield "doi", _verbatim(citation.doi)
    yield "url", _verbatim(citation.url)
    if citation.accessed:
        yield "urldate", _braced("-".join(f"{part:02}" for part in citation.accessed))
    yield "langid", _braced(_LANGIDS.get(citation.language or "", ""))
    yield "keywords", _text(", ".join(word.replace(",", ";") for word in citation.keywords))
    yield "note", _text("; ".join(citation.notes))
    yield "abstract", _text(citation.abstract)


def _author(name: Name) -> str:
    if name.family is None:
        return f"{{{_escaped(name.literal or '')}}}"
    family = " ".join(filter(None, (name.particle, _part(name.family))))
    if name.particle and name.particle.endswith(("'", "’")):
        family = _part(name.whole_family)
    return ", ".join(part for part in (family, _part(name.suffix), _part(name.given)) if part)


def _part(text: str | None) -> str:
    """Return a part of a name; braced where a comma or an "and" in it would be taken for a separator."""
    if not text:
        return ""
    escaped = _escaped(text)
    return f"{{{escaped}}}" if "," in text or _AND.search(text) else escaped


def _title(text: str) -> str:
    """Return the title with words braced whose capitals a style must keep: those with a capital inside."""
    text = one_line(text)
    parts, end = [], 0
    for word in _CAPITALS.finditer(text):
        keep = any(letter.isupper() for letter in word[0][1:])
        parts += [_escaped(text[end : word.start()]), f"{{{word[0]}}}" if keep else word[0]]
        end = word.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    # Not one_line here: a title is escaped piece by piece, and its spaces between pieces must stay.
    return text.translate(_ESCAPES)


def _text(text: str | None) -> str | None:
    return _braced(_escaped(one_line(text))) if text else None


def _verbatim(text: str | None) -> str | None:
    return _braced(text.translate(_VERBATIM)) if text else None


def _braced(text: str) -> str | None:
    return f"{{{text}}}" if text else None
