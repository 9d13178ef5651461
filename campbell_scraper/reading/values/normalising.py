"""Printed values to normalised ones: dates, DOIs, vocabulary lists, languages, stages.

Every function gives what it could show and says what it could not: an unknown value is kept by the caller and reported,
never guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import unquote

from campbell_scraper.items import Stage

from .language_names import LANGUAGE_TAGS
from .vocabularies import name_key

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}
"""Names and abbreviations of months, in lower case, to their numbers."""
_DASHES: Final = str.maketrans("\u2010\u2011\u2012\u2013\u2014", "-----")
"""What editors make of a typed hyphen."""
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[t ]\d{1,2}:\d{2}.*)?$")
_DAY_FIRST = re.compile(
    r"(?:[a-z]+,?\s+)?(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+([a-z]+)\.?,?[\s-]+(\d{4})(?:[\s,]+\d{1,2}:\d{2}.*)?$"
)
_MONTH_FIRST = re.compile(r"(?:[a-z]+,\s+)?([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$")
_MONTH = re.compile(r"([a-z]+)\.?,?[\s-]+(\d{4})$")
_YEAR_MONTH = re.compile(r"(\d{4})[\s,]+([a-z]+)\.?$")
_NUMERIC = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})$")
_NUMERIC_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})$")
_YEAR = re.compile(r"(\d{4})$")
_FORMS: Final = (
    (_ISO, (1, 2, 3)),
    (_DAY_FIRST, (3, 2, 1)),
    (_MONTH_FIRST, (3, 1, 2)),
    (_MONTH, (2, 1, 0)),
    (_YEAR_MONTH, (1, 2, 0)),
    (_NUMERIC_YEAR_FIRST, (1, 2, 3)),
    (_YEAR, (1, 0, 0)),
)
"""Forms of a date, and which groups are its year, month and day (0: not given)."""


def date(text: str) -> tuple[str, str] | None:
    """Return the ISO 8601 date at the precision the text has, and that precision ("day", "month", "year").

    None if it is no date, no possible one, or one that can be read two ways ("04/05/2016").

    >>> date("Monday, 02 March 2015")
    ('2015-03-02', 'day')
    >>> date("March 2015"), date("2015"), date("04/05/2016")
    (('2015-03', 'month'), ('2015', 'year'), None)
    """
    text = " ".join(text.lower().translate(_DASHES).split()).rstrip(".")
    if len(text) > 64:
        return None
    for pattern, (year, month, day) in _FORMS:
        if found := pattern.match(text):
            return _date(found[year], found[month] if month else None, found[day] if day else None)
    if found := _NUMERIC.match(text):
        return _numeric_date(int(found[1]), int(found[2]), found[3])
    return None


def _numeric_date(first: int, second: int, year: str) -> tuple[str, str] | None:
    """Day and month in either order: only where one of them can be no month, or they are equal."""
    if first > 12 or first == second:
        return _date(year, str(second), str(first))
    if second > 12:
        return _date(year, str(first), str(second))
    return None


def _date(year: str, month: str | None, day: str | None) -> tuple[str, str] | None:
    number = None if month is None else int(month) if month.isdecimal() else MONTHS.get(month)
    if month is not None and number is None:
        return None
    try:
        made = dt.date(int(year), number or 1, int(day) if day else 1)
    except ValueError:
        return None
    if not 1900 <= made.year <= 2100:
        return None
    if day:
        return made.isoformat(), "day"
    return (f"{year}-{made.month:02}", "month") if number else (year, "year")


_MAX_DOI_TEXT: Final = 4000
_MAX_DOI: Final = 300
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>?#|\\^{}\u00a0]+")
_DOI_QUERY = re.compile(r";jsessionid|[?#]|&(?:amp;)?\w+=", re.IGNORECASE)
_DOI_TAIL = re.compile(
    r"(?:/(?:full|abstract|abs|summary|pdf|epdf|pdfdirect|references|suppinfo)|[.,;:)\]])+$",
    re.IGNORECASE,
)


def doi(text: str) -> str | None:
    """Return the DOI in a text or URL: lower case, without resolver, path words ("/full", "/abstract") and punctuation.

    >>> doi("https://onlinelibrary.wiley.com/doi/full/10.4073/CSR.2015.6?utm_source=a")
    '10.4073/csr.2015.6'
    """
    text = text[:_MAX_DOI_TEXT]
    found = _DOI.search(text) or _DOI.search(unquote(text))
    if found is None:
        return None
    bare = _DOI_TAIL.sub("", _DOI_QUERY.split(unquote(found.group()[:_MAX_DOI]), maxsplit=1)[0]).lower()
    return bare if _DOI.fullmatch(bare) else None


def vocabulary_list(text: str, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the names of a vocabulary that a text lists, and those of its parts that are in no vocabulary.

    Commas, semicolons, line ends or only spaces stand between them; both are in the order of the text, without repeats.
    ``names`` maps folded wordings to names (``vocabularies.GROUP_NAMES``). Unknown parts are also among the names, as
    printed, at their place.
    """
    known: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for part in _LIST_SEPARATOR.split(text[:4000]):
        printed = " ".join(part.split())
        if not printed:
            continue
        name = names.get(name_key(printed))
        if name:
            known[name] = None
            continue
        for name, is_known in _segments(printed, names):
            known[name] = None
            if not is_known:
                unknown[name] = None
    return list(known), list(unknown)


