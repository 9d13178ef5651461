"""Word diffs that one can read, of any texts, in time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campbell_scraper.faces.export.citations.word_diff import as_html, as_text, word_diff


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("8 studies were found", "9 studies were found", "[-8-]{+9+} studies were found"),
        ("It helps.", "It helps a little.", "It helps {+a little+}."),
        ("a b c", "a c", "a [-b-] c"),
        (None, "All new", "{+All new+}"),
        ("All old", None, "[-All old-]"),
        ("same", "same", "same"),
        ("the quick brown fox", "the slow brown dog", "the [-quick brown fox-]{+slow brown dog+}"),
        ("心理療法は有効です", "心理療法は無効です", "心理療法は[-有-]{+無+}効です"),
        ("one\ntwo", "one two", "one two"),
    ],
)
def test_words_are_marked(old: str | None, new: str | None, shown: str) -> None:
    assert as_text(old, new) == shown


def test_far_unchanged_text_is_left_out() -> None:
    text = "word " * 200
    shown = as_text(f"{text}old {text}", f"{text}new {text}")
    assert "[-old-]{+new+}" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 200


def test_html_is_escaped_and_marked() -> None:
    assert as_html("<b>1</b>\nx", "<b>2</b>\nx") == "&lt;b&gt;<del>1</del><ins>2</ins>&lt;/b&gt;<br>x"
    assert as_html(None, "\u202e<script>") == "<ins>&lt;script&gt;</ins>"


def folded(text: str) -> str:
    return "".join(text.split())


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_word_is_lost_or_added(old: str, new: str) -> None:
    parts = word_diff(old, new)
    assert folded("".join(part.text for part in parts if part.sign != "+")) == folded(old)
    assert folded("".join(part.text for part in parts if part.sign != "-")) == folded(new)
    assert all(part.text for part in parts)


def test_long_texts_are_compared_in_time_and_changes_are_found() -> None:
    lines = [f"Line {number} has its own words {number * 7919 % 10007}.\n" for number in range(10_000)]
    changed = [*lines[:5_000], "Line 5000 was edited by hand.\n", *lines[5_001:]]
    began = time.process_time()
    shown = as_text("".join(lines), "".join(changed))
    assert time.process_time() - began < 5
    assert "edited by hand" in shown
    assert len(shown) < 1_000


def test_two_texts_without_a_line_in_common_are_shown_bounded() -> None:
    old, new = ("".join(f"{letter}{number} " for number in range(60_000)) for letter in "ab")
    shown = as_text(old, new)
    assert "more characters]" in shown
    assert len(shown) < 10_000


def test_a_huge_word_is_no_burden() -> None:
    assert len(as_text("x" * 500_000, "x" * 499_999 + "y")) < 10_000
