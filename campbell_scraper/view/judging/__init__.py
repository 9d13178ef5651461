"""Runs judged: whether one holds up, and whose rows people read.

It asks the database, and must not know how a face tells what was found.
"""
