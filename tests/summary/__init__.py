"""The summary room: blocks, sections, kinds, languages, facts, and no lost word."""
