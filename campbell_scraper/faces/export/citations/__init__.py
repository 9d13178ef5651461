"""Citations: one review as RIS, BibTeX, CSL or an Atom entry."""
