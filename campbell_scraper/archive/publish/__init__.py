"""Makes what others read of an archive: CDXJ indexes, WACZ packages, the replay site.

It must not know Scrapy or what a page says.
"""
