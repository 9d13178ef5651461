"""Search in Datasette: words to queries, hits to a page."""
