"""Keyed hashes: the same finding is recognised from run to run, and nobody can guess back from the hash."""

import hmac

from infra_audit.inventory import Place


def keyed(key: bytes, *parts: str) -> str:
    """32 hex digits over the parts, each length-prefixed so that no two lists of parts collide."""
    encoded = [part.encode("utf-8", "surrogateescape") for part in parts]
    told = b"".join(len(data).to_bytes(4, "big") + data for data in encoded)
    return hmac.digest(key, told, "sha256").hex()[:32]


def finding_fingerprint(key: bytes, check: str, place: Place, resource: str, sub_key: str = "") -> str:
    """Identity of a finding: check, partition, account, region, repository, resource, sub-key."""
    return keyed(
        key, "finding", check, place.partition, place.account, place.region, place.repository, resource, sub_key
    )
