"""Files that WordPress attaches to a post, tied to the post's review.

``media?parent=ID`` lists them and knows only the post's number; the review's page and its REST item name the short
address with that number (``/?p=ID``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from campbell_scraper.view.database.writing import write
from campbell_scraper.view.keys import post_address
from campbell_scraper.view.schema.page_tables import FileRow

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Set as AbstractSet


def tie_post_files(connection: sqlite3.Connection) -> None:
    """Add to ``files`` what is attached to the posts of reviews, unless the review's own text offers it."""
    listed = connection.execute("SELECT post, files FROM _post_files ORDER BY post").fetchall()
    holders = _reviews(connection) if listed else {}
    for post, files in listed:
        for review_id in holders.get(post, ()):
            write(
                connection,
                [
                    FileRow(url=one["url"], review_id=review_id, label=one["label"], language=one["language"])
                    for one in json.loads(files)
                ],
            )


def reviews_with_new_files(connection: sqlite3.Connection, crawls: AbstractSet[str]) -> list[str]:
    """Return the reviews whose lists of files came with these crawls, to be folded anew.

    Folding removes what an earlier list tied to them.
    """
    captured = dict(connection.execute("SELECT post, crawl_id FROM _post_files JOIN captures USING (capture_id)"))
    if not captured:
        return []
    holders = _reviews(connection)
    new = [post for post, crawl in captured.items() if crawl in crawls]
    return sorted({review_id for post in new for review_id in holders.get(post, ())})


def _reviews(connection: sqlite3.Connection) -> dict[str, set[str]]:
    """Return the reviews of each post: all pages that it has or had."""
    by_post: dict[str, set[str]] = {}
    for review_id, url in connection.execute(
        "SELECT review_id, url FROM review_urls WHERE how = 'alias' AND url LIKE '%p=%'"
    ):
        if (post := post_address(url)) is not None:
            by_post.setdefault(post, set()).add(review_id)
    return by_post