_LIST_SEPARATOR = re.compile(r"[,;|\n\u2022]")


def _segments(printed: str, names: Mapping[str, str]) -> Iterable[tuple[str, bool]]:
    """Longest vocabulary names first, word by word; words between them stay together as unknown."""
    words = printed.split(" ")
    pending: list[str] = []
    at = 0
    while at < len(words):
        for end in range(min(len(words), at + 8), at, -1):
            name = names.get(name_key(" ".join(words[at:end])))
            if name:
                if pending:
                    yield " ".join(pending), False
                    pending = []
                yield name, True
                at = end
                break
        else:
            pending.append(words[at])
            at += 1
    if pending:
        yield " ".join(pending), False


_QUALIFIED = re.compile(r"([^()]+) \(([^()]+)\)")


def language(label: str) -> str | None:
    """BCP 47 tag of a language given by its English name or its own name; None if the label is no such name.

    "Portuguese (Brazilian)" is read as "Brazilian Portuguese", else, as "Chinese (Mandarin)", by what stands before.

    Only whole names of languages with a two-letter code (and a few variants) count: CLDR also knows languages called
    "Even" and "Are", which as labels are no languages.
    """
    key = " ".join(label.split()).rstrip(":").rstrip().lower()
    if (tag := LANGUAGE_TAGS.get(key)) or not (found := _QUALIFIED.fullmatch(key)):
        return tag
    return LANGUAGE_TAGS.get(f"{found[2]} {found[1]}") or LANGUAGE_TAGS.get(found[1])


