"""Digests as WARC files spell them: ``algorithm:value`` in hex, Base32 or Base64."""

from __future__ import annotations

import base64
import binascii
from typing import Final

_SIZES: Final = {"md5": 16, "sha1": 20, "sha256": 32, "sha512": 64}
"""Algorithm → bytes of its digests."""


def parse_digest(value: str) -> tuple[str, bytes | None]:
    """Return a digest label's algorithm and bytes, whatever its spelling; None for the bytes if it cannot be read."""
    label, _, digest = value.partition(":")
    algorithm = label.strip().lower().replace("-", "")
    size = _SIZES.get(algorithm)
    return algorithm, None if size is None else decode_digest(digest, size)


def decode_digest(digest: str, size: int) -> bytes | None:
    """Return the bytes of a digest of ``size`` bytes in hex, Base32 or Base64; None if it is in another form."""
    digest = digest.strip()
    try:
        if len(digest) == 2 * size:
            return bytes.fromhex(digest)
        bare = digest.rstrip("=")
        base32_length = (size * 8 + 4) // 5
        if len(bare) == base32_length:
            raw = base64.b32decode(bare.upper() + "=" * (-len(bare) % 8))
        else:
            raw = base64.b64decode(bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if len(raw) == size else None
