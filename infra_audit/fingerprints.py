"""Keyed hashes: the same finding is recognised from run to run, and nobody can guess back from the hash."""

import hashlib
import hmac

from infra_audit.inventory import Place


def keyed(key: bytes, *parts: str) -> str:
    """32 hex digits over the parts, each length-prefixed so that no two lists of parts collide."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.hexdigest()[:32]


def finding_fingerprint(key: bytes, check: str, place: Place, resource: str, sub_key: str = "") -> str:
    """Identity of a finding: check, partition, account, region, repository, resource, sub-key."""
    return keyed(
        key, "finding", check, place.partition, place.account, place.region, place.repository, resource, sub_key
    )
