"""Archives and folders as somebody may hand them over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.folder import DataFolder
from tests.conftest import ROOT
from tests.helpers import campbell

if TYPE_CHECKING:
    from pathlib import Path

FIXTURES = ROOT / "tests" / "fixtures" / "security"
PROGRAM = "from campbell_scraper.faces.cli import main; main()"


def rebuilt(archive: str, into: Path) -> DataFolder:
    """Return a data folder with the database of a hostile archive, and the archive itself."""
    folder = DataFolder(into / "library")
    folder.create()
    (folder.archive / archive).write_bytes((FIXTURES / archive).read_bytes())
    run = campbell("rebuild", "--data", folder.root)
    assert run.returncode == 0, run.stderr
    return folder
