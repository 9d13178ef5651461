"""S3 as moto's server has it, on loopback, with a log of what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

BUCKET = "library"


class Asked(NamedTuple):
    """A request for an object."""

    method: str
    key: str
    range: tuple[int, int] | None
    """First and last byte asked for."""
    status: int


@dataclass
class Prefix:
    """A prefix of the bucket, which one test has to itself."""

    name: str
    client: Any
    log: list[Asked]
    denied: set[str]
    """Prefixes below which no WARC file is given out or taken."""
    settings: str = field(init=False)
    """What ``archive.toml`` says of it."""

    def __post_init__(self) -> None:
        self.settings = f'archive = "s3://{BUCKET}/{self.name}"\nkeep_local = false\n'

    def asked(self, method: str, suffix: str = ".warc.gz") -> list[Asked]:
        """Return the requests for this prefix's objects so far."""
        return [one for one in self.log if one.method == method and one.key.startswith(f"{self.name}/")
                and one.key.endswith(suffix)]  # fmt: skip

    def names(self) -> list[str]:
        """Return the names of the objects."""
        listed = self.client.list_objects_v2(Bucket=BUCKET, Prefix=f"{self.name}/").get("Contents", [])
        return [entry["Key"].rpartition("/")[2] for entry in listed]

    def get(self, name: str) -> bytes:
        """Return an object."""
        return bytes(self.client.get_object(Bucket=BUCKET, Key=f"{self.name}/{name}")["Body"].read())

    def put(self, name: str, body: bytes) -> None:
        """Write an object, whatever is there."""
        self.client.put_object(Bucket=BUCKET, Key=f"{self.name}/{name}", Body=body)

    def delete(self, name: str) -> None:
        """Remove an object."""
        self.client.delete_object(Bucket=BUCKET, Key=f"{self.name}/{name}")


_DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


def _logged(
    application: Callable[..., Iterable[bytes]], log: list[Asked], denied: set[str]
) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        first, _, last = environ.get("HTTP_RANGE", "").removeprefix("bytes=").partition("-")
        asked = (int(first), int(last)) if first else None

        def start(status: str, *rest: Any) -> Any:
            key = environ["PATH_INFO"].removeprefix(f"/{BUCKET}/")
            log.append(Asked(environ["REQUEST_METHOD"], key, asked, int(status[:3])))
            return start_response(status, *rest)

        is_read_or_written = asked or environ["REQUEST_METHOD"] == "PUT"
        path = environ["PATH_INFO"]
        if is_read_or_written and path.endswith(".warc.gz") and path.split("/")[2] in denied:
            start("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(_DENIED)))])
            return [_DENIED]
        return application(environ, start)

    return answer


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, list[Asked], set[str]]]:
    """Yield a client of a server of S3, the log of its requests, and the prefixes that it denies.

    What runs meanwhile finds the server where AWS's own environment says.
    """
    for needed in ("s3fs", "boto3", "moto", "flask_cors"):
        pytest.importorskip(needed, reason="needs s3fs, boto3, and moto with what its server needs")
    import boto3  # type: ignore[import-untyped] # noqa: PLC0415 - absent without the extra
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - likewise
        DomainDispatcherApplication,
        create_backend_app,
    )
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415 - likewise

    class QuietHandler(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            pass

    log: list[Asked] = []
    denied: set[str] = set()
    application = _logged(DomainDispatcherApplication(create_backend_app), log, denied)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    none = str(tmp_path_factory.getbasetemp() / "no-such-file")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "anybody")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "anything")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_CONFIG_FILE", none)
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", none)
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client, log, denied
    server.shutdown()
    server.server_close()


@pytest.fixture
def prefix(s3: tuple[Any, list[Asked], set[str]], tmp_path: Path) -> Prefix:
    """Return a prefix of its own for a test."""
    return Prefix(tmp_path.name, *s3)
