"""Timestamps of signatures (RFC 3161): an authority states that a signature existed at a time.

As authsign writes it, a package's ``signedData`` has ``timeSignature`` (the token, Base64) and ``timestampCert`` (the
authority's certificates, PEM).
"""

from __future__ import annotations

import base64
import hashlib
import urllib.request
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import (
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rfc3161_client import TimeStampResponse

TIMESTAMP_NAMES: Final = frozenset({"timeSignature", "timestampCert"})
_HASHES: Final = {32: "sha256", 48: "sha384", 64: "sha512"}
_TIMEOUT: Final = 30
_MAX_ANSWER: Final = 1 << 20
_GRANTED: Final = b"\x30\x03\x02\x01\x00"
"""PKIStatusInfo of a granted request, DER: the bytes before the token in an authority's answer."""


def timestamp(authority: str, data: bytes) -> dict[str, str]:
    """Ask an authority for a timestamp of bytes; return the entries of signedData that hold it.

    Raises ValueError if it returns no valid timestamp, OSError if it cannot be reached.
    """
    if not authority.startswith(("http://", "https://")):
        raise ValueError(f"{authority} is not the address of a time stamping authority")
    question = TimestampRequestBuilder().data(data).build()
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    request = urllib.request.Request(authority, question.as_bytes(), headers)  # noqa: S310 - its scheme is checked above
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - likewise
        response = decode_timestamp_response(answer.read(_MAX_ANSWER))
    if response.status != 0 or response.tst_info.nonce != question.nonce:
        raise ValueError(f"{authority} gave no timestamp: {'; '.join(response.status_string) or 'for this request'}")
    certificates = [x509.load_der_x509_certificate(der) for der in response.signed_data.certificates]
    entries = {
        "timeSignature": base64.b64encode(response.time_stamp_token()).decode(),
        "timestampCert": b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates).decode(),
    }
    if problem := _problem(response, certificates, data):
        raise ValueError(f"{authority} gave a bad timestamp: {problem}")
    return entries


def timestamp_problem(signed: Mapping[str, object]) -> str | None:
    """Return what is wrong with the timestamp in a signedData object; None if it is good, or if there is none.

    Its signature is checked only if the root of its certificates is among them; that root is trusted.
    """
    if not TIMESTAMP_NAMES & set(signed):
        return None
    try:
        token = base64.b64decode(str(signed["timeSignature"]), validate=True)
        response = decode_timestamp_response(_sequence(_GRANTED + token))
        certificates = x509.load_pem_x509_certificates(str(signed["timestampCert"]).encode())
    except (KeyError, ValueError) as error:
        return f"the timestamp cannot be read: {error!r}"
    return _problem(response, certificates, str(signed["signature"]).encode())


def _problem(response: TimeStampResponse, certificates: list[x509.Certificate], data: bytes) -> str | None:
    stated = response.tst_info.message_imprint.message
    if stated != hashlib.new(_HASHES.get(len(stated), "sha512"), data).digest():
        return "the timestamp is of something else"
    builder, is_rooted = VerifierBuilder(), False
    for certificate in certificates:
        if certificate.issuer == certificate.subject:
            builder, is_rooted = builder.add_root_certificate(certificate), True
        else:
            builder = builder.add_intermediate_certificate(certificate)
    try:
        if is_rooted:
            builder.build().verify_message(response, data)
    except (VerificationError, ValueError) as error:
        return f"the timestamp is not valid: {error}"
    return None


def _sequence(content: bytes) -> bytes:
    """Return a DER sequence."""
    size = len(content).to_bytes(4, "big").lstrip(b"\0")
    return b"\x30" + (bytes([len(content)]) if len(content) < 128 else bytes([0x80 | len(size)]) + size) + content
