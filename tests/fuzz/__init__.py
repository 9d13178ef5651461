"""Mutated pages and archives: nothing raises, nothing takes long or much, no word is lost, nothing is written elsewhere."""
