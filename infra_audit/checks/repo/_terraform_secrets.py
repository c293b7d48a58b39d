"""What the checks on passwords in Terraform blocks share."""

from collections.abc import Iterator

from infra_audit.inventory import Row

SECRET: Row = {"line": 4, "preview": "password, 8 to 15 characters", "confidence": "high"}


def secrets_in(row: Row) -> Iterator[tuple[str, Row]]:
    """(attribute, what may be said of the secret in it), also of the blocks inside; each once.

    What JSON nests is told as an attribute and as a block.
    """
    seen: set[tuple[int, str | None]] = set()
    for name, secret in _all_in(row):
        mark = secret["line"], secret.get("fingerprint")  # rows of old have none
        if mark not in seen:
            seen.add(mark)
            yield name, secret


def _all_in(row: Row) -> Iterator[tuple[str, Row]]:
    for name, attribute in row["attributes"].items():
        if secret := attribute.get("secret"):
            yield name, secret
    for inner in row["blocks"]:
        yield from ((f"{inner['type']}.{name}", secret) for name, secret in _all_in(inner))


def example(block_type: str, labels: list[str], attribute: str, *, is_secret: bool) -> dict[str, list[Row]]:
    """A block with one attribute for the checks' examples."""
    value: Row = {"line": 4, "kind": "literal", "value": None} if is_secret else {"line": 4, "kind": "reference"}
    value |= {"secret": SECRET, "withheld": True} if is_secret else {"value": "var.secret"}
    block: Row = {
        "path": "main.tf",
        "path_class": "code",
        "line": 1,
        "type": block_type,
        "labels": labels,
        "address": ".".join(labels if block_type == "resource" else [block_type, *labels]),
        "attributes": {attribute: value},
        "blocks": [],
    }
    return {"repo.terraform": [block]}
