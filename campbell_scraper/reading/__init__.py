"""What a page says: ``(url, headers, body)`` in, dataclasses out, field by field (``page_reading.open_page``).

One web-poet page object per layout, chosen by what the page is. Pure functions: this room must not know Scrapy, SQL,
files, clock or network; it knows HTML, the two CMSs and the words of the library.
"""
