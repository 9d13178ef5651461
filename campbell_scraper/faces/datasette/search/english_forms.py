"""The English forms of a word, and its British and American spellings: a search for one finds all.

Inflection only: school, schools; study, studies, studied; randomised, randomized. Words that merely share a root
(organ and organisation, community and communication) stay apart, which a stemmer such as Porter's would join. A form
that does not exist does no harm: the index has no such word.
"""

from __future__ import annotations

import re
from typing import Final

_SHORTEST: Final = 3
_IRREGULAR: Final = {
    "child": "children", "man": "men", "woman": "women", "criterion": "criteria", "phenomenon": "phenomena",
    "foot": "feet", "life": "lives", "wife": "wives",
}  # fmt: skip
_NO_FORM: Final = frozenset(
    {
        "across", "always", "during", "evening", "everything", "hundred", "indeed", "morning", "news", "nothing",
        "others", "perhaps", "red", "series", "something", "sometimes", "species", "the", "this", "was", "has", "his",
    }
)  # fmt: skip
"""What looks like a form of another word, or is too common to have forms."""
_SHORT_STEM: Final = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")
"""One syllable that ends in one consonant behind one vowel: stop, hop."""
_DOUBLED: Final = re.compile(r".*([bdfgklmnprt])\1")
_HISSING: Final = ("s", "x", "z", "ch", "sh")
_PAIRS: Final = (
    (r"(\w{3,})is(e|ed|es|ing|er|ers|ation|ations|ational)", r"\1iz\2"),
    (r"(\w{3,})ys(e|ed|es|ing|er|ers)", r"\1yz\2"),
    (r"(\w{2,})our(s|ed|ing|al|ally|able|hood|hoods|)", r"\1or\2"),
    (r"(\w{2,}[aeiou])ll(ed|ing|er|ers|or|ors)", r"\1l\2"),
    (r"(program)me(s|)", r"\1\2"),
    (r"(cent|theat|lit|met|fib)re(s|)", r"\1er\2"),
    (r"(\w*)paed(\w+)", r"\1ped\2"),
    (r"(\w*)(an)aesth(\w+)", r"\1\2esth\3"),
    (r"(ag)e(ing)", r"\1\2"),
    (r"(judg)e(ments?)", r"\1\2"),
    (r"(enrol|fulfil|instal)(ments?|)", r"\1l\2"),
    (r"(def|off|lic|pret)ence(s|)", r"\1ense\2"),
    (r"(practi)ce(s|)", r"\1se\2"),
    (r"(s)c(eptic\w*)", r"\1k\2"),
    (r"(gr)e(ys?)", r"\1a\2"),
)
"""Spellings, as a regular expression and the other spelling; both ways."""


def english_forms(word: str) -> list[str]:
    """Return a word in lower case and its other forms and spellings.

    >>> english_forms("pupils")
    ['pupils', 'pupil', 'pupiled', 'pupilled', 'pupiling', 'pupilling']
    >>> sorted({"study", "studies", "studying", "studied"} - set(english_forms("studied")))
    []
    """
    word = word.lower()
    if not (word.isascii() and word.isalpha()) or len(word) < _SHORTEST or word in _NO_FORM:
        return [word]
    forms = {word: None}
    for spelling in _spellings(word):
        for base in _bases(spelling):
            for form in (base, *_inflected(base)):
                forms |= dict.fromkeys((form, *_spellings(form)))
    return [form for form in forms if form == word or form not in _NO_FORM]


def _spellings(word: str) -> list[str]:
    return [word, *(other for pattern, replacement in _RULES if (other := pattern.sub(replacement, word)) != word)]


def _reversed(pattern: str, replacement: str) -> tuple[str, str]:
    """Return the rule in the other direction."""
    groups = re.findall(r"\([^()]*\)", pattern)
    letters = re.split(r"\([^()]*\)", pattern)
    other = re.split(r"\\\d", replacement)
    back = "".join(text + group for text, group in zip(other, [*groups, ""], strict=True))
    return back, "".join(f"{text}\\{number}" for number, text in enumerate(letters[:-1], 1)) + letters[-1]


_RULES: Final = tuple(
    (re.compile(rf"^{pattern}$"), replacement) for pair in _PAIRS for pattern, replacement in (pair, _reversed(*pair))
)


def _bases(word: str) -> dict[str, None]:
    """Return the words that this may be a form of: itself too, unless it ends as only a form does."""
    bases = dict.fromkeys(one for pair in _IRREGULAR.items() if word in pair for one in pair)
    if word.endswith("ies") and len(word) > 4:
        bases |= {word[:-3] + "y": None, word[:-1]: None}
    elif word.endswith("ses"):
        bases |= {word[:-1]: None, word[:-2] + "is": None, word[:-2]: None}
    elif word.endswith(("ches", "shes", "xes", "zes", "oes")):
        bases |= {word[:-2]: None, word[:-1]: None}
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > _SHORTEST:
        bases[word[:-1]] = None
    elif word.endswith("ied") and len(word) > 4:
        bases[word[:-3] + "y"] = None
    elif word.endswith("ed") and not (word.endswith("eed") and len(word) < 6):
        bases |= _stripped(word[:-2])
    elif word.endswith("ing"):
        bases |= {word: None} | _stripped(word[:-3])
    return bases or {word: None}


def _stripped(stem: str) -> dict[str, None]:
    """Return what may have stood before -ed or -ing."""
    if not re.search("[aeiouy]", stem) or (len(stem) < _SHORTEST and not re.fullmatch("[aeu][^aeiouwxy]", stem)):
        return {}
    if _DOUBLED.fullmatch(stem):
        return {stem: None, stem[:-1]: None}
    if _SHORT_STEM.fullmatch(stem):
        return {stem + "e": None}
    return {stem: None, stem + "e": None}


def _inflected(base: str) -> list[str]:
    stem, last = base[:-1], base[-1]
    doubled = base + last
    endings = [base + "s", base + "ed", base + "ing"]
    if base.endswith("sis"):
        endings = [base[:-2] + "es"]
    elif base.endswith("ing"):
        endings = [base + "s"]
    elif base.endswith("ee"):
        endings = [base + "s", base + "ing", *([base + "d"] if len(base) > _SHORTEST else [])]
    elif last == "e":
        endings = [base + "s", base + "d", stem + "ing"]
    elif last == "y" and stem[-1] not in "aeiou":
        endings = [stem + "ies", stem + "ied", base + "ing"]
    elif base.endswith(_HISSING):
        endings[0] = base + "es"
    elif _SHORT_STEM.fullmatch(base):
        endings[1:] = [doubled + "ed", doubled + "ing"]
    elif re.search(r"[^aeiou][aeiou][lmnprt]$", base):
        endings += [doubled + "ed", doubled + "ing"]
    elif last == "o":
        endings.append(base + "es")
    return endings