_MAX_TITLE: Final = 1000
_STAGE_OF_TYPE: Final = {
    "Title": Stage.TITLE,
    "Protocol": Stage.PROTOCOL,
    "Review": Stage.REVIEW,
    "Plain language summary": Stage.REVIEW,
    "User abstract": Stage.REVIEW,
    "Policy brief": Stage.BRIEF,
    "Evidence and gap map": Stage.MAP,
    "Methods paper": Stage.OTHER,
}
_PROGRESS: Final = (Stage.TITLE, Stage.PROTOCOL, Stage.REVIEW)
_TITLE_STAGE = re.compile(
    r"^\W*(?:withdrawn\W+)?(title(?: registration)?|protocol|policy brief|evidence and gap map)\s*[:\u2013\u2014]",
    re.IGNORECASE,
)
_TITLE_STAGE_WORDS: Final = {"t": Stage.TITLE, "pr": Stage.PROTOCOL, "po": Stage.BRIEF, "ev": Stage.MAP}
_PROTOCOL_OF = re.compile(
    r"\b(?:study |review )?protocol\b(?: for a (?:campbell )?(?:systematic )?review)?\W*$|^protocol (?:for|of)\b",
    re.IGNORECASE,
)
_UPDATED_TYPE = re.compile(r"\bupdated?\b", re.IGNORECASE)
_UPDATE = re.compile(
    r"\b(?:an? )?updated? (?:of|to) (?:an? |the )?(?:\w+ )?(?:\w+ )?review|\bupdated (?:\w+ )?(?:\w+ )?review"
    r"|\breview update\b|\((?:an? )?updated?\b[^)]*\)"
    r"|[:\u2013\u2014-] *(?:an? )?update(?:d|$|\W*\d{4}|\W*$)|^updated?\s*:|\bupdate\W*$",
    re.IGNORECASE,
)
_MAP = re.compile(r"\bevidence[\s-]+(?:(?:and|&)[\s-]+)?gap[\s-]+map\b|\bEGM\b", re.IGNORECASE)
_WITHDRAWN_TEXT = re.compile(
    r"\bthis (?:campbell )?(?:systematic )?(?:review|protocol|title|map|record)(?: \w+)? "
    r"(?:has been|have been|was|is|has now been) (?:\w+ )?withdrawn\b",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"^\W*withdrawn\b|[\[(]\s*withdrawn\s*[\])]\W*$|[:\u2013\u2014-]\s*withdrawn\W*$", re.IGNORECASE
)


def stage(types: Iterable[str], title: str | None) -> Stage | None:
    """Return the stage that document types and title tell: the furthest of several types, ``update`` only for reviews.

    Types are vocabulary names. None if neither says anything.
    """
    names = list(types)
    if any(_UPDATED_TYPE.search(name) for name in names):
        return Stage.UPDATE
    stages = {_STAGE_OF_TYPE[name] for name in names if name in _STAGE_OF_TYPE}
    known = _furthest(stages)
    text = (title or "")[:_MAX_TITLE]
    if known is None:
        known = _title_stage(text)
    elif known in _PROGRESS and (said := _TITLE_STAGE.match(text)) and stages <= {Stage.REVIEW}:
        # "PROTOCOL: ..." typed as a review is a protocol in a site section called reviews.
        known = _title_word(said)
    elif known is Stage.REVIEW and _MAP.search(text):  # the site's type for its maps
        known = _title_stage(text)
    if known is Stage.REVIEW and "update" in text.lower() and _UPDATE.search(text):
        return Stage.UPDATE
    return known


def _furthest(stages: set[Stage]) -> Stage | None:
    for one in (Stage.REVIEW, Stage.MAP, Stage.PROTOCOL, Stage.TITLE, Stage.BRIEF, Stage.OTHER):
        if one in stages:
            return one
    return None


def _title_word(said: re.Match[str]) -> Stage:
    word = said[1].lower()
    return next(stage for start, stage in _TITLE_STAGE_WORDS.items() if word.startswith(start))


def _title_stage(title: str) -> Stage | None:
    if said := _TITLE_STAGE.match(title):
        return _title_word(said)
    if _PROTOCOL_OF.search(title):
        return Stage.PROTOCOL
    if _MAP.search(title):
        return Stage.MAP
    if _UPDATE.search(title):
        return Stage.UPDATE
    return None


def withdrawn(title: str | None, *texts: str | None) -> bool:
    """Whether a title ("WITHDRAWN: ...") or the beginning of a text ("This review has been withdrawn") says so."""
    if title and "withdrawn" in title.lower() and _WITHDRAWN.search(title[:_MAX_TITLE]):
        return True
    beginnings = [text[:1000] for text in texts if text]
    return any("withdrawn" in text.lower() and _WITHDRAWN_TEXT.search(text) for text in beginnings)
