"""Raw socket servers that say exactly what a script tells them, and log every byte: the oracle of the capture tests."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Wait:
    """Seconds of silence, after what was sent so far has surely arrived."""

    seconds: float


@dataclass(frozen=True)
class Close:
    """An orderly end of the connection."""


@dataclass(frozen=True)
class Reset:
    """A TCP reset."""


Step = bytes | Wait | Close | Reset
Script = Callable[[str, int], list[Step]]
"""Gives the steps for a request target and the count of requests for it so far (from 1)."""


@dataclass
class Exchange:
    """What one request and its answer were on the socket."""

    target: str
    received: bytes
    sent: bytearray = field(default_factory=bytearray)
    connection: int = 0


class WireServer:
    """Serves scripts over HTTP or HTTPS, a thread a connection."""

    def __init__(self, script: Script, context: ssl.SSLContext | None = None) -> None:
        self.log: list[Exchange] = []
        self._script = script
        self._context = context
        self._lock = threading.Lock()
        self._connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            with self._lock:
                self._connections += 1
                serial = self._connections
            with connection:
                while self._one(connection, serial):
                    pass

    def _one(self, connection: socket.socket, serial: int) -> bool:
        received = _read_request(connection)
        if not received:
            return False
        target = received.split(b" ", 2)[1].decode("latin-1")
        path = "/" + target.split("/", 3)[3] if target.startswith("http") else target
        with self._lock:
            exchange = Exchange(path, received, connection=serial)
            self.log.append(exchange)
            count = sum(1 for other in self.log if other.target == path)
        for step in self._script(path, count):
            if isinstance(step, bytes):
                exchange.sent += step  # before: a client that stops reading makes sendall fail in the middle
                with contextlib.suppress(OSError):
                    connection.sendall(step)
            elif isinstance(step, Wait):
                time.sleep(step.seconds)
            elif isinstance(step, Close):
                if isinstance(connection, ssl.SSLSocket):
                    with contextlib.suppress(OSError):
                        connection.settimeout(0.2)
                        connection.unwrap()
                return False
            else:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
        return True


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
        data += piece
    return data


class ConnectProxy:
    """A proxy that opens tunnels (or refuses them: ``/refused`` hosts) and forwards plain requests."""

    def __init__(self, refuse: bool = False) -> None:
        self.tunnels = 0
        self._refuse = refuse
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            request = _read_request(client)
            if self._refuse:
                client.sendall(b"HTTP/1.1 403 No Tunnel\r\nContent-Length: 0\r\n\r\n")
                return
            host, port = request.split(b" ")[1].decode().rsplit(":", 1)
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self.tunnels += 1
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join(5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def self_signed(folder: Path) -> tuple[ssl.SSLContext, bytes]:
    """Return a server context with a fresh self-signed certificate for 127.0.0.1, and the certificate's DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, certificate.public_bytes(serialization.Encoding.DER)


@contextlib.contextmanager
def serving(script: Script, context: ssl.SSLContext | None = None) -> Iterator[WireServer]:
    server = WireServer(script, context)
    try:
        yield server
    finally:
        server.close()
