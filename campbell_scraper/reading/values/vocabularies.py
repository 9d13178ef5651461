"""The library's controlled words: coordinating groups, document types, and what the block's labels mean.

Source: docs/sites.md, read off stored pages. Both names of a renamed group stay, because a page is quoted as printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "Ageing": ("Aging",),
    "Business and Management": (),
    "Children and Young Persons Wellbeing": (
        "Children and Young Persons' Wellbeing",
        "Children and Young Person's Wellbeing",
        "Children and Young People's Wellbeing",
        "Children and Young Persons Well-being",
    ),
    "Climate Solutions": (),
    "Crime and Justice": (),
    "Disability": (),
    "Education": (),
    "International Development": (),
    "Sustainable Development": (),
    "Knowledge Translation and Implementation": (),
    "Methods": (),
    "Nutrition": (),
    "Food Security": (),
    "Nutrition and Food Security": (),
    "Social Welfare": (),
}

DOCUMENT_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "Title": ("Titles", "Title registration", "Title registrations", "Registered title"),
    "Protocol": ("Protocols",),
    "Review": ("Reviews", "Systematic review", "Systematic reviews", "Campbell systematic review"),
    "Plain language summary": ("Plain language summaries", "PLS"),
    "User abstract": ("User abstracts",),
    "Policy brief": ("Policy briefs",),
    "Evidence and gap map": ("Evidence and gap maps", "Evidence gap map", "EGM"),
    "Methods paper": ("Methods papers", "Methods research paper"),
}


class Role(StrEnum):
    """What a known label's value is."""

    AUTHORS = "authors"
    DATE = "date"
    GROUPS = "groups"
    TYPES = "types"
    TITLE = "title"
    LIBRARY_IMAGE = "library_image"
    CATEGORY_IMAGE = "category_image"
    HEADLINE = "headline"
    BRIEF = "brief"
    FULL_REVIEW = "full_review"
    LANGUAGES = "languages"
    FILE = "file"
    DOI = "doi"


LABELS: Final[dict[str, Role]] = {
    "authors": Role.AUTHORS,
    "author": Role.AUTHORS,
    "author(s)": Role.AUTHORS,
    "published date": Role.DATE,
    "date published": Role.DATE,
    "publication date": Role.DATE,
    "published": Role.DATE,
    "coordinating group(s)": Role.GROUPS,
    "coordinating group": Role.GROUPS,
    "coordinating groups": Role.GROUPS,
    "type of document": Role.TYPES,
    "types of document": Role.TYPES,
    "document type": Role.TYPES,
    "title": Role.TITLE,
    "library image": Role.LIBRARY_IMAGE,
    "category image": Role.CATEGORY_IMAGE,
    "pls title": Role.HEADLINE,
    "pls description": Role.BRIEF,
    "see the full review": Role.FULL_REVIEW,
    "records available in": Role.LANGUAGES,
    "link to .pdf": Role.FILE,
    "link to pdf": Role.FILE,
    "download pdf": Role.FILE,
    "doi": Role.DOI,
}

_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`")
_SPACES = re.compile(r"[\s\u00a0]+")
_LIST_SEPARATOR = re.compile(r"[,;|\n\u2022]")


def name_key(text: str) -> str:
    """Return ``text`` for comparing names: lower case, "and" for "&", no apostrophes, hyphens as single spaces."""
    text = text.replace("&", " and ").replace("-", " ").replace("\u2010", " ").replace("\u2011", " ")
    return _SPACES.sub(" ", text.translate(_APOSTROPHES)).strip().lower()


@lru_cache(maxsize=1024)
def role_of(label: str) -> Role | None:
    """Return what the value under ``label`` is; None for a label that is not known."""
    return LABELS.get(_SPACES.sub(" ", label).strip().rstrip(":").rstrip().lower())


def _lookup(names: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {name_key(wording): name for name, others in names.items() for wording in (name, *others)}


GROUP_NAMES: Final = _lookup(GROUPS)
"""Folded wording to vocabulary name."""
TYPE_NAMES: Final = _lookup(DOCUMENT_TYPES)
"""Folded wording to vocabulary name."""


def vocabulary_list(text: str, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the names of a vocabulary that a text lists, and those of its parts that are in no vocabulary.

    Commas, semicolons, bars, bullets, line ends or only spaces stand between them; both lists keep the order of the
    text, without repeats. ``names`` maps folded wordings to names (``GROUP_NAMES``). Unknown parts are also among the
    names, as printed.
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


def _segments(printed: str, names: Mapping[str, str]) -> Iterable[tuple[str, bool]]:
    """Yield the longest vocabulary names first, word by word; words between them stay together as unknown."""
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
