"""Packages for repositories: bags, signatures with a timestamp, and an index without false digests."""

from __future__ import annotations

import base64
import json
import re
import shutil
import sqlite3
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import bagit  # type: ignore[import-untyped] # has no stubs
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec

from campbell_scraper.archive.publish import cdxj
from campbell_scraper.archive.publish.wacz_check import check_wacz
from campbell_scraper.errors import CampbellError
from campbell_scraper.faces.cli.archive_commands import package
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.rebuild import build_database

from .handmade import CRAWL, PAGE, exchange, new_id, revisit, sha256, warcinfo, write
from .test_package import K2_PAGE, LATER, edit, private_key


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """Two crawls; the second's revisit refers to the first."""
    folder = DataFolder(tmp_path / "data")
    folder.create()
    held = new_id()
    write(folder.archive / "c-1.warc.gz", [warcinfo(), *exchange("http://site.test/a", record_id=held)])
    write(
        folder.archive / "c-2.warc.gz", [warcinfo(LATER, new_id()), revisit("http://site.test/a", held, sha256(PAGE))]
    )
    build_database([folder.archive], folder.database, workers=0)
    return folder


def packaged(folder: DataFolder, *words: object) -> str:
    result = CliRunner().invoke(package, [*map(str, words), "--data", str(folder.root)])
    if isinstance(result.exception, CampbellError):
        return f"{result.exception.exit_code}: {result.exception}"
    assert result.exception is None, result.exception
    return result.stdout


def test_a_bag_holds_the_archive_and_the_database(folder: DataFolder, tmp_path: Path) -> None:
    out = tmp_path / "bag"
    assert "Wrote" in packaged(folder, "--format", "bagit", "--output", out)
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("data/**/*") if path.is_file()) == [
        "data/archive/c-1.warc.gz",
        "data/archive/c-2.warc.gz",
        "data/campbell.db",
    ]
    subprocess.run(["sha512sum", "-c", "--quiet", "manifest-sha512.txt"], cwd=out, check=True)
    (out / "data/archive/c-1.warc.gz").write_bytes(b"")
    assert not bagit.Bag(str(out)).is_valid()
    assert packaged(folder, "--format", "bagit", "--output", out).startswith("2: ")
    assert not [path for path in tmp_path.iterdir() if path.name not in {"bag", "data"}]


def test_a_bag_of_one_crawl_has_what_it_refers_to(folder: DataFolder, tmp_path: Path) -> None:
    packaged(folder, "--format", "bagit", "--crawl", LATER, "--output", tmp_path / "bag")
    names = [path.name for path in sorted((tmp_path / "bag/data/archive").iterdir())]
    assert [names[0][:10], *names[1:]] == ["0-referred", "c-2.warc.gz"]
    assert (tmp_path / "bag/bag-info.txt").read_text().count(LATER) == 1
    assert packaged(folder, "--format", "bagit", "--crawl", "none").startswith("2: ")
    assert CRAWL != LATER


