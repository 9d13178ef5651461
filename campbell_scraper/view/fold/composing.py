"""One record of a review, composed of all its representations (rule 5 in docs/architecture.md).

Field by field, the representation of highest precedence that says something is believed; absent never overwrites
present. WordPress' REST answer knows groups and types that its HTML page lacks, a listing may know a type that neither
says.

While REST can be asked (``rest_is_current``), it knows two things better: the names of groups and types (the page has
only slugs, which stay when a term is renamed), and where a post's content begins and ends (on the page, plugins add
text around it). If the page has a section of known wording that REST lacks, the page's text is believed: its template
shows more of the review.
"""

from __future__ import annotations

from dataclasses import fields
from itertools import chain
from typing import TYPE_CHECKING, Any

from campbell_scraper.items import Representation, ReviewRecord
from campbell_scraper.reading.summary.heading_kinds import OTHER, known_kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Content = dict[str, Any]
"""What one representation says, as decoded from its canonical JSON: a record with its own fields only."""
Record = dict[str, Any]
"""What all of them say together: a version's complete record."""

PRECEDENCE = (Representation.ITEM, Representation.REST, Representation.ALIAS, Representation.LISTING)
_RANK = {str(representation): rank for rank, representation in enumerate(PRECEDENCE)}
VOLATILE = ("layout", "url", "posted_at", "modified_at", "language", "translation_of")
"""Fields of a record that change without the review changing: by a redesign, another spelling, a save."""
_OF_THE_PAGE = frozenset({"representation", "withdrawn", "protected", "aliases", "unhandled"})
"""Fields of an extracted record that say nothing about the review; ``status`` stands for ``withdrawn``."""
PROTECTED = "protected:"
"""Before the key of a representation that asks for a password ("protected:item")."""
FIELDS = tuple(field.name for field in fields(ReviewRecord) if field.name not in _OF_THE_PAGE)
"""Fields of a record, except ``status``."""
_DATE = ("published_date", "published_date_raw", "published_precision")
_TOGETHER = (_DATE, *((name,) for name in FIELDS if name not in _DATE))
"""Fields that are taken from one representation together."""
_TERMS = (("groups",), ("document_types",))
_TEXT = ("summaries", "headline", "brief")
"""What REST knows better: names of terms, and where the text of a post begins and ends."""
_REST = str(Representation.REST)
SUBSTANCE = (
    "additional_info",
    "summaries",
    "authors",
    "groups",
    "document_types",
    "published_date",
    "doi",
    "headline",
    "brief",
)
"""Fields of which every review has some."""


def rank(key: str) -> tuple[int, str]:
    """Return the place of a representation's key ("item", "listing:/library.html") in the order of precedence."""
    name, at_another_address, _ = key.partition(":")[0].partition("#")
    if at_another_address and name == Representation.ITEM:
        name = Representation.ALIAS
    return _RANK.get(name, len(_RANK)), key


def compose(latest: Mapping[str, Content], *, gone: bool = False, rest_is_current: bool = False) -> Record:
    """Return the record that the latest content of each representation makes: the content itself, if there is one."""
    if len(latest) == 1 and not gone:
        return next(iter(latest.values()))
    first = latest[min(latest, key=rank)]
    record: Record = {name: first.get(name) for name in FIELDS}
    for name, key in sources(latest, rest_is_current=rest_is_current).items():
        record[name] = latest[key].get(name)
    record["status"] = (
        "gone" if gone else "withdrawn" if any(c["status"] == "withdrawn" for c in latest.values()) else "current"
    )
    return record


def sources(latest: Mapping[str, Content], *, rest_is_current: bool = False) -> dict[str, str]:
    """Return which representation is believed for each field that any of them states."""
    believed: dict[str, str] = {}
    keys = sorted(latest, key=rank)
    by_rest = sorted(keys, key=lambda key: key != _REST) if rest_is_current else keys
    for group in _TOGETHER:
        representation = _believed(latest, by_rest if group in _TERMS else keys, group)
        if representation is not None:
            believed |= dict.fromkeys(group, representation)
    staged = next((key for key in by_rest if _states_stage(latest[key])), None)
    if staged is not None:
        believed["stage"] = staged
    if rest_is_current and _has_whole_text(latest):
        believed |= dict.fromkeys(_TEXT, _REST)
    return believed


def _believed(latest: Mapping[str, Content], keys: Sequence[str], group: tuple[str, ...]) -> str | None:
    """Return the representation that is believed: the first that says something of these fields.

    If the text of a later one continues that of the first, the later one is believed: WordPress shows a post split by
    ``<!--nextpage-->`` in parts, and whole in its REST answer.
    """
    saying = [key for key in keys if any(present(latest[key].get(name)) for name in group)]
    if group != ("summaries",) or len(saying) < 2:
        return saying[0] if saying else None
    texts = ["\n".join(one["text"] for one in latest[key]["summaries"]) for key in saying]
    whole = (at for at, text in enumerate(texts) if len(text) > len(texts[0]) and text.startswith(texts[0]))
    return saying[next(whole, 0)]


def _has_whole_text(latest: Mapping[str, Content]) -> bool:
    """Tell whether REST's text differs from the page's and has every section of known wording that the page has."""
    rest, item = latest.get(_REST, {}), latest.get(Representation.ITEM, {})
    texts = rest.get("summaries"), item.get("summaries")
    return bool(texts[0]) and texts[0] != texts[1] and _known_sections(item) <= _known_sections(rest)


def _known_sections(content: Content) -> set[str]:
    sections = chain.from_iterable(summary.get("sections") or () for summary in content.get("summaries") or ())
    return {section["heading"] for section in sections if known_kind(section["heading"]) not in {None, OTHER}}


def _states_stage(content: Content) -> bool:
    """Tell whether a stage rests on a document type that is stated, not on what the text looks like."""
    return present(content.get("stage")) and present(content.get("document_types"))


def hollow(content: Content) -> bool:
    """Tell whether a representation says nothing of a review but its title and address.

    That is how pages with a changed template read. An editor who empties a page leaves something, or withdraws it.
    """
    return content.get("status") == "current" and not any(present(content.get(name)) for name in SUBSTANCE)


def present(value: object) -> bool:
    """Tell whether a field's value says something."""
    return value is not None and value not in ("", [])
