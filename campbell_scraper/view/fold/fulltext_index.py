"""Full text that finds words in any language with a stock ``MATCH``.

SQLite's unicode61 takes a run of letters for a word, so that nothing is found inside Chinese or Thai text, where words
are not spaced. Beside the text stands a column ``grams`` with all short strings of each unspaced run; any word of such
a language is one of them. Marks count as letters (they are, in Thai, Khmer and Hindi). Words with letters that
unicode61 does not fold (Jørgensen, Straße) stand there too as people type them (Jorgensen, Strasse).
"""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

TOKENIZER = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
_HAN_KANA = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_SOUTH_EAST = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf\u1000-\u1049\u1050-\u109f\u1780-\u17d3\u17dd"
)
_RUN = re.compile(f"[{_HAN_KANA}]+|[{_SOUTH_EAST}]+")
_TYPED = {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ł": "l", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
_CAPITALS = {letter.upper(): typed.capitalize() for letter, typed in _TYPED.items() if letter not in "ßı"}
_LETTERS = str.maketrans(_TYPED | _CAPITALS | {"ẞ": "SS"})
_SPECIAL = re.compile(f"[{''.join(map(chr, _LETTERS))}]")
_WORD = re.compile(r"\w+")
LONGEST_HAN = 8
"""Characters of the longest Chinese or Japanese word that is found."""
LONGEST_SOUTH_EAST = 12
"""Letters, without their marks, of the longest Thai, Lao, Khmer or Burmese word that is found."""
MAX_UNSPACED = 50_000
"""Characters of a text's unspaced runs whose words are found: a thick report. Each takes up to 300 bytes of memory."""

FTS = {
    "reviews_fts": ("reviews", ("title", "headline", "brief", "authors", "doi", "text")),
    "sections_fts": ("sections", ("heading", "text")),
    "files_fts": ("files", ("text",)),
}
"""Full-text table → its table and columns. The table's rowid joins the two."""
_SELECT = {
    "reviews_fts": """SELECT rowid, title, headline, brief, authors, doi, text,
        grams(concat_texts(title, headline, brief, authors, text))
      FROM (SELECT r.rowid, r.title, r.headline, r.brief, r.doi,
        (SELECT group_concat(name, '; ') FROM (SELECT a.name FROM review_authors ra JOIN authors a USING (author_id)
          WHERE ra.review_id = r.review_id ORDER BY ra.position)) AS authors,
        concat_texts(r.intro, (SELECT group_concat(text, char(10)) FROM (SELECT s.text FROM summaries s
          WHERE s.review_id = r.review_id ORDER BY s.position))) AS text
        FROM reviews r {where})""",
    "sections_fts": "SELECT rowid, heading, text, grams(concat_texts(heading, text)) FROM sections r {where}",
    "files_fts": "SELECT rowid, text, grams(text) FROM files r {where}",
}


def as_typed(text: str) -> str:
    """Return a text with letters that many keyboards lack replaced by those that people type instead."""
    return text.translate(_LETTERS)


def grams(text: str | None) -> str:
    """Return all short strings of unspaced runs in the text, and words as typed, each once, separated by spaces."""
    if not text or text.isascii():
        return ""
    strings: dict[str, None] = {}
    if _SPECIAL.search(text):
        strings |= {as_typed(word): None for word in _WORD.findall(text) if _SPECIAL.search(word)}
    left = MAX_UNSPACED
    for match in _RUN.finditer(text):
        run = match[0][:left]
        if not run:
            break
        left -= len(run)
        letters = _clusters(run)
        longest = LONGEST_HAN if len(letters) == len(run) and _is_han(run) else LONGEST_SOUTH_EAST
        for start in range(len(letters)):
            for end in range(start + 1, min(start + longest, len(letters)) + 1):
                strings["".join(letters[start:end])] = None
    return " ".join(strings)


def _clusters(run: str) -> list[str]:
    """Split into letters with the marks that follow them."""
    letters: list[str] = []
    for character in run:
        if letters and unicodedata.category(character) in {"Mn", "Mc"}:
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def _is_han(run: str) -> bool:
    return run[0] > "\u2fff"


def concat_texts(*texts: str | None) -> str:
    """Join the texts that are not empty by newlines."""
    return "\n".join(text for text in texts if text)


def register(connection: sqlite3.Connection) -> None:
    """Add the SQL functions that fill the full-text tables; reading these needs none."""
    connection.create_function("grams", 1, grams, deterministic=True)
    connection.create_function("concat_texts", -1, concat_texts, deterministic=True)


def create_sql() -> list[str]:
    """Return the statements that make the full-text tables."""
    return [
        f'CREATE VIRTUAL TABLE {name} USING fts5({", ".join(columns)}, grams, tokenize="{TOKENIZER}")'
        for name, (_, columns) in FTS.items()
    ]


def remove(connection: sqlite3.Connection, review_id: str) -> None:
    """Remove a review's rows from full text, before they are deleted from their tables."""
    for name, (table, _) in FTS.items():
        connection.execute(
            f"DELETE FROM {name} WHERE rowid IN (SELECT rowid FROM {table} WHERE review_id = ?)", (review_id,)
        )


def insert(connection: sqlite3.Connection, review_id: str) -> None:
    """Put a review's rows into full text."""
    for name, (_, columns) in FTS.items():
        connection.execute(_insert_sql(name, columns, "WHERE r.review_id = ?"), (review_id,))


def refresh_file(connection: sqlite3.Connection, rowid: int) -> None:
    """Put one file's text into full text anew."""
    connection.execute("DELETE FROM files_fts WHERE rowid = ?", (rowid,))
    connection.execute(_insert_sql("files_fts", ("text",), "WHERE r.rowid = ?"), (rowid,))


def rebuild_index(connection: sqlite3.Connection) -> None:
    """Make all full-text tables anew, after a bulk load or a VACUUM that renumbered rows."""
    for name, (_, columns) in FTS.items():
        connection.execute(f"DELETE FROM {name}")
        connection.execute(_insert_sql(name, columns, ""))
        connection.execute(f"INSERT INTO {name}({name}) VALUES ('optimize')")


def _insert_sql(name: str, columns: tuple[str, ...], where: str) -> str:
    return f"INSERT INTO {name}(rowid, {', '.join(columns)}, grams) {_SELECT[name].format(where=where)}"
