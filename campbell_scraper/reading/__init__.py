"""What a page says: ``(url, headers, body)`` in, dataclasses out.

One web-poet page object per layout, chosen by what the page is. Pure functions: this room must not know Scrapy, SQL,
files, clock or network; it knows HTML, the two CMSs and the words of the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.reading.page.links import canonical_url, review_id

if TYPE_CHECKING:
    from .page_reading import LAYOUTS, PAGES, read_page

__all__ = ["LAYOUTS", "PAGES", "canonical_url", "read_page", "review_id"]


def __getattr__(name: str) -> object:
    """Import the page objects when they are first asked for: who only compares addresses need not wait for them."""
    if name not in {"LAYOUTS", "PAGES", "read_page"}:
        raise AttributeError(name)
    from . import page_reading as reading  # noqa: PLC0415 - see above

    found: object = getattr(reading, name)
    globals()[name] = found
    return found
