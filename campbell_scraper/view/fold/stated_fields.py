"""Which fields a content states, by names that can be counted over a run, and which are kept if they vanish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .composing import FIELDS, SUBSTANCE, VOLATILE, present

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from .composing import Content

WITHDRAWN = "status.withdrawn"
_PLAIN = tuple(
    name
    for name in FIELDS
    if name not in {*VOLATILE, "published_date_raw", "published_precision", "additional_info", "summaries"}
)
_WITH = {
    "published_date": ("published_date_raw", "published_precision"),
    "document_types": ("stage",),
    "summaries": ("headline", "brief", "intro"),
}
"""Field → fields read from the same words: they are kept with it."""


def stated(content: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of what a content states. Its values may be dataclasses or what their JSON decodes to.

    Beside its fields: ``additional_info.<label>``, ``summaries.<language>``, ``summaries.sections``, ``.headline`` and
    ``.brief`` (if any of its summaries has one), ``status.withdrawn``.
    """
    found = {name for name in _PLAIN if present(content.get(name))}
    if content.get("status") == "withdrawn":
        found.add(WITHDRAWN)
    found.update(f"additional_info.{_get(item, 'label')}" for item in content.get("additional_info") or ())
    for summary in content.get("summaries") or ():
        found |= {"summaries", f"summaries.{_get(summary, 'language')}"}
        if any(_get(section, "heading") for section in _get(summary, "sections") or ()):
            found.add("summaries.sections")
        found.update(f"summaries.{name}" for name in ("headline", "brief") if present(_get(summary, name)))
    return frozenset(found)


def hollow_fields(fields: frozenset[str]) -> bool:
    """Tell whether the content with these stated fields is hollow (see ``composing.hollow``)."""
    return WITHDRAWN not in fields and not any(field_of(name) in SUBSTANCE for name in fields)


def field_of(name: str) -> str:
    """Return the record's field of a stated one: ``additional_info`` for ``additional_info.Authors``."""
    return name.partition(".")[0]


def kept_fields(before: frozenset[str], now: frozenset[str], vanished: Container[str]) -> frozenset[str]:
    """Return the record's fields that are kept as they were: stated before, not now, and vanished.

    ``vanished`` are the stated fields that the whole run lost. A list is kept whole, and with it what was read from the
    same words.
    """
    names = {field_of(name) for name in before - now if name in vanished}
    return frozenset(names.union(*(_WITH.get(name, ()) for name in names)))


def keep(before: Content, now: Content, vanished: Container[str]) -> Content:
    """Return what a representation says if what has vanished is kept; ``now`` itself if nothing is."""
    names = kept_fields(stated(before), stated(now), vanished)
    return {**now, **{name: before.get(name) for name in names}} if names else now


def _get(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else getattr(item, name)
