"""Values as the library writes them, and as we normalise them: dates, DOIs, names, vocabularies.

Pure functions of text.
"""
