"""Plain language summaries: blocks, sections, languages and evidence facts.

Pure: a DOM subtree in, ``items.Summary`` out. This room knows how Campbell writes summaries (SITES.md 6); it must not
know of layouts, URLs, Scrapy, SQL, clock or network.
"""

from __future__ import annotations

from .blocks import Block, blocks_of, fold, text_of
from .heading_kinds import KINDS, kind_of
from .language_identification import identify, language_mismatch
from .sections import is_placeholder
from .summary_reader import read_summary

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
    "text_of",
]
