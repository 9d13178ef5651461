"""Our pages in Datasette: home, reviews, search, downloads, plots."""
