from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import script

Crawl = Callable[..., dict[str, Any]]
HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.fixture
def crawl(tmp_path: Path) -> Crawl:
    """Run a crawl in a process of its own; gives what the spider saw."""

    def run(
        requests: list[dict[str, Any]],
        *,
        timeout: float = 120,
        folder: Path | None = None,
        notes: list[dict[str, str]] | None = None,
        custom_settings: dict[str, Any] | None = None,
        **settings: Any,
    ) -> dict[str, Any]:
        plan, results = tmp_path / "plan.json", tmp_path / "results.json"
        results.unlink(missing_ok=True)
        defaults = {
            "ARCHIVE_DIR": str(folder or tmp_path / "archive"),
            "ARCHIVE_DEDUP": False,
            "RETRY_ENABLED": False,
            "REDIRECT_ENABLED": False,
            "ROBOTSTXT_OBEY": False,
            "CONCURRENT_REQUESTS": 1,
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
        }
        plan.write_text(
            json.dumps(
                {
                    "requests": requests,
                    "settings": defaults | settings,
                    "notes": notes or [],
                    "custom_settings": custom_settings or {},
                }
            )
        )
        process = script(HERE / "crawl_process.py", plan, results, cwd=ROOT, timeout=timeout)
        assert results.exists(), process.stderr[-5000:]
        outcome: dict[str, Any] = json.loads(results.read_text())
        outcome["log"] = process.stderr
        return outcome

    return run
