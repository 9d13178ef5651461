"""Reports: what people see of a run, while it runs and after.

It reads the database and prints; it decides nothing.
"""
