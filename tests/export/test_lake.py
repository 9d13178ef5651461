"""A lake: the reviews of many libraries as Parquet, asked with one query."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers import campbell, rows

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder

duckdb = pytest.importorskip("duckdb")
pytest.importorskip("pyarrow")


def named(folder: DataFolder, target: Path, name: str) -> Path:
    """Return a copy of a data folder that holds a library of another name."""
    shutil.copytree(folder.root, target)
    with closing(sqlite3.connect(target / "campbell.db")) as connection, connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'library'", (name,))
    return target


def asked(lake: Path, sql: str) -> list[tuple[Any, ...]]:
    reviews = f"read_parquet('{lake}/*/reviews.parquet', hive_partitioning = true)"
    found: list[tuple[Any, ...]] = duckdb.sql(sql.format(reviews)).fetchall()
    return found


def manifest(lake: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((lake / "manifest.json").read_text("utf-8"))
    return found


def test_one_query_over_all_libraries_without_what_each_excludes(folder: DataFolder, tmp_path: Path) -> None:
    one, other = (named(folder, tmp_path / name, name) for name in ("one.example", "other.example"))
    hidden = rows(one, "SELECT min(review_id) FROM reviews")[0][0]
    (other / "exclusions.csv").write_text(f"review_id,reason\n{hidden},asked\n", "utf-8")
    done = campbell("lake", tmp_path / "lake", one, other / "campbell.db")
    assert done.returncode == 0, done.stderr
    counts = dict(asked(tmp_path / "lake", "SELECT library, count(*) FROM {} GROUP BY library"))
    assert set(counts) == {"one.example", "other.example"}
    assert counts["other.example"] < counts["one.example"]
    assert asked(tmp_path / "lake", f"SELECT library FROM {{}} WHERE review_id = '{hidden}'") == [("one.example",)]


def test_the_manifest_says_what_is_there(folder: DataFolder, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for name in ("one.example", "../other"):
        assert campbell("lake", lake, named(folder, tmp_path / name[-5:], name)).returncode == 0
    said = manifest(lake)
    assert {about["library"] for about in said["files"].values()} == {"one.example", "../other"}
    for path, about in said["files"].items():
        data = (lake / path).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (about["bytes"], about["sha256"])
    columns = asked(lake, "DESCRIBE SELECT * FROM {}")
    assert [column[0] for column in columns] == [*said["columns"], "library"]
    assert sum(about["reviews"] for about in said["files"].values()) == asked(lake, "SELECT count(*) FROM {}")[0][0]
    assert {path.name for path in lake.iterdir()} == {"manifest.json", "library=one.example", "library=..%2Fother"}
    assert dict(asked(lake, "SELECT library, 1 FROM {}")).keys() == {"one.example", "../other"}


def test_what_cannot_be_written_leaves_the_lake_as_it_was(folder: DataFolder, tmp_path: Path) -> None:
    lake, one = tmp_path / "lake", named(folder, tmp_path / "one", "one.example")
    assert campbell("lake", lake, one).returncode == 0
    before = {path: path.read_bytes() for path in lake.rglob("*") if path.is_file()}
    broken = named(folder, tmp_path / "two", "two.example")
    with closing(sqlite3.connect(broken / "campbell.db")) as connection, connection:
        connection.execute("UPDATE review_versions SET record = '{'")
    for words, code, said in (
        ((one, broken), 5, "is not JSON"),
        ((one, one), 2, "Two of these databases hold the same library"),
        ((one, tmp_path / "none"), 2, "There is no campbell.db"),
    ):
        done = campbell("lake", lake, *words)
        assert (done.returncode, said in done.stderr) == (code, True), done.stderr
        assert {path: path.read_bytes() for path in lake.rglob("*") if path.is_file()} == before
    (lake / "manifest.json").write_text("{}", "utf-8")
    assert campbell("lake", lake, one).returncode == 2


def test_a_portable_file_is_a_database_too(folder: DataFolder, tmp_path: Path) -> None:
    portable = tmp_path / "portable.db"
    assert campbell("export", "sqlite", "--data", folder.root, "--output", portable).returncode == 0
    assert campbell("lake", tmp_path / "lake", portable).returncode == 0
    assert asked(tmp_path / "lake", "SELECT count(*) FROM {}") == rows(folder.root, "SELECT count(*) FROM reviews")
