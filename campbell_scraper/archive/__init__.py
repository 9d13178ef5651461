"""The archive room: exact bytes in, exact bytes out. It knows WARC, HTTP and Scrapy, and nothing of Campbell.

Any Scrapy project records every exchange of any spider with it::

    ADDONS = {"campbell_scraper.archive.ArchiveAddon": 300}
    ARCHIVE_DIR = "archive"

What comes out is a folder of WARC/1.1 files and, for each exchange, one :class:`Capture`.
"""
