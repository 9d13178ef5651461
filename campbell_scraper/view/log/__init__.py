"""Captures and what they say, as rows of the log.

It must not know how versions are made of them.
"""
