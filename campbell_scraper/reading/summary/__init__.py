"""Plain language summaries: blocks, sections, languages and evidence facts.

Pure: a DOM subtree in, ``items.Summary`` out. This room knows how Campbell writes summaries (``docs/sites.md``, "The
plain language summary"); it must not know layouts, URLs, Scrapy, SQL, clock or network.
"""
