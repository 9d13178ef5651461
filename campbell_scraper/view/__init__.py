"""The view: everything in ``campbell.db``, derived from the archive.

It reads archives and what ``reading`` says of their pages, and keeps rows, versions and works in SQLite. It must not
know HTML or Scrapy. ``derive`` is the only way to the rows.
"""
