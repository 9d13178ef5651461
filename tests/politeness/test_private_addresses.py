"""A public site leads the crawler to no private address: by number, by name, over redirects, by what a page shows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import rows

from .private_network import PORT, REDIRECTS

NAMESPACES = ["unshare", "--map-root-user", "--net", "--mount"]


def has_namespaces() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    tried = [*NAMESPACES, "ip", "link", "set", "lo", "up"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.skipif(not has_namespaces(), reason="this system gives us no namespaces"),
    pytest.mark.xdist_group("private"),
]


def crawl(folder: Path, site: str) -> dict[str, Any]:
    command = [*NAMESPACES, sys.executable, "-m", "tests.politeness.private_network", str(folder), site]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180, cwd=root)
    assert run.returncode == 0, run.stdout + run.stderr
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def test_no_private_address_is_reached_and_each_is_listed(tmp_path: Path) -> None:
    run = crawl(tmp_path, f"http://library.example.org:{PORT}/")
    assert run["code"] == 0, run["output"]
    assert run["caught"] == []
    assert len(rows(tmp_path / "d", "select 1 from reviews where layout like 'k2-item%'")) >= 3
    redirected = {path for (path,) in rows(
        tmp_path / "d", "select substr(url, instr(url, '/better-evidence')) from captures where status = 302 and "
                  "url like '%/better-evidence/%'")}  # fmt: skip
    assert redirected == set(REDIRECTS)
    private = {url for (url,) in rows(tmp_path / "d", "select url from discovered where decision = 'private'")}
    assert private >= {
        "http://127.0.0.1:8001/admin",
        "http://10.0.0.1/",
        "http://127.1:8001/admin",
        "http://2130706433:8001/admin",
        "http://[::ffff:127.0.0.1]:8001/admin",
        "http://rebound.example.org:8001/admin",
        "http://intranet.example.org/",
        "http://10.0.0.1/logo.png",
        "http://rebound.example.org:8001/logo.png",
    }
    elsewhere = "select url from captures where status = 200 and url not like 'http://library.example.org%' "
    elsewhere += "and url not like 'http://cdn.example.org%'"
    assert rows(tmp_path / "d", elsewhere) == []


def test_a_site_of_a_private_network_is_crawled_by_its_name(tmp_path: Path) -> None:
    run = crawl(tmp_path, f"http://own.example.org:{PORT}/")
    assert run["code"] == 0, run["output"]
    assert len(rows(tmp_path / "d", "select 1 from reviews where layout like 'k2-item%'")) == 2
