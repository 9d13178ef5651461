"""Reads WARC and WACZ files: ours, other tools', sound or damaged.

It must not know Scrapy, SQLite or what a page says.
"""
