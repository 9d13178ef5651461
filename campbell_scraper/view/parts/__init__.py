"""Parts: what the pages of closed WARC files say, kept in the data folder so that the next rebuild need not read them.

A part is made from one file by the code of one fingerprint, on any machine. What lies in a folder may be a stranger's:
a part is data that is checked, and no part is ever needed.
"""
