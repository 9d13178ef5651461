"""Author lists: split into persons and groups, persons into given and family names."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from nameparser import HumanName

from campbell_scraper.items import Author

MAX_AUTHORS: Final = 500
MAX_TEXT: Final = 20_000
MAX_NAME: Final = 300

_GROUP_WORD = re.compile(
    r"\b(?:group|collaboration|network|consortium|team|cent(?:re|er)|university|institut\w*|foundation|organi[sz]ation|"
    r"commission|committee|council|unit|department|ministry|agency|association|society|initiative|programme|program|bank|"
    r"secretariat|office|college|school|trust|fund|alliance|partnership|authority|board|panel|forum|federation|hospital|"
    r"laborator\w+|research|corporation|company|inc|ltd|llc|academy|services?|government|task ?force)\b",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?d|msc|ma|mph|bsc|mba|dphil|edd|psyd|esq)\.?$", re.IGNORECASE)
_GENERATION = re.compile(r"(?:jr|sr|ii|iii|iv)\.?$", re.IGNORECASE)
_DEGREE = re.compile(r"(?:Ph\.?D|M\.?Sc|B\.?Sc|D\.?Phil|Ed\.?D|Psy\.?D)\.?$")
"""Degrees that cannot be initials, as MD can."""
_LETTERS: Final = r"[^\W\d_]{1,4}\.?|[^\W\d_](?:(?:\.[\s-]?|[\s-])[^\W\d_]){1,3}\.?"
_INITIALS = re.compile(_LETTERS)
_SURNAME_FIRST = re.compile(rf"([^,]*?)\s({_LETTERS})(?:\s((?:Jr|Sr|II|III|IV)\.?))?")
_AND = re.compile(r"\s+(?:and|&)\s+|^(?:and|&)\s+", re.IGNORECASE)
_ET_AL = re.compile(r"(?:^|\s+)(?:et\.?\s*al\.?|others|colleagues)$", re.IGNORECASE)
_PARTICLES_WORDS: Final = (
    "van von vom zu zum zur der den des de del della delle di da das do dos du la le les los las el al bin ibn "
    "ben bint abu ter ten te op st. st san santa ap ab mac af av ould"
)
_PARTICLES: Final = frozenset(_PARTICLES_WORDS.split())
_PLAIN = re.compile(r"[^\W\d_][^\s,;()\d]*\.?$")
_NOTE = re.compile(r"(?<=[^\W\d])\s?[\d*†‡§¹²³]+$")
_SEPARATORS: Final = str.maketrans({"，": ",", "،": ",", "、": ",", "；": ";", "؛": ";", "|": ";"})
_PARENTHESIS = re.compile(r"\s*\([^)]*\)\s*$")
_ASIDE = re.compile(r"\s?[(\[]([^()\[\]]*)[)\]]")
_MARK = re.compile(r"\s[/•·]\s")
_GLUED = re.compile(r"(?<=\b[^\W\d_]\.)(?=[^\W\d_]{2})")
_FAMILY_FIRST = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
"""Scripts in which the family name stands first."""
_ACRONYM = re.compile(r"[A-Z]{3,}|\d+[a-z]+")


def authors(text: str) -> list[Author]:
    """Return the authors a text lists, in order (see :func:`author_list`)."""
    return author_list(text)[0]


def author_list(text: str) -> tuple[list[Author], bool]:
    """Return the authors a text lists, in order, and whether it was clear which words are one name.

    Separators are semicolons, else commas (of any script), line ends, "and" and "&". "Barlow, J., Bennett, C.",
    "Barlow J, Bennett C", "Barlow, Jane A., Bennett, Cathy" and "Barlow, Jane; Bennett, Cathy" are inverted names; a
    suffix after a comma ("King, Jr.") belongs to the name before. Initials are capitals: "Yi Li" has none. In a list of
    several forms, a word that may be a name of its own or a part of the one before ("Jane Barlow, Yavuz, Cem") is a
    name of its own.
    """
    text = _ASIDE.sub(_without_aside, text[:MAX_TEXT].translate(_SEPARATORS))
    text = _GLUED.sub(" ", _MARK.sub(";", text))
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
    listed = [replace(_author(name)) for name in names[:MAX_AUTHORS]]  # copies: records are mutable, the cache shared
    people = [author for author in listed if not author.is_group]
    orders = _orders([author.name for author in people])
    for author, order in zip(people, orders, strict=True):
        if order:
            author.given, author.family, author.suffix = order
    clear = clear and (all(orders) or not any(orders))
    return listed, clear and not any(_ends_in_block(author.name) for author in people)


def _without_aside(aside: re.Match[str]) -> str:
    """Return "" for brackets with a note's number or an affiliation of several parts, else the brackets unchanged."""
    is_note = not any(letter.isalpha() for letter in aside[1])
    return "" if is_note or any(sign in aside[1] for sign in ",;") else aside[0]


class _Order(NamedTuple):
    given: str
    family: str
    suffix: str | None


