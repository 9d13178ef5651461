"""A small internet of its own, in namespaces of this process: a public site, its names, and machines nobody may reach.

Run by ``test_private_addresses`` under ``unshare -rnm``: ``python -m tests.politeness.private_network DIR SITE``. The
resolver is the system's own, reading a hosts file of ours. Prints, as JSON, which private servers were connected to.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.sample.sample_site import SamplePage

if TYPE_CHECKING:
    from collections.abc import Mapping

PUBLIC, OTHER, LOCAL, INNER = "93.184.216.34", "93.184.216.35", "127.0.0.1", "10.0.0.1"
PORT = 8000
TRAPS = {"loopback": (LOCAL, 8001), "inner": (INNER, 80), "site-itself": (LOCAL, PORT)}
NAMES = {
    "library.example.org": PUBLIC,
    "rebound.example.org": LOCAL,
    "intranet.example.org": INNER,
    "own.example.org": INNER,
    "cdn.example.org": OTHER,
}
REDIRECTS = {
    "/better-evidence/to-loopback.html": "http://127.0.0.1:8001/admin",
    "/better-evidence/to-inner.html": "http://10.0.0.1/",
    "/better-evidence/to-short.html": "http://127.1:8001/admin",
    "/better-evidence/to-number.html": "http://2130706433:8001/admin",
    "/better-evidence/to-mapped.html": "http://[::ffff:127.0.0.1]:8001/admin",
    "/better-evidence/to-rebound.html": "http://rebound.example.org:8001/admin",
    "/better-evidence/to-intranet.html": "http://intranet.example.org/",
    "/better-evidence/over-another.html": f"http://cdn.example.org:{PORT}/hop",
}


class Leading:
    """The library, with a start page that leads to redirects and shows images of machines inside."""

    def __init__(self) -> None:
        self._library = generated(3, 5)

    def get(self, path: str, query: Mapping[str, str]) -> SamplePage:
        if path == "/hop":
            return SamplePage(b"", status=302, location="http://rebound.example.org:8001/admin")
        if path in REDIRECTS:
            return SamplePage(b"", status=302, location=REDIRECTS[path])
        page = self._library.get(path, query)
        if path != "/":
            return page
        links = "".join(f'<p><a href="{path}">Review</a></p>' for path in REDIRECTS)
        images = '<img src="http://10.0.0.1/logo.png"><img src="http://rebound.example.org:8001/logo.png">'
        return replace(page, body=page.body.replace(b"</body>", f"{links}{images}</body>".encode()))


def trap(name: str, address: tuple[str, int], caught: list[str]) -> None:
    """Listen, and take note of whoever connects."""
    server = socket.create_server(address)

    def accept() -> None:
        while True:
            connection, _ = server.accept()
            caught.append(name)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")
            connection.close()

    threading.Thread(target=accept, daemon=True).start()


def main(folder: Path, site: str) -> None:
    """Set the network up, crawl, and say who was reached."""
    commands = ["ip link set lo up", *(f"ip addr add {one}/32 dev lo" for one in (PUBLIC, OTHER, INNER))]
    for one in commands:
        subprocess.run(one.split(), check=True)
    hosts = folder / "hosts"
    hosts.write_text("".join(f"{address} {name}\n" for name, address in NAMES.items()))
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)
    caught: list[str] = []
    for name, address in TRAPS.items():
        trap(name, address, caught)
    leading = Leading()
    with (
        SampleSite(PORT, host=PUBLIC, library=leading),  # type: ignore[arg-type]  # answers get() alike
        SampleSite(PORT, host=OTHER, library=leading),  # type: ignore[arg-type]
        SampleSite(PORT, host=INNER, library=generated(2, 6)),
    ):
        command = [str(Path(sys.executable).with_name("campbell")), "crawl", site, "--source", "k2", "--delay", "0"]
        command += ["--contact", "me@example.org", "--data", str(folder / "d")]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    print(json.dumps({"caught": caught, "code": run.returncode, "output": run.stdout + run.stderr}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
