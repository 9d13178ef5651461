"""A page as a document: decoded, parsed, selected from, sanitised.

It must not know one layout from another, Scrapy, SQL, clock or network.
"""
