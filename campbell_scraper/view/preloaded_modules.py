"""The page objects, loaded once: processes that read pages, or write what was read, are forks of one that has them."""

from __future__ import annotations

from .lean_imports import without

with without("scrapy", "pydantic"):  # web-poet loads them, by way of itemadapter: a third of the time
    from .log import extraction

__all__ = ["extraction"]
