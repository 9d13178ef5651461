"""What differs between two records, in terms a reader of the site would use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campbell_scraper.view.keys import canonical_json

from .composing import FIELDS, VOLATILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .composing import Record

_SCALARS = frozenset(FIELDS) - {"authors", "groups", "document_types", "additional_info", "summaries", "attachments"}
_NAMES = ("groups", "document_types")
_SUMMARY_FIELDS = ("language_label", "title", "banner", "headline", "brief", "is_placeholder", "pdf_url")
Differences = dict[str, tuple[str | None, str | None]]
"""Field → (old, new)."""
_PLS = "plain_language_summary"


def diff(old: Record, new: Record) -> Differences:
    """Return field → (old, new) of all that changed; ``None`` stands for absent, lists are JSON.

    Fields are named ``title``, ``authors``, ``additional_info.<label>``, ``summaries.<language>.headline``,
    ``summaries.<language>.sections.<heading>``; a repeated name gets ``#2``. Nothing is reported twice: no label whose
    value is the text of a changed summary, nor a summary's whole text beside its parts. Whatever differs is reported.
    """
    changes: Differences = {}
    for name in (*FIELDS, "status"):
        before, after = old.get(name), new.get(name)
        if before == after or name in VOLATILE or (name == "summaries" and _worded(before) == _worded(after)):
            continue
        leaves = _leaves(name, before, after)
        named = {key: pair for key, pair in leaves.items() if pair[0] != pair[1]}
        changes |= named or {name: (_text(before), _text(after))}
    return _without_repeats(changes, old, new)


def _worded(summaries: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Return summaries without the levels of their headings, which a redesign changes and no editor does."""
    return [
        {**summary, "sections": [{**section, "level": None} for section in summary.get("sections") or []]}
        for summary in summaries or []
    ]


def _leaves(name: str, before: Any, after: Any) -> Differences:
    if name in _SCALARS or name == "status":
        return {name: (_text(before), _text(after))}
    olds, news = dict(_named(name, before or [])), dict(_named(name, after or []))
    return {key: (olds.get(key), news.get(key)) for key in [*olds, *(key for key in news if key not in olds)]}


def _named(name: str, value: list[Any]) -> Iterable[tuple[str, str | None]]:
    if name in _NAMES:
        return [(name, canonical_json(value) if value else None)]
    if name == "authors":
        return [(name, canonical_json([author.get("name") for author in value]) if value else None)]
    if name == "attachments":
        return [(name, canonical_json([item.get("url") for item in value]) if value else None)]
    if name == "additional_info":
        return _numbered((f"{name}.{item.get('label')}", item.get("value")) for item in value)
    return _numbered(leaf for summary in value for leaf in _summary(summary))


def _summary(summary: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    prefix = summary_path(summary)
    for field in _SUMMARY_FIELDS:
        value = summary.get(field)
        if value not in (None, False):
            yield f"{prefix}.{field}", _text(value)
    for section in summary.get("sections") or []:
        yield f"{prefix}.sections.{section.get('heading')}", section.get("text")


def summary_path(summary: dict[str, Any]) -> str:
    """Return the name a summary has in ``changes.field``: its language, and its form unless it is the usual one."""
    form = summary.get("form")
    return f"summaries.{summary.get('language')}" + ("" if form == _PLS else f":{form}")


def _numbered(leaves: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, str | None]]:
    counts: dict[str, int] = {}
    for key, value in leaves:
        counts[key] = counts.get(key, 0) + 1
        yield (key if counts[key] == 1 else f"{key}#{counts[key]}"), value


def _without_repeats(changes: Differences, old: Record, new: Record) -> Differences:
    repeats = set()
    for summary in [*(old.get("summaries") or []), *(new.get("summaries") or [])]:
        path = summary_path(summary)
        if summary.get("language_label") and any(key.startswith(f"{path}.") for key in changes):
            repeats.add(f"additional_info.{summary['language_label']}")
    return {key: pair for key, pair in changes.items() if key not in repeats}


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return canonical_json(value)
