"""Versions, works and absences: what all captures of a review say together.

It must not know HTML, WARC or Scrapy.
"""
