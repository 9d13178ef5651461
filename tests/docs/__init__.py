"""The documentation does what it says: its commands, queries and programs are run."""
