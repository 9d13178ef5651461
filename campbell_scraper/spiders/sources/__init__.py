"""Where reviews are found: the K2 site, the WordPress site, the Wayback Machine."""
