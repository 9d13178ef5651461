"""Languages of summaries: what their label says, and what their text is written in.

The identifier is py3langid (offline, 97 languages), loaded on first need because its model costs tenths of a second
and tens of megabytes. English is told by its function words first, so that most pages never need the model.
"""

from __future__ import annotations

import importlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import langcodes

if TYPE_CHECKING:
    from campbell_scraper.items import Summary

UNKNOWN: Final = "unknown"
"""What ``identify`` gives for a text too short, or too mixed, to tell."""

_MIN_LETTERS: Final = 60
"""Letters a text must have to be identified; scripts that need fewer letters for a word count threefold."""
_MIN_MARGIN: Final = 5.0
"""Log-probability by which the best language must lead the second."""
_SAMPLE: Final = 3000
"""Characters looked at."""
_START: Final = 500
"""Characters in which English is looked for first: a summary's first lines."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_DENSE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_ENGLISH_WORDS: Final = (
    "the of and to in that is for are this were with was on not by be as from or have an it which their these more "
    "but has been there than other may what"
)
_ENGLISH: Final = frozenset(_ENGLISH_WORDS.split())
_SAME: Final = (
    frozenset({"no", "nb", "nn", "da"}),
    frozenset({"hr", "sr", "bs", "sh", "me"}),
    frozenset({"id", "ms"}),
    frozenset({"hi", "ne", "mr"}),
    frozenset({"fa", "prs", "ps"}),
    frozenset({"es", "gl", "ca", "an"}),
    frozenset({"pt", "gl"}),
    frozenset({"cs", "sk"}),
    frozenset({"af", "nl"}),
)
"""Languages an identifier confuses: a text found to be one of a group does not contradict a label of another."""


@lru_cache(maxsize=256)
def tag_of_label(label: str) -> str | None:
    """Give the BCP 47 tag of a label ("Norwegian" → "no", "Chinese (Simplified)" → "zh-Hans"), None for others."""
    name = re.sub(r"[^\w()\s-]", " ", label).strip()
    special = _LABELS.get(" ".join(name.casefold().replace("(", " ").replace(")", " ").split()))
    if special:
        return special
    if not name or len(name) > 60:
        return None
    try:
        found = langcodes.find(name)
    except LookupError:
        return None
    # The look-up also gives the nearest name, and what is only near a language's name is another label.
    names = {found.display_name("en"), found.language_name("en"), found.autonym()}
    return found.to_tag() if name.casefold() in {known.casefold() for known in names} else None


_LABELS: Final = {
    "norwegian": "no",
    "norsk": "no",
    "norwegian bokmål": "nb",
    "norwegian nynorsk": "nn",
    "chinese": "zh",
    "simplified chinese": "zh-Hans",
    "chinese simplified": "zh-Hans",
    "mandarin": "zh",
    "traditional chinese": "zh-Hant",
    "chinese traditional": "zh-Hant",
    "farsi": "fa",
    "persian": "fa",
    "portuguese brazil": "pt-BR",
    "brazilian portuguese": "pt-BR",
    "castellano": "es",
}


def tag_of(label: str | None, text: str) -> str:
    """Give the BCP 47 tag for a summary: its label's, without a label the text's, "und" where neither tells."""
    if label:
        return tag_of_label(label) or "und"
    found = identify(text)
    return "und" if found == UNKNOWN else found


@lru_cache(maxsize=256)
def identify(text: str) -> str:
    """Give the language ``text`` is written in (ISO 639-1), or ``UNKNOWN`` if it is short or ambiguous."""
    if _is_english(text[:_START].split()):
        return "en"
    sample = text[:_SAMPLE]
    words = _WORD.findall(sample)
    letters = sum(map(len, words)) + 2 * len(_DENSE.findall(sample))
    if letters < _MIN_LETTERS:
        return UNKNOWN
    if _is_english(words):
        return "en"
    ranked = _identifier().rank(sample)
    (best, first), (_, second) = ranked[0], ranked[1]
    return str(best) if first - second >= _MIN_MARGIN else UNKNOWN


def _is_english(words: list[str]) -> bool:
    common = sum(map(_ENGLISH.__contains__, map(str.lower, words)))
    return common >= 8 and common * 5 >= len(words)


def language_mismatch(summary: Summary) -> str | None:
    """Give the language of a summary's text if it is not the one of its label; None if it agrees or cannot be told."""
    if summary.is_placeholder or summary.language == "und":
        return None
    found = identify(summary.text)
    labelled = summary.language.split("-")[0].lower()
    if found in (UNKNOWN, labelled) or any({found, labelled} <= group for group in _SAME):
        return None
    return found


@lru_cache(maxsize=1)
def _identifier() -> Any:
    module = importlib.import_module("py3langid.langid")
    return module.LanguageIdentifier.from_model_file(module.MODEL_FILE)
