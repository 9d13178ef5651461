"""Facts that a summary states: numbers of studies and participants, search dates, countries.

Pure: text in, facts with their sentences out.
"""
