"""campbell_scraper: the archive is the log, the database is a view of it.

Rooms, in the order a page passes them: ``spiders`` (which URLs), ``archive`` (exact bytes), ``reading`` (what a page
says), ``view`` (rows in SQLite) and ``faces`` (commands, Datasette, exports, reports).
"""

__version__ = "0.1.0"
