"""Every command, query and program of the documentation runs on the sample library."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import click
import pytest

from campbell_scraper.faces.cli import campbell
from campbell_scraper.faces.datasette.search.fulltext_query import fts_query

from .blocks import DOCS, Block, blocks, check_addresses, environment, served, shell, shown, with_free_ports, words_of

if TYPE_CHECKING:
    from pathlib import Path

TUTORIALS = [DOCS / f"{name}.md" for name in ("find-and-export", "first-crawl", "replay-and-preserve")]
SQL = blocks((DOCS / "queries.md").read_text("utf-8"))
RUN_ELSEWHERE = {*(path.name for path in TUTORIALS), "queries.md", "python.md"}
READERS_PAGES = sorted(
    path.name
    for path in DOCS.glob("*.md")
    if path.name not in RUN_ELSEWHERE and any(block.language == "sh" for block in blocks(path.read_text("utf-8")))
)


def accepted(words: list[str]) -> None:
    """Let the real command line read a command's arguments, without running it."""
    assert words[0] == "campbell", words
    command: click.Command | None = campbell
    while isinstance(command, click.Group) and words[1:] and not words[1].startswith("-"):
        words = words[1:]
        command = command.get_command(click.Context(command), words[0])
    assert command is not None, words
    if not {"--help", "-h"} & set(words):
        command.make_context(words[0], list(words[1:]))


def run(page: str, folder: Path) -> int:
    """Run the blocks of a page in order; return how many were run."""
    page, count, output = with_free_ports(page), 0, ""
    with ExitStack() as servers:
        for block in blocks(page):
            if block.language == "sh" and "real-site" in block.words:
                for words in words_of(block.text):
                    accepted(words)
            elif block.language == "sh" and (url := block.option("server")):
                servers.enter_context(served(block.text, folder, url))
                check_addresses(page, url)
                count += 1
            elif block.language == "sh":
                output = shell(block.text, folder)
                count += 1
            elif block.language == "text" and "output" in block.words:
                assert shown(block.text, output) == [], f"line {block.line}: not in the output:\n{output}"
    return count


@pytest.mark.slow
@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs_from_its_first_to_its_last_command(path: Path, tmp_path: Path) -> None:
    assert run(path.read_text("utf-8"), tmp_path) >= 5


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.stem)
def test_commands_are_in_blocks_that_are_run(path: Path) -> None:
    assert not {"bash", "console", "shell"} & {block.language for block in blocks(path.read_text("utf-8"))}


@pytest.mark.parametrize("name", READERS_PAGES)
def test_commands_on_other_pages_run(name: str, demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    run((DOCS / name).read_text("utf-8"), tmp_path)


@pytest.mark.parametrize("block", SQL, ids=lambda block: f"line {block.line}")
def test_a_recipe_in_sql_gives_rows(block: Block, demo: Path) -> None:
    assert block.language == "sql"
    with closing(sqlite3.connect(f"file:{demo / 'data/demo/campbell.db'}?mode=ro", uri=True)) as connection:
        connection.create_function("fts_query", 1, fts_query, deterministic=True)
        cursor = connection.execute(block.text)
        rows = cursor.fetchall()
        assert cursor.description
        assert rows or "empty-in-demo" in block.words


def test_the_recipes_in_python_run(demo: Path, tmp_path: Path) -> None:
    found = blocks((DOCS / "python.md").read_text("utf-8"))
    programs = [block.text for block in found if block.language == "python"]
    outputs = [block.text for block in found if "output" in block.words]
    assert len(programs) >= 4
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(programs)], cwd=tmp_path, env=environment(),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line for text in outputs for line in shown(text, done.stdout)] == []


def test_the_mean_of_countries_counts_countries(demo: Path) -> None:
    """Not their ``number``, which is of studies."""
    found = blocks((DOCS / "python.md").read_text("utf-8"))
    library = demo / "data/demo/campbell.db"
    words = next(block.text for block in found if "countries.mean()" in block.text)
    frame = next(block.text for block in found if "facts = pd.read_sql" in block.text)
    names: dict[str, object] = {"pd": pytest.importorskip("pandas")}
    with closing(sqlite3.connect(f"file:{library}?mode=ro", uri=True)) as connection:
        names["library"] = connection
        exec(frame + words, names)
        (mean,) = connection.execute(
            "SELECT avg(n) FROM (SELECT count(DISTINCT value) AS n FROM evidence_facts"
            " WHERE fact = 'countries' GROUP BY review_id)"
        ).fetchone()
    countries: Any = names["countries"]
    assert countries.mean() == pytest.approx(mean)
    numbers: Any = names["numbers"]
    assert not {"countries", "study_designs"} & set(numbers.columns)


def test_the_recipes_in_r_run(demo: Path, tmp_path: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is absent")
    found = blocks((DOCS / "python.md").read_text("utf-8"))
    programs = [block.text for block in found if block.language == "r"]
    (tmp_path / "recipes.R").write_text("\n".join(programs), "utf-8")
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    ready = subprocess.run(["Rscript", "-e", "library(DBI); library(RSQLite)"], capture_output=True, check=False)
    if ready.returncode:
        pytest.skip("the R packages DBI and RSQLite are absent")
    done = subprocess.run(["Rscript", "recipes.R"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((DOCS / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") for cell in notebook.cells), "committed without outputs: CI makes them"
    monkeypatch.setenv("PATH", str(path.parent) + os.pathsep + environment()["PATH"])
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    ran = client.execute()
    assert any(cell.get("outputs") for cell in ran.cells)
