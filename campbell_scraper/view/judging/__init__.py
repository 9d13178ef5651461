"""Judges runs: whether one holds up, and whose rows people read.

It queries the database, and must not know how a face reports what was found.
"""
