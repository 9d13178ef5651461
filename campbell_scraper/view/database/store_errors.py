"""What can be wrong with a database file. Each message is one clear sentence without the file's path."""

from __future__ import annotations


class StoreError(Exception):
    """Base of all errors of the store."""


class NotADatabase(StoreError):
    """The file is no SQLite database, or one of another program."""


class WrongLibrary(StoreError):
    """The database holds another library than the one asked for."""


class NewerSchema(StoreError):
    """The database was written by a newer version of this code."""


class Damaged(StoreError):
    """SQLite finds the database file damaged."""


class ArchiveIncomplete(StoreError):
    """The view must be rebuilt, but WARC files it was made from are missing: rebuilding would lose rows."""
