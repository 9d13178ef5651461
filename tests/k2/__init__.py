"""The K2 source against a site in that layout, one of its ways switched on at a time."""
