"""What a page says: ``(url, headers, body)`` in, dataclasses out.

One web-poet page object per layout, chosen by what the page is. Pure functions: this room must not know Scrapy, SQL,
files, clock or network; it knows HTML, the two CMSs and the words of the library.
"""

from __future__ import annotations

from campbell_scraper.pages.reading import LAYOUTS, PAGES, read_page
from campbell_scraper.pages.urls import canonical_url, review_id

__all__ = ["LAYOUTS", "PAGES", "canonical_url", "read_page", "review_id"]
