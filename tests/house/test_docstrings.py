"""A function's docstring says what the function does, in a verb."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .test_directions import FILES, PACKAGE

VERBS = frozenset(
    (  # noqa: SIM905 - words are read more easily than a list of strings
        "Accept Add Answer Append Ask Attach Begin Bring Browse Build Call Check Choose Close Compare Copy Count "
        "Crawl Create Cross Cut Decode Delete Derive Digest Do Download Draw Drop End Export Fill Find Fold Forget "
        "Free Get Go Hand Have Import Join Judge Keep Label Leave Let List Lock Look Make Map Mark Mend Merge Move "
        "Name Note Obey Offer Open Order Package Pass Prefer Print Put Queue Quote Raise Read Rebuild Record Refuse "
        "Remember Remove Rename Render Replace Report Return Run Say Score Search Send Serve Set Show Skip Slow "
        "Split Start Stop Store Take Tell Understand Wait Write Yield"
    ).split()
)
"""A verb that is missing may be added; a noun, "Whether" and "Give" may not."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_docstrings_of_functions_begin_with_a_verb(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        is_property = any("property" in ast.dump(one) for one in node.decorator_list)
        if not is_property and (text := ast.get_docstring(node)):
            assert text.split()[0].rstrip(",") in VERBS, f"{path.name}:{node.lineno}: {text.splitlines()[0]}"
