"""Datasette's metadata, made from the data dictionary, so that plain ``datasette DIR`` explains itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from campbell_scraper.atomic_files import replacing
from campbell_scraper.faces.datasette.pages.dashboards import dashboard
from campbell_scraper.view.schema.dictionary import INTERNAL, TABLES

from .queries import QUERIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campbell_scraper.folder import DataFolder

DATABASE = "campbell"
SETTINGS = {
    "default_page_size": 50,
    "sql_time_limit_ms": 5000,
    "facet_time_limit_ms": 1000,
    "truncate_cells_html": 400,
    "suggest_facets": False,
    "allow_download": False,
}
"""Datasette's settings: no download of the file, which is being written (``campbell export sqlite`` makes one). Facets
are named below, and any column's menu has one; guessing them cost each page up to 50 ms a column."""
PLUGIN = '''"""Made by campbell_scraper: pages, search and exclusions. Datasette must not show this library without."""

from campbell_scraper.faces.datasette.plugin import *
'''

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
    "map_references": ["url", "year"],
    "map_codes": ["url", "axis"],
    "works": ["stage", "status"],
    "files": ["language"],
    "crawls": ["source", "status"],
    "authors": ["is_group"],
}
_SORT: dict[str, dict[str, str]] = {
    "reviews": {"sort_desc": "published_date"},
    "review_overview": {"sort_desc": "published_date"},
    "captures": {"sort_desc": "captured_at"},
    "changes": {"sort_desc": "changed_at"},
    "works": {"sort_desc": "published_date"},
    "crawls": {"sort_desc": "started_at"},
    "review_versions": {"sort_desc": "valid_from"},
    "authors": {"sort": "family"},
    "evidence_facts": {"sort": "review_id"},
    "discovered": {"sort_desc": "noted_at"},
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


def metadata(hosts: Sequence[str] = ()) -> dict[str, Any]:
    """Return the whole metadata document; ``hosts`` are further names that the server answers to."""
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
        entry.update(_SORT.get(table.name, {}))
        tables[table.name] = entry
    for name in INTERNAL:
        tables[name] = {"hidden": True}
    return {
        "title": "Campbell Collaboration library",
        "description": "Systematic reviews in the social sciences, read from archived pages: every row is traceable to "
        "the bytes it was read from (table captures).",
        "plugins": {"datasette-dashboards": dashboard(DATABASE), "campbell": {"hosts": list(hosts)}},
        "databases": {
            DATABASE: {
                "description": "Everything the archived pages say: reviews, their summaries section by section, the "
                "facts these state with their sentences, versions, changes, and the captures they were read from.",
                "queries": {
                    name: query | {"hide_sql": True, "params": [*query.get("fields", ())]}
                    for name, query in QUERIES.items()
                },
                "tables": tables,
            }
        },
    }


def write_faces(folder: DataFolder) -> None:
    """Make the folder one that plain ``datasette DIR`` shows as ``campbell serve`` does.

    Writes ``metadata.yaml``, ``settings.json`` and ``plugins/campbell.py``, which brings our pages. Templates stay in
    the package: ``templates/`` of the folder is the replay's, and what a user puts there wins over ours.

    Raises:
        OSError: the folder cannot be written.

    """
    folder.plugins.mkdir(parents=True, exist_ok=True)
    _write(folder.metadata, json.dumps(metadata(), ensure_ascii=False, indent=2) + "\n")  # JSON is YAML too
    _write(folder.root / "settings.json", json.dumps(SETTINGS, indent=2) + "\n")
    _write(folder.plugins / "campbell.py", PLUGIN)


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, so that a Datasette that starts meanwhile reads the old or the new one."""
    if path.is_file() and path.read_text("utf-8") == text:
        return
    with replacing(path) as fresh:
        fresh.write_text(text, "utf-8")
