"""The library as a static site: the pages of ``campbell serve`` as files, which any web server can hold.

This room renders what ``datasette`` loads and ``export`` writes; templates and rows are theirs.
"""