def test_a_bag_lacks_what_is_excluded(folder: DataFolder, tmp_path: Path) -> None:
    write(folder.archive / "c-3.warc.gz", exchange("http://site.test/x", body=K2_PAGE.replace(b"PAGE", b"/x")))
    folder.database.unlink()
    build_database([folder.archive], folder.database, workers=0)
    folder.exclusions.write_text("review_id,reason\nx,asked to\n", "utf-8")
    packaged(folder, "--format", "bagit", "--output", tmp_path / "bag")
    data = tmp_path / "bag" / "data"
    with closing(sqlite3.connect(data / "campbell.db")) as copy:
        assert copy.execute("select count(*) from reviews").fetchone() == (0,)
    assert b"A review" not in (data / "campbell.db").read_bytes()
    held = {path.name: path.read_bytes() for path in (data / "archive").iterdir()}
    assert held == {**{path.name: path.read_bytes() for path in folder.archive.glob("c-[12]*")}, "c-3.warc.gz": b""}


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[str]:
    """Serve a time stamping authority (OpenSSL's) on loopback."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl: make system-deps")
    (tmp_path / "tsa.cnf").write_text(
        "[req]\ndistinguished_name=dn\nx509_extensions=v3\nprompt=no\n[dn]\nCN=Test authority\n[v3]\n"
        "basicConstraints=critical,CA:true\nkeyUsage=critical,digitalSignature,keyCertSign\n"
        "[leaf]\nbasicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n"
        "extendedKeyUsage=critical,timeStamping\n"
        "[tsa]\ndefault_tsa=here\n[here]\nserial=serial\nsigner_cert=leaf.pem\ncerts=root.pem\nsigner_key=leaf.key\n"
        "signer_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256,sha384,sha512\ness_cert_id_alg=sha256\n"
    )

    def openssl(*words: str, data: bytes | None = None) -> bytes:
        run = subprocess.run(["openssl", *words], cwd=tmp_path, input=data, capture_output=True, check=True)
        return run.stdout

    # The longer certificate comes last, as DER orders them: OpenSSL does not see to that.
    openssl("req", "-x509", "-newkey", "rsa:4096", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "30",
            "-config", "tsa.cnf")  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "leaf.key", "-out", "leaf.csr", "-config", "tsa.cnf",
            "-subj", "/CN=Test signer")  # fmt: skip
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-out",
            "leaf.pem", "-extfile", "tsa.cnf", "-extensions", "leaf", "-days", "30")  # fmt: skip

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (tmp_path / "query.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/tsr":
                openssl(
                    "ts", "-reply", "-queryfile", "query.tsq", "-config", "tsa.cnf", "-section", "here", "-out", "r.tsr"
                )
            self.send_response(200)
            self.end_headers()
            self.wfile.write((tmp_path / "r.tsr").read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/tsr"
        server.shutdown()


def test_a_signature_can_be_dated_by_an_authority(folder: DataFolder, authority: str, tmp_path: Path) -> None:
    key = private_key(tmp_path, ec.generate_private_key(ec.SECP384R1()))
    out = tmp_path / "x.wacz"
    assert "Wrote" in packaged(folder, "--key", key, "--tsa", authority, "--output", out)
    assert check_wacz(out) == []
    with zipfile.ZipFile(out) as content:
        signed = json.loads(content.read("datapackage-digest.json"))["signedData"]
    assert signed["timestampCert"].count("BEGIN CERTIFICATE") == 2
    # OpenSSL is of the same opinion: the token is of the signature's text.
    (tmp_path / "token.der").write_bytes(base64.b64decode(signed["timeSignature"]))
    (tmp_path / "signature.txt").write_text(signed["signature"])
    subprocess.run(["openssl", "ts", "-verify", "-data", "signature.txt", "-in", "token.der", "-token_in", "-CAfile",
                    "root.pem"], cwd=tmp_path, check=True, capture_output=True)  # fmt: skip
    edit(out, "datapackage-digest.json", lambda data: data.replace(b'"timeSignature": "MII', b'"timeSignature": "MIJ'))
    assert any("timestamp" in problem for problem in check_wacz(out))
    stale = authority.replace("/tsr", "/replayed")
    for words in (("--key", key, "--tsa", stale), ("--tsa", authority), ("--key", key, "--tsa", "ftp://x.test/")):
        assert packaged(folder, *words, "--output", tmp_path / "y.wacz").startswith("2: ")
    assert not (tmp_path / "y.wacz").exists()


def test_a_record_without_digest_has_its_payloads_in_the_index(tmp_path: Path) -> None:
    bare = re.sub(rb"WARC-Payload-Digest: [^\r]*\r\n", b"", exchange("http://site.test/a")[0])
    write(tmp_path / "a.warc.gz", [warcinfo(), bare, *exchange("http://site.test/b")])
    lines, _ = cdxj.index_lines(tmp_path / "a.warc.gz")
    assert [json.loads(line.split(" ", 2)[2])["digest"] for line in lines] == [sha256(PAGE)] * 2
