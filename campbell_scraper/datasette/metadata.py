"""Datasette's metadata, made from the data dictionary, so that plain ``datasette DIR`` explains itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from campbell_scraper.store.dictionary import PLUMBING, TABLES

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder

DATABASE = "campbell"

_FACETS: dict[str, list[Any]] = {
    "review_overview": [{"array": "groups"}, {"array": "types"}, {"array": "languages"}, "stage", "status"],
    "reviews": ["stage", "status", "layout"],
    "captures": ["kind", "outcome", "status", "crawl_id"],
    "discovered": ["decision", "crawl_id"],
    "summaries": ["language", "form", "is_placeholder"],
    "sections": ["kind"],
    "evidence_facts": ["fact", "precision"],
    "additional_info": ["label", "field_type"],
    "unhandled": ["kind"],
    "changes": ["field"],
    "pages": ["kind"],
}
_SORT: dict[str, dict[str, str]] = {
    "reviews": {"sort_desc": "published_date"},
    "review_overview": {"sort_desc": "published_date"},
    "captures": {"sort_desc": "captured_at"},
    "changes": {"sort_desc": "changed_at"},
}
_LABELS = {
    "reviews": "title",
    "authors": "name",
    "coordinating_groups": "name",
    "document_types": "name",
    "sections": "heading",
    "summaries": "headline",
    "crawls": "crawl_id",
    "pages": "title",
}
_SEARCH = {"reviews": "reviews_fts", "sections": "sections_fts", "files": "files_fts"}


def metadata() -> dict[str, Any]:
    """Give the whole metadata document."""
    tables: dict[str, Any] = {}
    for table in TABLES:
        entry: dict[str, Any] = {
            "description": table.description,
            "columns": {column.name: column.description for column in table.columns},
        }
        if table.name in _FACETS:
            entry["facets"] = _FACETS[table.name]
        if table.name in _LABELS:
            entry["label_column"] = _LABELS[table.name]
        if table.name in _SEARCH:
            entry["fts_table"] = _SEARCH[table.name]
        entry.update(_SORT.get(table.name, {}))
        tables[table.name] = entry
    for name in PLUMBING:
        tables[name] = {"hidden": True}
    return {
        "title": "Campbell Collaboration library",
        "description": "Systematic reviews in the social sciences, read from archived pages: every row is traceable to "
        "the bytes it was read from (table captures).",
        "databases": {DATABASE: {"tables": tables}},
    }


def write_metadata(folder: DataFolder) -> None:
    """Write ``metadata.yaml`` and Datasette's settings into the data folder (JSON is YAML too)."""
    folder.metadata.write_text(json.dumps(metadata(), ensure_ascii=False, indent=2) + "\n", "utf-8")
    settings = {"default_page_size": 50, "sql_time_limit_ms": 5000, "facet_time_limit_ms": 1000, "allow_download": True}
    (folder.root / "settings.json").write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
