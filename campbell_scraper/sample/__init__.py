"""The embedded sample library: a small site in the K2 layout, served over real HTTP on loopback.

It is what ``campbell demo`` crawls and what tests compare against. One page is the seed's real review, one the seed's
gap-map page; every other review is invented and says so on its page. ``truth()`` gives the expected records of the
pages that are made from content files; those of the pages written by hand are in ``tests/sample/expected``.

The room knows nothing of crawling, parsing or storing: it must not import them, or the expected records would not be
independent of what they test.
"""

from campbell_scraper.sample.truth import truth

from .invented_content import INVENTED, ReviewContent
from .many_reviews import generated
from .sample_server import SampleSite, ServedExchange
from .sample_site import SampleLibrary

__all__ = ["INVENTED", "ReviewContent", "SampleLibrary", "SampleSite", "ServedExchange", "generated", "truth"]
