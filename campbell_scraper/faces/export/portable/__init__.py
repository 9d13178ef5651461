"""A copy of the database to give away, and what a reader must know of it."""
