"""Plain language summaries: blocks, sections, languages and evidence facts.

Pure: a DOM subtree in, ``items.Summary`` out. This room knows how Campbell writes summaries (SITES.md 6); it must not
know of layouts, URLs, Scrapy, SQL, clock or network.
"""

from __future__ import annotations

from campbell_scraper.summary.blocks import Block, blocks_of, fold, text_of
from campbell_scraper.summary.kinds import KINDS, kind_of
from campbell_scraper.summary.language import identify, language_mismatch, tag_of_label
from campbell_scraper.summary.read import read_summary
from campbell_scraper.summary.sections import is_placeholder

__all__ = [
    "KINDS",
    "Block",
    "blocks_of",
    "fold",
    "identify",
    "is_placeholder",
    "kind_of",
    "language_mismatch",
    "read_summary",
    "tag_of_label",
    "text_of",
]