_ONE_NAME = re.compile(r"[finm][finm]?s*")
_ALL_INVERTED = re.compile(r"(?:[fin]is*&?)+|(?:f[fim]s*&?)+|(?=.*fm)(?:f[fimn]s*&?)+")
_INVERTED = re.compile(r"[fin][fimn]s*")
_ANY_NAME = re.compile(r"[fin]is*|[fimn]s*")
_UNCLEAR = re.compile(r"f(?!i)|(?<!f)i")


def _coded(text: str) -> tuple[str, list[str]]:
    """Return a string with a letter for each part between commas, which patterns can match, and the parts.

    f: perhaps a family name alone; i: initials; m: words and initials or a particle ("Jane A." or "Barlow J", "Jane
    de"); s: a suffix; n: another name; &: an "and" between two names.
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
    if before and _SUFFIX.match(part) and (before in "nims" or _GENERATION.match(part)):
        return "s"
    given, last = _given_and_particles(part)
    if _are_initials(given):
        return "i"
    if last or _surname_first(part):
        return "m"
    *particles, family = part.split()
    is_family = family[0].isupper() and not family.isupper() and all(one.lower() in _PARTICLES for one in particles)
    return "f" if is_family and not _GROUP_WORD.search(part) else "n"


def _given_and_particles(text: str) -> tuple[str, list[str]]:
    """Split off what belongs to the family name though it stands last ("Vibe, Michael de")."""
    words = text.split(" ")
    end = next((at for at in range(1, len(words)) if _PARTICLES.issuperset(words[at:])), len(words))
    return " ".join(words[:end]), words[end:]


def _are_initials(text: str) -> bool:
    return text.isupper() and _INITIALS.fullmatch(text) is not None and not _GENERATION.match(text)


def _ends_in_block(name: str) -> bool:
    """Return whether a name in capitals ends in letters that may be initials or a short name ("BARLOW JL", "YI LI")."""
    *before, last = (word.strip(".") for word in name.split())
    return name.isupper() and bool(before) and 1 < len(last) < 5 and min(map(len, before)) > 1


def _orders(names: list[str]) -> list[_Order | None]:
    """Return the parts of names whose family name stands first without a comma; None for the others."""
    orders = [_surname_first(name) for name in names]
    if not any(orders):
        in_capitals = [_capitals_first(name) for name in names]
        if all(in_capitals) and any(len(order.family) > 3 for order in in_capitals if order):  # not "JH Barlow"
            return in_capitals
    return orders


def _surname_first(name: str) -> _Order | None:
    """Read a name of the form "Barlow J", "van der Beek LM" or "Barlow J. H. Jr": initials end it."""
    match = _SURNAME_FIRST.fullmatch(name)
    if not match or not _are_initials(match[2]) or _ends_in_block(name):
        return None
    words = match[1].split()
    return _Order(match[2], match[1], match[3]) if words and all(len(word.strip(".")) > 1 for word in words) else None


def _capitals_first(name: str) -> _Order | None:
    """Read a name of the form "BARLOW Jane": the family name alone is in capitals."""
    words = [] if "," in name else name.split()
    capitals = list(takewhile(lambda word: word.isupper() and len(word) > 1 and "." not in word, words))
    given = words[len(capitals) :]
    return _Order(" ".join(given), " ".join(capitals), None) if capitals and given and not given[0].isupper() else None


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
        return Author(name=printed, is_group=True) if _ACRONYM.fullmatch(name) else Author(name=printed, family=name)
    *parts, last = name.split(", ")
    if parts and _code(last, _code(parts[-1], "")) == "s":
        return replace(_author(", ".join(parts)), name=printed, suffix=last)
    if len(parts) == 1:
        given, particles = _given_and_particles(last)
        return Author(name=printed, given=given, family=" ".join([*particles, parts[0]]))
    return _parsed(printed, name)


def _plain(printed: str, tokens: list[str]) -> Author:
    """Read given names, then the family name from its first particle; a generation or degree at the end is a suffix."""
    suffix = None
    if len(tokens) == 2 and all(map(_FAMILY_FIRST.fullmatch, tokens)):
        tokens.reverse()
    if len(tokens) > 2 and (_GENERATION.match(tokens[-1]) or _DEGREE.match(tokens[-1])):
        suffix = tokens.pop()
    if tokens[0].lower().rstrip(".") in {"dr", "prof", "professor", "mr", "ms", "mrs", "sir"} and len(tokens) > 2:
        tokens = tokens[1:]
    start = next(
        (at for at, token in enumerate(tokens[1:-1], 1) if token.lower() in _PARTICLES),
        len(tokens) - 1,
    )
    return Author(name=printed, given=" ".join(tokens[:start]), family=" ".join(tokens[start:]), suffix=suffix)


def _parsed(printed: str, name: str) -> Author:
    """Read a name that is not just words in a row, one with a title for instance, as nameparser does."""
    read = HumanName(name)
    given = " ".join(part for part in (read.first, read.middle) if part)
    return Author(name=printed, given=given or None, family=read.last or None, suffix=read.suffix or None)
