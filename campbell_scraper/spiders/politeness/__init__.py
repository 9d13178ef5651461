"""Asking no more and no faster than a site allows."""
