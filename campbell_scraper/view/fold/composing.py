"""One record of a review, composed of all its representations (rule 5 in docs/architecture.md).

Field by field, the representation of highest precedence that says something is believed; absent never overwrites
present. WordPress' REST answer knows groups and types that its HTML page lacks, a listing may know a type that neither
says.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from campbell_scraper.items import Representation, ReviewRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Content = dict[str, Any]
"""What one representation says, as decoded from its canonical JSON: a record with its own fields only."""
Record = dict[str, Any]
"""What all of them say together: a version's complete record."""

PRECEDENCE = (Representation.ITEM, Representation.REST, Representation.ALIAS, Representation.LISTING)
_RANK = {str(representation): rank for rank, representation in enumerate(PRECEDENCE)}
VOLATILE = ("layout", "url", "posted_at", "modified_at")
"""Fields of a record that change without the review changing: by a redesign, another spelling, a save."""
_OF_THE_PAGE = frozenset({"representation", "withdrawn", "protected", "aliases", "unhandled"})
"""Fields of an extracted record that are no part of what it says of the review; ``status`` stands for ``withdrawn``."""
PROTECTED = "protected:"
"""Before the key of a representation that asks for a password ("protected:item")."""
FIELDS = tuple(field.name for field in fields(ReviewRecord) if field.name not in _OF_THE_PAGE)
"""Fields of a record, but for ``status``."""
_DATE = ("published_date", "published_date_raw", "published_precision")
_TOGETHER = (_DATE, *((name,) for name in FIELDS if name not in _DATE))
"""Fields that are taken from one representation together."""
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


def compose(latest: Mapping[str, Content], *, gone: bool = False) -> Record:
    """Return the record that the latest content of each representation makes: the content itself, if there is one."""
    if len(latest) == 1 and not gone:
        return next(iter(latest.values()))
    ordered = [latest[key] for key in sorted(latest, key=rank)]
    record: Record = {}
    for group in _TOGETHER:
        said = _believed(ordered, group) or ordered[0]
        for name in group:
            record[name] = said.get(name)
    staged = next((content for content in ordered if _states_stage(content)), None)
    if staged is not None:
        record["stage"] = staged["stage"]
    record["status"] = (
        "gone" if gone else "withdrawn" if any(c["status"] == "withdrawn" for c in ordered) else "current"
    )
    return record


def sources(latest: Mapping[str, Content]) -> dict[str, str]:
    """Return which representation said each field that is present (for ``trace``)."""
    keys = sorted(latest, key=rank)
    ordered = [latest[key] for key in keys]
    found: dict[str, str] = {}
    for group in _TOGETHER:
        said = _believed(ordered, group)
        if said is not None:
            found |= dict.fromkeys(group, next(key for key in keys if latest[key] is said))
    staged = next((key for key in keys if _states_stage(latest[key])), None)
    return found if staged is None else found | {"stage": staged}


def _believed(ordered: Sequence[Content], group: tuple[str, ...]) -> Content | None:
    """Return the first content that says something of these fields; of a text that a later one goes on with, that one.

    WordPress shows a post split by ``<!--nextpage-->`` in parts, and whole in its REST answer.
    """
    saying = [content for content in ordered if any(present(content.get(name)) for name in group)]
    if group != ("summaries",) or len(saying) < 2:
        return saying[0] if saying else None
    texts = ["\n".join(one["text"] for one in content["summaries"]) for content in saying]
    whole = (at for at, text in enumerate(texts) if len(text) > len(texts[0]) and text.startswith(texts[0]))
    return saying[next(whole, 0)]


def _states_stage(content: Content) -> bool:
    """Tell whether a stage rests on a document type that is stated, not on what the text looks like."""
    return present(content.get("stage")) and present(content.get("document_types"))


def hollow(content: Content) -> bool:
    """Tell whether a representation says nothing of a review but its title and address.

    So read pages whose template has changed. An editor who empties a page leaves something, or says it is withdrawn.
    """
    return content.get("status") == "current" and not any(present(content.get(name)) for name in SUBSTANCE)


def present(value: object) -> bool:
    """Tell whether a field's value says something."""
    return value is not None and value not in ("", [])
