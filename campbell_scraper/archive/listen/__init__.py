"""Records what Scrapy sends and receives, byte for byte.

It knows Scrapy and Twisted, and nothing of Campbell.
"""
