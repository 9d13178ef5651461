"""Measurements: ``python -m bench`` runs all, ``python -m bench capture`` one. Each measures its sides in one run."""
