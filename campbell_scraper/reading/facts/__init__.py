"""Facts that a summary states (numbers, dates, countries). Pure: text in, facts with their sentences out."""
