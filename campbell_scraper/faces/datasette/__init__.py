"""The Datasette face: metadata, templates, dashboards and plugins for the database.

It reads SQL and knows no archive.
"""
