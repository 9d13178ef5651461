"""Database files: opened, checked, copied.

It must not know what the rows mean.
"""
