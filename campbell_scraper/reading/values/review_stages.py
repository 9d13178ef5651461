"""The stage of a review (title, protocol, review, update, map, brief), as its document types and title tell it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from campbell_scraper.items import Stage

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
_MAP = re.compile(
    r"\b(?:evidence(?:[\s-]+(?:and|&))?(?:[\s-]+gap)?|gap)[\s-]+map\b|\bmega-?map\b|\bEGM\b", re.IGNORECASE
)
_WITHDRAWN_TEXT = re.compile(
    r"\bthis (?:campbell )?(?:systematic )?(?:review|protocol|title|map|record)(?: \w+)? "
    r"(?:has been|have been|was|is|has now been) (?:\w+ )?withdrawn\b",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"^\W*withdrawn\b|[\[(]\s*withdrawn\s*[\])]\W*$|[:\u2013\u2014-]\s*withdrawn\W*$", re.IGNORECASE
)


def stage(types: Iterable[str], title: str | None) -> Stage | None:
    """Return the stage that document types and title tell, or None: the furthest stage of several types.

    It is ``update`` if a type is called updated, or if the title of a review says that it is one. Types are names of
    the vocabulary.
    """
    names = list(types)
    if any(_UPDATED_TYPE.search(name) for name in names):
        return Stage.UPDATE
    stages = {_STAGE_OF_TYPE[name] for name in names if name in _STAGE_OF_TYPE}
    known = _furthest(stages)
    text = (title or "")[:_MAX_TITLE]
    if known is None:
        known = _title_stage(text)
    elif known in _PROGRESS and (prefix := _TITLE_STAGE.match(text)) and stages <= {Stage.REVIEW}:
        # "PROTOCOL: ..." typed as a review is a protocol in a site section called reviews.
        known = _title_word(prefix)
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


def _title_word(match: re.Match[str]) -> Stage:
    word = match[1].lower()
    return next(stage for start, stage in _TITLE_STAGE_WORDS.items() if word.startswith(start))


def _title_stage(title: str) -> Stage | None:
    if prefix := _TITLE_STAGE.match(title):
        return _title_word(prefix)
    if _PROTOCOL_OF.search(title):
        return Stage.PROTOCOL
    if _MAP.search(title):
        return Stage.MAP
    if _UPDATE.search(title):
        return Stage.UPDATE
    return None


def withdrawn(title: str | None, *texts: str | None) -> bool:
    """Return whether a title ("WITHDRAWN: ...") or a text's beginning ("This review has been withdrawn") says so."""
    if title and "withdrawn" in title.lower() and _WITHDRAWN.search(title[:_MAX_TITLE]):
        return True
    beginnings = [text[:1000] for text in texts if text]
    return any("withdrawn" in text.lower() and _WITHDRAWN_TEXT.search(text) for text in beginnings)
