"""Plain language summaries: blocks, sections, languages and evidence facts.

Pure: a DOM subtree in, ``items.Summary`` out. This room knows how Campbell writes summaries (SITES.md 6); it must not
know of layouts, URLs, Scrapy, SQL, clock or network.
"""

from __future__ import annotations

from campbell_scraper.summary.blocks import Block, blocks_of, fold, text_of

__all__ = ["Block", "blocks_of", "fold", "text_of"]
