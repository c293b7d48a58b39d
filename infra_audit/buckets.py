"""What buckets are for, and what is switched on against the public: pure questions to the rows about them."""

import re

from infra_audit.inventory import Row

BUCKETS = "s3.list_buckets"
ACCESS = "s3.get_bucket_policy_status"
ACCOUNT_BLOCK = "s3control.get_public_access_block"
VERSIONS = "s3.get_bucket_versioning"
REPLICATION = "s3.get_bucket_replication"

# The four switches of Block Public Access, as rows name them → as people read them.
FLAGS = {
    "block_public_acls": "refuse new public access lists",
    "ignore_public_acls": "ignore public access lists",
    "block_public_policy": "refuse new public policies",
    "restrict_public_buckets": "hold public policies to the account",
}

# Words in a bucket's name or tags that say what it keeps.
KEEPS = {
    "state": frozenset({"tfstate", "terraform", "tofu", "pulumi"}),
    "backups": frozenset({"backup", "backups", "bak", "bkp", "dump", "dumps", "snapshots", "archive", "archives"}),
    "logs": frozenset({"log", "logs", "logging", "cloudtrail", "trail", "audit", "flowlogs"}),
}
WITH_STATE = frozenset({"state", "states"})
PURPOSE_TAGS = frozenset({"purpose", "name", "role", "content", "contents"})


def kept_in(bucket: Row) -> str:
    """ "state", "backups" or "logs", by its name or its tags; "" where neither says so."""
    told = [bucket["name"], *(value for key, value in (bucket["tags"] or {}).items() if key.lower() in PURPOSE_TAGS)]
    words = {word for text in told for word in re.split(r"[^a-z0-9]+", text.lower())}
    if words & KEEPS["state"] or (words & WITH_STATE and "tf" in words):
        return "state"
    return next((kept for kept, known in KEEPS.items() if words & known), "")


def switches(account: Row, bucket: Row) -> dict[str, bool | None]:
    """Each of the four, on where account or bucket has it on; None where one that would decide was not read."""
    return {flag: _either(account.get(flag), bucket.get(flag)) for flag in FLAGS}


def _either(one: bool | None, other: bool | None) -> bool | None:
    if one or other:
        return True
    return None if one is None or other is None else False


def switched_off(flags: list[str]) -> str:
    """A sentence that names the switches."""
    return f"{len(flags)} of 4 switches are off: {', '.join(FLAGS[flag] for flag in flags)}."
