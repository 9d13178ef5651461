"""People's files are read as editors and spreadsheet programs save them, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campbell_scraper.errors import UsageError
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.decisions import FILES, read_decisions
from campbell_scraper.view.exclusions import excluded
from campbell_scraper.view.following import locked

if TYPE_CHECKING:
    from pathlib import Path

TEXT = 'review_id,reason\r\nlibrary/a,"Größe; 五, asked for"\r\n\r\nlibrary/b,\r\n'
EXCEL = 'review_id;reason\r\nlibrary/a;"Größe; 五, asked for"\r\nlibrary/b;\r\n'
TABS = "review_id\treason\r\nlibrary/a\tGröße; 五, asked for\r\nlibrary/b\t\r\n"
SAVED = {
    "utf-8": TEXT.encode(),
    "utf-8 with a mark": TEXT.encode("utf-8-sig"),
    "semicolons": EXCEL.encode("utf-8-sig"),
    "sep line": f"sep=;\r\n{EXCEL}".encode("utf-8-sig"),
    "utf-16": TABS.encode("utf-16"),
    "utf-16 without a mark": TEXT.encode("utf-16-le"),
    "utf-16 big endian": b"\xfe\xff" + EXCEL.encode("utf-16-be"),
    "old Mac lines": TEXT.replace("\r\n", "\r").encode(),
}


@pytest.mark.parametrize("how", SAVED)
def test_what_a_spreadsheet_saves_is_read_right(tmp_path: Path, how: str) -> None:
    (tmp_path / "exclusions.csv").write_bytes(SAVED[how])
    assert excluded(DataFolder(tmp_path)) == {"library/a": "Größe; 五, asked for", "library/b": ""}


def _dangling(path: Path) -> None:
    path.symlink_to(path.parent / "share" / path.name)


def _latin(path: Path) -> None:
    path.write_bytes(b"review_id,reason,work_id,field,since\nlibrary/gr\xf6\xdfe,\xe4,b,c,2026\n")


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def _open_quote(path: Path) -> None:
    path.write_text('review_id,reason,work_id,field,since\nlibrary/a,"never closed\nlibrary/b,c\n', "utf-8")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("spoil", [_dangling, _latin, _binary, _open_quote, lambda path: path.mkdir()])
def test_what_cannot_be_read_stops_a_run_before_anything_changes(tmp_path: Path, name: str, spoil: object) -> None:
    assert callable(spoil)
    spoil(tmp_path / name)
    with pytest.raises(UsageError, match=name), locked(DataFolder(tmp_path), "a test"):
        raise AssertionError("the folder is used all the same")


def test_another_header_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "identity.csv").write_text("page,work\na,b\n", "utf-8")
    with pytest.raises(UsageError, match="review_id,work_id"):
        read_decisions(tmp_path / "identity.csv")


def test_no_file_and_an_empty_line_say_nothing(tmp_path: Path) -> None:
    assert read_decisions(tmp_path / "identity.csv") == []
    (tmp_path / "identity.csv").write_text("review_id,work_id\n,\n", "utf-8")
    assert read_decisions(tmp_path / "identity.csv") == []
