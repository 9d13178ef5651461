"""Mutated pages: nothing raises, nothing takes long, no word is lost."""
