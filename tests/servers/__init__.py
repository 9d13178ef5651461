"""Local servers that behave as the real sources do, written from SITES.md; each with a table of its quirks."""
