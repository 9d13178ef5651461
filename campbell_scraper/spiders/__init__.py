"""The spiders room: which URLs. Discovery only: it knows nothing of WARC records or SQL, and does not parse reviews.

One spider, ``reviews``; what differs between sources is a :class:`~campbell_scraper.spiders.discovery.Discovery`.
"""
