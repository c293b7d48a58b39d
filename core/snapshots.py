"""What was frozen, as bytes that are the same for the same content."""

import hashlib
import json
from typing import Any


def canonical(content: Any) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8: the bytes that are hashed."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256_of(content: Any) -> str:
    """In hexadecimal, of the canonical bytes."""
    return hashlib.sha256(canonical(content)).hexdigest()
