"""The store: schema, composition of representations, versions and changes, works, verification.

It takes captures (``archive.capture``) and what they say (``items``), and keeps the view of them in SQLite. It must not
know of HTML, Scrapy, WARC or HTTP parsing.
"""

from __future__ import annotations

from campbell_scraper.view.database.copying import copy_database
from campbell_scraper.view.database.extractor import extractor_version
from campbell_scraper.view.database.store_errors import (
    ArchiveIncomplete,
    Damaged,
    NewerSchema,
    NotADatabase,
    StoreError,
    WrongLibrary,
)
from campbell_scraper.view.log.intake import Prepared, prepare
from campbell_scraper.view.schema.dictionary import schema_version

from .store import Store

__all__ = [
    "ArchiveIncomplete",
    "Damaged",
    "NewerSchema",
    "NotADatabase",
    "Prepared",
    "Store",
    "StoreError",
    "WrongLibrary",
    "copy_database",
    "extractor_version",
    "prepare",
    "schema_version",
]
