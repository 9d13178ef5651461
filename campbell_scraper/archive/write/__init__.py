"""Writes exchanges to WARC files, each record once, safely on disk.

It must not know Scrapy, or what a page says.
"""
