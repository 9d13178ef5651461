"""One page object for each layout, and what they share.

Pure: a page's document in, records out.
"""
