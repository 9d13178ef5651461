"""What visitors of ``campbell serve`` may ask for, by which name, and what runs in their browsers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html as lxml_html

from tests.faces.conftest import Served, serve, served
from tests.security.handed_over import rebuilt

if TYPE_CHECKING:
    from pathlib import Path

    from httpx import Response

__all__ = ["serve", "served"]


def answer(served: Served, path: str, host: str = "127.0.0.1:8001") -> Response:
    found: Response = served.loop.run_until_complete(served.datasette.client.get(path, headers={"Host": host}))
    return found


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost", "LOCALHOST:1", "[::1]:8001", "[::1]"])
def test_it_answers_to_its_own_names(served: Served, host: str) -> None:
    assert answer(served, "/", host).status_code == 200


@pytest.mark.parametrize("host", ["evil.example:8001", "127.0.0.1.evil.example", "127.0.0.1@evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/campbell.json?sql=select+1", "/-/changes.atom", "/-/static/app.css"])
def test_it_answers_to_no_other_name(served: Served, host: str, path: str) -> None:
    found = answer(served, path, host)
    assert found.status_code == 421
    assert "Campbell" not in found.text


def request(served: Served, method: str, path: str) -> Response:
    """Send what a page of another site can have a browser send."""
    headers = {"Host": "127.0.0.1:8001", "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    found: Response = served.loop.run_until_complete(
        served.datasette.client.request(
            method, path, headers=headers, data={"sql": "select 1"} if method == "POST" else None
        )
    )
    return found


@pytest.mark.parametrize(
    "path", ["/", "/campbell", "/campbell/reviews", "/campbell/by_author", "/-/logout", "/-/plots"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_changed_for_anybody(served: Served, method: str, path: str) -> None:
    found = request(served, method, path)
    assert found.status_code == 405
    assert "set-cookie" not in found.headers


@pytest.mark.parametrize(
    "path", ["/", "/campbell.json?sql=select+1", "/-/reviews.json", "/-/changes.atom", "/-/export/ris"]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_page_of_another_site_reads_an_answer(served: Served, method: str, path: str) -> None:
    found = request(served, method, path)
    assert found.status_code == 200
    assert not [name for name in found.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("name", ["databases", "plugins", "threads", "permissions", "messages", "versions", "metadata"])
def test_nothing_of_the_machine_is_shown(served: Served, name: str) -> None:
    for path in (f"/-/{name}", f"/-/{name}.json"):
        assert answer(served, path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/campbell", "/campbell/reviews", "/campbell?sql=select+1", "/x"])
def test_only_scripts_and_styles_of_templates_are_run(served: Served, path: str) -> None:
    first, second = answer(served, path), answer(served, path)
    policy = first.headers["content-security-policy"]
    assert "unsafe" not in policy
    nonce = re.search(r"'nonce-([\w-]{20,})'", policy)
    assert nonce
    inline = re.findall(r"<(?:script|style)\b[^>]*>", first.text)
    assert all(f'nonce="{nonce[1]}"' in tag for tag in inline)
    assert nonce[1] not in second.headers["content-security-policy"]


def test_a_page_is_no_csv_whatever_its_address_ends_in(tmp_path: Path, serve: Any) -> None:
    folder = rebuilt("csv-address.warc.gz", tmp_path)
    page = serve(folder).text("/-/review/better-evidence/kites.csv")
    assert "onfocus" in page
    assert not lxml_html.fromstring(page).xpath("//*[@onfocus]")
