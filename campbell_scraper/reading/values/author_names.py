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
    """Return the authors a text lists, in order (see :func:`author_list`)."""
    return author_list(text)[0]


def author_list(text: str) -> tuple[list[Author], bool]:
    """Return the authors a text lists, in order, and whether it was clear which words are one name.

    Separators are semicolons, else commas (of any script), line ends, "and" and "&". "Barlow, J., Bennett, C.",
    "Barlow J, Bennett C" and "Barlow, Jane; Bennett, Cathy" are inverted names; a suffix after a comma ("King, Jr.")
    belongs to the name before. Initials are capitals: "Yi Li" has none. In a list of several forms, a word that may be
    a name of its own or a part of the one before ("Jane Barlow, Yavuz, Cem") is a name of its own.
    """
    text = text[:MAX_TEXT].translate(_SEPARATORS)
    lists = text.split(";") if ";" in text else [text]
    has_natural = any(_coded(one)[0] == "n" for one in lists)
    names: list[str] = []
    clear = True
    for one in lists:
        codes, parts = _coded(one)
        if len(lists) > 1 and _GROUP_WORD.search(one):
            names += filter(None, map(_cleaned, _conjoined(one)))
            continue
        if len(lists) > 1 and _ONE_NAME.fullmatch(codes) and not (codes == "nn" and has_natural):
            names.append(", ".join(parts))
            continue
        pattern = _INVERTED if _ALL_INVERTED.fullmatch(codes) else _ANY_NAME
        names += [", ".join(parts[slice(*name.span())]) for name in pattern.finditer(codes)]
        clear = clear and (pattern is _INVERTED or codes == "f" or not _UNCLEAR.search(codes))
    found: list[Author] = []
    surnames_first = [_is_surname_first(name) for name in names]
    for name, is_surname_first in zip(names[:MAX_AUTHORS], surnames_first, strict=False):
        found.append(replace(_author(name)))  # a copy: records are mutable, the cache is shared
        if is_surname_first:
            found[-1].family, _, found[-1].given = name.rpartition(" ")
    return found, clear and (all(surnames_first) or not any(surnames_first))


_ONE_NAME = re.compile(r"[fn][fin]?s*")
_ALL_INVERTED = re.compile(r"(?:[fn]is*&?)+|(?:f[fi]s*&?)+")
_INVERTED = re.compile(r"[fn][fi]s*")
_ANY_NAME = re.compile(r"fis*|[fin]s*")
_UNCLEAR = re.compile(r"f(?!i)|(?<!f)i")


def _coded(text: str) -> tuple[str, list[str]]:
    """Return what stands between the commas of a list, and a letter for each part, so that a list can be matched.

    f: perhaps a family name alone; i: initials; s: a suffix; n: another name; &: an "and" between two names.
    """
    codes = ""
    parts: list[str] = []
    for printed in re.split(r"[,\n]", text):
        for number, name in enumerate(_conjoined(" ".join(printed.split()))):
            if codes and (number or _AND.match(printed.strip())):
                codes += "&"
                parts.append("")
            if part := _cleaned(name):
                codes += _code(part, codes[-1:])
                parts.append(part)
    return codes, parts


def _cleaned(name: str) -> str:
    """Return a name on one line without "et al." and the marks of its footnotes; "" if it has no letter."""
    part = _NOTE.sub("", _ET_AL.sub("", " ".join(name[:MAX_NAME].split()).strip(" ,"))).strip(" ,")
    return part if any(letter.isalpha() for letter in part) else ""


def _code(part: str, before: str) -> str:
    if before and _SUFFIX.match(part) and (before in "nis" or _GENERATION.match(part)):
        return "s"
    if _are_initials(part):
        return "i"
    *particles, family = part.split()
    is_family = family[0].isupper() and not family.isupper() and all(one.lower() in _PARTICLES for one in particles)
    return "f" if is_family and not _GROUP_WORD.search(part) else "n"


def _are_initials(text: str) -> bool:
    return text.isupper() and _INITIALS.fullmatch(text) is not None and not _GENERATION.match(text)


def _is_surname_first(name: str) -> bool:
    """Return whether a name is of the form "Barlow J" or "van der Beek LM": initials end it."""
    family, _, given = name.rpartition(" ")
    if not _are_initials(given) or "," in family or family.isupper():
        return False
    return family != "" and all(len(word.strip(".")) > 1 for word in family.split())


def _conjoined(part: str) -> list[str]:
    """Split ``part`` at "and" and "&", unless they are inside the name of a group."""
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
    *parts, last = name.split(", ")
    if parts and _code(last, _code(parts[-1], "")) == "s":
        return replace(_author(", ".join(parts)), name=printed, suffix=last)
    if len(parts) == 1:
        return Author(name=printed, given=last, family=parts[0])
    return _parsed(printed, name)


def _plain(printed: str, tokens: list[str]) -> Author:
    """Read given names, then the family name from its first particle on; a generation at the end is the suffix."""
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
    """Read titles and what else is no plain row of words as nameparser does."""
    read = HumanName(name)
    given = " ".join(part for part in (read.first, read.middle) if part)
    return Author(name=printed, given=given or None, family=read.last or None, suffix=read.suffix or None)
