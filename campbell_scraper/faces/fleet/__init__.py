"""Fleets: many libraries, crawled by workers that take their names from a queue.

The library is the shard: one message is one ``campbell crawl`` into one data folder. The folders tell what was done and
what is due, so a lost queue loses nothing of any library. The room needs the extra [fleet].
"""

from __future__ import annotations

from campbell_scraper.errors import ExtraNeeded

try:
    import dramatiq.brokers.redis  # noqa: F401 - and with it redis
except ImportError as error:
    raise ExtraNeeded("campbell fleet needs dramatiq and redis", "fleet") from error
