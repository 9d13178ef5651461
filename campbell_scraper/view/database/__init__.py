"""Opens, checks and copies database files.

It must not know what the rows mean.
"""

from .readonly import open_readonly

__all__ = ["open_readonly"]
