"""The modules that every process that reads pages needs.

The process that workers are forked from imports them once: page objects and rules are then in memory that all workers
share, and none waits for them.
"""

from __future__ import annotations

from campbell_scraper.reading.facts import fact_engine as facts

from .lean_imports import without

with without("scrapy"):  # web-poet loads it, by way of itemadapter: a third of the time
    from .log import extraction

__all__ = ["extraction", "facts"]
