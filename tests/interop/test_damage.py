"""What may happen to a data folder in decades: ``campbell verify`` names each thing and exits 5."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.helpers import Crawled, campbell

pytestmark = pytest.mark.xdist_group("interop")
Damage = Callable[[Path], list[str]]
"""Does harm to a folder; gives what verify must say."""


def warcs(data: Path) -> list[Path]:
    return sorted((data / "collections/campbell/archive").glob("*.warc.gz"))


def change(data: Path, sql: str, *parameters: object) -> None:
    with closing(sqlite3.connect(data / "campbell.db")) as connection, connection:
        connection.execute(sql, parameters)


def row(data: Path, sql: str) -> tuple[str, str, int, int]:
    with closing(sqlite3.connect(f"file:{data / 'campbell.db'}?mode=ro", uri=True)) as connection:
        found: tuple[str, str, int, int] = connection.execute(sql).fetchone()
        return found


A_REVIEW = "select capture_id, warc_file, warc_offset, warc_length from captures where kind = 'review' limit 1"


def byte_flipped(data: Path) -> list[str]:
    _, name, offset, length = row(data, A_REVIEW)
    path = data / "collections/campbell/archive" / name
    content = bytearray(path.read_bytes())
    content[offset + length // 2] ^= 1
    path.write_bytes(content)
    return [f"{name} at {offset}", f"{name}: SHA-256 is"]


def warc_missing(data: Path) -> list[str]:
    path = warcs(data)[0]
    path.unlink()
    return [f"{path.name}: is in the manifest, but not there", f"{path.name} at ", "points nowhere"]


def row_pointing_nowhere(data: Path) -> list[str]:
    capture_id, name, offset, _ = row(data, A_REVIEW)
    change(data, "update captures set warc_offset = ? where capture_id = ?", offset + 1, capture_id)
    return [f"{name} at {offset + 1}: the row of {capture_id}", f"{name} at {offset}: {capture_id}", "has no row"]


def row_of_another_url(data: Path) -> list[str]:
    capture_id, name, offset, _ = row(data, A_REVIEW)
    change(data, "update captures set url = 'http://127.0.0.1/other' where capture_id = ?", capture_id)
    return [f"{name} at {offset}: {capture_id}: the row's url is 'http://127.0.0.1/other'"]


def manifest_tampered(data: Path) -> list[str]:
    manifest = data / "manifest-sha256.txt"
    digest = manifest.read_text()[:64]
    other = "0" * 64
    manifest.write_text(manifest.read_text().replace(digest, other, 1))
    return [f"SHA-256 is {digest}, in the manifest {other}"]


def warc_not_in_the_manifest(data: Path) -> list[str]:
    manifest = data / "manifest-sha256.txt"
    manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[1:]))
    return [f"{warcs(data)[0].name}: is missing in the manifest"]


def end_cut_off(data: Path) -> list[str]:
    path = warcs(data)[-1]
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 10)
    return [f"{path.name} at ", f"{path.name}: SHA-256 is"]


@pytest.mark.parametrize(
    "damage",
    [
        byte_flipped,
        warc_missing,
        row_pointing_nowhere,
        row_of_another_url,
        manifest_tampered,
        warc_not_in_the_manifest,
        end_cut_off,
    ],
)
def test_verify_names_the_damage(library: Crawled, tmp_path: Path, damage: Damage) -> None:
    data = tmp_path / "library"
    shutil.copytree(library.data, data)
    expected = damage(data)
    run = campbell("verify", "--data", data)
    assert run.returncode == 5, run.stdout + run.stderr
    for text in expected:
        assert text in run.stderr, run.stderr


def test_an_unharmed_folder_agrees(library: Crawled) -> None:
    run = campbell("verify", "--data", library.data)
    assert run.returncode == 0, run.stderr
