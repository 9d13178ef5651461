"""campbell_scraper: the archive is the log, the database is a view of it.

Rooms, in the order a page passes them: ``spiders`` (which URLs), ``archive`` (exact bytes), ``pages`` and ``summary``
(what a page says), ``ingest`` (the one path from a capture to rows), ``store`` (SQLite), and the faces: ``datasette``,
``export``, ``monitor``, ``cli``.
"""

__version__ = "0.1.0"
