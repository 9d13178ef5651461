"""Mutated pages and archives: nothing raises or takes long, no word is lost, nothing is written elsewhere."""
