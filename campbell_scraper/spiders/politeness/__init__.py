"""Politeness: no more and no faster requests than a site allows."""
