"""Measurements: ``python -m bench`` runs all, ``python -m bench capture`` one. Each compares both sides in one run."""
