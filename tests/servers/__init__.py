"""Local servers that behave as the real sources do, written from docs/sites.md; each with a table of its quirks."""
