"""Author lists: split into persons and groups, persons into given and family names."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from nameparser import HumanName

from campbell_scraper.items import Author

MAX_AUTHORS: Final = 500
MAX_TEXT: Final = 20_000
MAX_NAME: Final = 300

_GROUP_WORD = re.compile(
    r"\b(?:group|collaboration|network|consortium|team|cent(?:re|er)|university|institut\w*|foundation|organi[sz]ation|"
    r"commission|committee|council|unit|department|ministry|agency|association|society|initiative|programme|program|bank|"
    r"secretariat|office|college|school|trust|fund|alliance|partnership|authority|board|panel|forum|federation|hospital|"
    r"laborator\w+|research)\b",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?d|msc|ma|mph|bsc|mba|dphil|edd|psyd|esq)\.?$", re.IGNORECASE)
_GENERATION = re.compile(r"(?:jr|sr|ii|iii|iv)\.?$", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[\s-]?){1,4}$")
_AND = re.compile(r"\s+(?:and|&)\s+|^(?:and|&)\s+", re.IGNORECASE)
_ET_AL = re.compile(r"(?:^|\s+)(?:et\.?\s*al\.?|others)$", re.IGNORECASE)
_PARTICLES_WORDS: Final = (
    "van von vom zu zum zur der den des de del della delle di da das do dos du la le les los las el al bin ibn "
    "ben bint abu ter ten te op st. st san santa ap ab mac af av ould"
)
_PARTICLES: Final = frozenset(_PARTICLES_WORDS.split())
_PLAIN = re.compile(r"[^\W\d_][^\s,;()\d]*\.?$")
_NOTE = re.compile(r"(?<=[^\W\d])\s?[\d*†‡§¹²³]+$")
_SEPARATORS: Final = str.maketrans({"，": ",", "،": ",", "、": ",", "；": ";", "؛": ";", "|": ";"})
_PARENTHESIS = re.compile(r"\s*\([^)]*\)\s*$")


def authors(text: str) -> list[Author]:
    """Return the authors a text lists, in order.

    Separators are semicolons, else commas (of any script), line ends, "and" and "&". "Barlow, J., Bennett, C.",
    "Barlow J, Bennett C" and "Barlow, Jane; Bennett, Cathy" are inverted names; a suffix after a comma ("King, Jr.")
    belongs to the name before.
    """
    text = text[:MAX_TEXT].translate(_SEPARATORS)
    if ";" in text:
        names = [name for part in re.split(r"[;\n]", text) for name in _conjoined(part)]
    else:
        names = _comma_list(text)
    found: list[Author] = []
    surnames_first = bool(names) and all(map(_is_surname_first, names))
    for name in names[:MAX_AUTHORS]:
        printed = _ET_AL.sub("", " ".join(name[:MAX_NAME].split()).strip(" ,;"))
        printed = _NOTE.sub("", printed).strip(" ,;")
        if any(ch.isalpha() for ch in printed):
            found.append(replace(_author(printed)))  # a copy: records are mutable, the cache is shared
            if surnames_first:
                found[-1].family, _, found[-1].given = printed.rpartition(" ")
    return found


def _is_surname_first(name: str) -> bool:
    """Return whether a name is of the form "Barlow J" or "van der Beek LM": initials end it, in capitals."""
    family, _, given = name.strip().rpartition(" ")
    initials = _INITIALS.fullmatch(given) and given.isupper() and not _GENERATION.match(given)
    if not initials or "," in family or family.isupper():
        return False
    return family != "" and all(len(word.strip(".")) > 1 for word in family.split())


def _conjoined(part: str) -> list[str]:
    """``part`` split at "and" and "&", unless they are inside the name of a group."""
    pieces = [piece for piece in _AND.split(part) if piece.strip()]
    if len(pieces) < 2:
        return pieces
    merged = [pieces[0]]
    for piece in pieces[1:]:
        group_before, group_here = _GROUP_WORD.search(merged[-1]), _GROUP_WORD.search(piece)
        if (group_before and (len(piece.split()) == 1 or group_here)) or (group_here and " " not in merged[-1].strip()):
            merged[-1] = f"{merged[-1]} and {piece}"
        else:
            merged.append(piece)
    return merged if len(merged) > 1 else [part]


def _comma_list(text: str) -> list[str]:
    parts = [" ".join(part.split()) for part in re.split(r"[,\n]", text)]
    parts = [name for part in parts if part for name in _conjoined(part)]
    if _inverted(parts):
        return [f"{family}, {given}" for family, given in zip(parts[::2], parts[1::2], strict=True)]
    names: list[str] = []
    for part in parts:
        if names and _SUFFIX.match(part.strip()):
            names[-1] = f"{names[-1]}, {part.strip()}"
        else:
            names.append(part)
    return names


def _inverted(parts: list[str]) -> bool:
    """Whether the parts alternate between family names and initials."""
    if len(parts) < 2 or len(parts) % 2:
        return False
    return all(_INITIALS.match(given.strip()) for given in parts[1::2]) and not any(
        _INITIALS.match(family.strip()) for family in parts[::2]
    )


@lru_cache(maxsize=4096)
def _author(printed: str) -> Author:
    name = _PARENTHESIS.sub("", printed)
    if _GROUP_WORD.search(name) and not re.search(r",\s*[^\W\d_]\.", name):
        return Author(name=printed, is_group=True)
    tokens = name.split(" ")
    if 2 <= len(tokens) <= 5 and all(_PLAIN.match(token) for token in tokens):
        return _plain(printed, tokens)
    if len(tokens) == 1:
        return Author(name=printed, family=name)
    return _parsed(printed, name)


def _plain(printed: str, tokens: list[str]) -> Author:
    """Given names, then the family name from its first particle on; a generation at the end is the suffix."""
    suffix = None
    if len(tokens) > 2 and _GENERATION.match(tokens[-1]):
        suffix = tokens.pop()
    if tokens[0].lower().rstrip(".") in {"dr", "prof", "professor", "mr", "ms", "mrs", "sir"} and len(tokens) > 2:
        tokens = tokens[1:]
    start = next(
        (at for at, token in enumerate(tokens[1:-1], 1) if token.lower() in _PARTICLES),
        len(tokens) - 1,
    )
    return Author(name=printed, given=" ".join(tokens[:start]), family=" ".join(tokens[start:]), suffix=suffix)


def _parsed(printed: str, name: str) -> Author:
    """Inverted names, titles and what else is no plain row of words: nameparser's reading."""
    read = HumanName(name)
    given = " ".join(part for part in (read.first, read.middle) if part)
    suffix = read.suffix or None
    if "," in name and not suffix:
        family, _, rest = (part.strip() for part in name.partition(","))
        return Author(name=printed, given=rest or None, family=family or None)
    return Author(name=printed, given=given or None, family=read.last or None, suffix=suffix)
