"""Discovery on a site whose source is not named: the start page shows the source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from campbell_scraper.spiders.crawl_options import AUTO
from campbell_scraper.spiders.discovery import Discovery

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campbell_scraper.spiders.discovery import Answer, Reader
    from campbell_scraper.spiders.page_links import PageLinks

UNKNOWN: Final = "its start page does not show what it is, and a K2 crawl follows whatever links there are"
_WORDPRESS: Final = re.compile(rb"/wp-(?:content|includes|json)/|content=[\"']WordPress|//api\.w\.org/", re.IGNORECASE)
_K2: Final = re.compile(rb"k2Container|com_k2|/media/k2/|content=[\"']Joomla", re.IGNORECASE)


class AutoDiscovery(Discovery):
    """Requests the start page; the spider then goes on with the discovery of the source that it shows."""

    source = AUTO
    asks_reservations = True
    named_sitemaps: Sequence[str] = ()

    def seeds(self) -> Iterable[str]:
        """Yield the start page."""
        yield self.site

    def links(self, page: PageLinks) -> Iterable[str]:  # noqa: ARG002 - the base class's name
        """Return nothing."""
        return ()

    def sitemaps_named(self, urls: Sequence[str]) -> None:
        """Keep the sitemaps for the discovery that follows."""
        self.named_sitemaps = urls

    def reader(self, answer: Answer) -> Reader:  # noqa: ARG002 - the base class's name
        """Return what reads the source that the start page shows."""
        return source_of


def source_of(answer: Answer) -> tuple[str, str]:
    """Return the source that a start page shows, and why."""
    if any(map(_WORDPRESS.search, (answer.body, *map(str.encode, answer.header_values("link"))))):
        return "live", "its start page is made by WordPress"
    return "k2", "its start page is made by Joomla, or K2" if _K2.search(answer.body) else UNKNOWN
