"""Wheel and sdist hold the same package, and the wheel works in an environment that has nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.helpers import BIN

pytestmark = pytest.mark.slow
UV = BIN / "uv"


def built(source: Path, target: Path, kind: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (package,) = target.iterdir()
    return package


def test_the_wheel_of_the_sdist_is_the_wheel_of_the_repository(tmp_path: Path) -> None:
    wheel = built(ROOT, tmp_path / "wheel", "wheel")
    with tarfile.open(built(ROOT, tmp_path / "sdist", "sdist")) as sdist:
        sdist.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.glob("campbell_scraper-*")
    again = built(unpacked, tmp_path / "again", "wheel")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert {(entry.filename, entry.CRC) for entry in one.infolist()} == {
            (entry.filename, entry.CRC) for entry in other.infolist()
        }


@pytest.mark.skipif(not UV.is_file(), reason="needs uv, which is not available for this platform")
def test_the_wheel_alone_runs_the_demo_and_says_how_an_extra_is_installed(tmp_path: Path) -> None:
    wheel, bins = built(ROOT, tmp_path / "wheel", "wheel"), tmp_path / "empty" / "bin"
    lock = (ROOT / "requirements-dev.lock").read_text("utf-8")
    (tmp_path / "constraints.txt").write_text("\n".join(re.findall(r"^[\w.-]+==[^ \\\n]+", lock, re.MULTILINE)))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL", "PYTHON"))}
    environment |= {"UV_CONSTRAINT": str(tmp_path / "constraints.txt"), "PATH": f"{BIN}:{os.environ['PATH']}"}

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    assert run(f"uv venv --python {sys.executable} empty").returncode == 0
    installed = run(f"uv pip install --python empty/bin/python {wheel}")
    if "error sending request" in installed.stderr or "dns error" in installed.stderr:
        pytest.skip("the registry cannot be reached")
    assert installed.returncode == 0, installed.stderr
    demo = run("empty/bin/campbell demo")
    assert demo.returncode == 0, demo.stderr
    without = run("empty/bin/campbell export xlsx --data data/demo --output x.xlsx")
    assert without.returncode == 2
    said, _, hint = without.stderr.strip().partition("XlsxWriter: ")
    assert said == "Error: Writing XLSX needs "
    assert run(hint).returncode == 0, hint
    assert str(bins) in hint
    with_it = run("empty/bin/campbell export xlsx --data data/demo --output x.xlsx")
    assert with_it.returncode == 0, with_it.stderr
    assert (tmp_path / "x.xlsx").read_bytes().startswith(b"PK")
