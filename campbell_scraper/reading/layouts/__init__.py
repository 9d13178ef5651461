"""One page object a layout, and the list of them.

Pure: a page's document in, records out.
"""
