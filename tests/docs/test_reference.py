"""The generated pages are those of the code, every command is documented with an example, and no link is dead."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.faces.cli import COMMANDS as TABLE
from campbell_scraper.faces.cli.docs_pages import commands, help_text, pages
from campbell_scraper.view.schema.dictionary import TABLES

from .blocks import DOCS, ROOT, words_of
from .test_pages_run import accepted

if TYPE_CHECKING:
    import click

_LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#([^)\s]+))?\)")
_EXAMPLE = re.compile(r"^ {4}campbell (.*)$", re.MULTILINE)
COMMANDS = list(commands())


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_current(name: str) -> None:
    current = pages()[name].rstrip("\n") + "\n"
    assert (DOCS / name).read_text("utf-8") == current, "run: python -m campbell_scraper.faces.cli.docs_pages"


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_a_command_is_documented_with_an_example_it_accepts(name: str, command: click.Command) -> None:
    text = help_text(name, command)
    assert f"\n## {name}\n\n```text\n{text}\n```" in (DOCS / "reference" / "commands.md").read_text("utf-8")
    if name == "campbell":
        return
    examples = _EXAMPLE.findall(text)
    assert any(f"campbell {example}".startswith(name) for example in examples), "its help has no example"
    for example in examples:
        for words in words_of(f"campbell {example}"):
            accepted(words)


def test_the_list_of_commands_says_what_each_says_itself() -> None:
    own = {name: command.get_short_help_str(limit=1000) for name, command in COMMANDS if name.count(" ") == 1}
    assert own == {f"campbell {name}": entry.summary for name, entry in TABLE.items()}


def test_every_table_and_column_is_documented() -> None:
    page = (DOCS / "reference" / "tables.md").read_text("utf-8")
    for table in TABLES:
        part = page.split(f"\n## {table.name}\n", 1)[1].split("\n## ", 1)[0]
        for column in table.columns:
            assert f"\n| {column.name} |" in part, f"{table.name}.{column.name}"
            assert column.description, f"{table.name}.{column.name}"


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: str(path.relative_to(DOCS)))
def test_links_between_pages_lead_somewhere(path: object) -> None:
    page = DOCS / str(path)
    for target, anchor in _LINK.findall(page.read_text("utf-8")):
        found = (page.parent / target).resolve()
        assert found.exists(), f"{page.name}: {target}"
        assert found.is_relative_to(ROOT)
        if anchor and found.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{page.name}: {target}#{anchor}"


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path: object) -> None:
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_parser")
    pytest.importorskip("furo")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
