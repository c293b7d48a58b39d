"""repo.terraform: every block of the Terraform files at HEAD, without anything that could be a secret.

Rows: path, path_class (infra_audit.secrets.paths), line, end_line, type ("resource"), labels, address
("aws_db_instance.orders"), attributes and `blocks` (nested: type, line, attributes). An attribute is {line, kind,
value}: `value` is kept for numbers, booleans, null, references (`var.name`), and for the few strings that checks need
(SAFE_STRINGS); otherwise it is None. Terraform written as JSON is not read, and named as unread.
Variables also have default_is_secret, default_preview, default_line, default_confidence: looked at here, so that a
password never enters the inventory.
"""

import re
from collections.abc import Iterator

from infra_audit.collectors.repo.hcl import Attribute, Block, Kind, parse
from infra_audit.collectors.repo.ledger import readable
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Ending, Row, Unread
from infra_audit.secrets import Confidence, SecretEngine
from infra_audit.secrets.names import Promise, promise_of
from infra_audit.secrets.paths import PathClass, path_class
from infra_audit.secrets.rules import judge_value
from infra_audit.secrets.values import is_address, is_placeholder, is_stand_in, preview, stands_for_another

MOST_BYTES = 2 * 1024 * 1024
TERRAFORM = re.compile(r"\.(?:tf|tofu)$", re.IGNORECASE)
IN_JSON = re.compile(r"\.(?:tf|tofu)\.json$", re.IGNORECASE)
USER_INFO = re.compile(r"//[^/\s]*:[^/\s]*@")
SAFE_STRINGS = frozenset(
    {"source", "version", "engine", "identifier", "cluster_identifier", "required_version", "type"}
)
LONGEST_STRING = 300


def read(repository: OpenRepository) -> Reading:
    unread = [
        Unread(readable(file.path) or "", Ending.UNSUPPORTED) for file in repository.tree if IN_JSON.search(file.path)
    ]
    rows: list[Row] = []
    for path, data in repository.text_files(is_terraform, most_bytes=MOST_BYTES, unread=unread):
        blocks, whole = parse(data)
        if not whole:
            unread.append(Unread(path, Ending.ERROR))
        rows.extend(block_row(path, block, repository.engine) for block in blocks)
    broken = sum(one.reason is Ending.ERROR for one in unread)
    remark = (f"{broken} Terraform files have errors; what could be read of them was.",) if broken else ()
    return Reading(tuple(rows), tuple(unread), remark)


def is_terraform(path: str) -> bool:
    """The client's own Terraform: downloaded modules are not."""
    return bool(TERRAFORM.search(path)) and path_class(path) is not PathClass.VENDORED


def block_row(path: str, block: Block, engine: SecretEngine) -> Row:
    """A top-level block in JSON types."""
    row = {
        "path": path,
        "path_class": path_class(path).value,
        "end_line": block.end_line,
        "labels": list(block.labels),
        **_inner_row(block, engine),
    }
    row["address"] = ".".join(block.labels if block.type == "resource" else (block.type, *block.labels))
    if block.type == "variable":
        row |= default_fields(block, engine)
    return row


def _inner_row(block: Block, engine: SecretEngine) -> Row:
    return {
        "type": block.type,
        "line": block.line,
        "attributes": {name: dict(_fields(name, one, engine)) for name, one in block.attributes.items()},
        "blocks": [_inner_row(inner, engine) for inner in block.blocks],
    }


def _fields(name: str, attribute: Attribute, engine: SecretEngine) -> Iterator[tuple[str, object]]:
    yield "line", attribute.line
    yield "kind", attribute.kind.value
    value = attribute.value
    if attribute.kind is Kind.LITERAL and isinstance(value, str):
        value = safe_string(name, value, engine)
    yield "value", value


def safe_string(name: str, value: str, engine: SecretEngine) -> str | None:
    """The string if its name is harmless and nothing in it looks like a secret; user and password leave a URL."""
    if name not in SAFE_STRINGS or len(value) > LONGEST_STRING:
        return None
    bare = USER_INFO.sub("//", value)
    return None if engine.scan(bare.encode()) else bare


def default_fields(block: Block, engine: SecretEngine) -> Row:
    """Whether a variable's default is a password, and all that may be said about it."""
    default = block.attributes.get("default")
    confidence = _confidence(block.labels[0] if block.labels else "", default, engine) if default else None
    value = default.value if default and isinstance(default.value, str) else ""
    return {
        "default_is_secret": confidence is not None,
        "default_confidence": confidence.value if confidence else None,
        "default_line": default.line if default else None,
        "default_preview": (preview(value, "password") if value else "inside a larger value") if confidence else None,
    }


def _confidence(name: str, default: Attribute, engine: SecretEngine) -> Confidence | None:
    """How sure we are that this default is a password. A guessable one (`changeme`) is one all the same."""
    value = default.value
    if not isinstance(value, str):
        found = engine.scan(default.text, path="default.tf") if default.kind is Kind.EXPRESSION else []
        return found[0].confidence if found else None
    if verdict := judge_value(name, value):
        return verdict[0]
    if found := engine.scan(f"default: {value}\n".encode()):
        return found[0].confidence
    guessable = is_placeholder(value) or is_stand_in(value) or len(value) >= 4
    if promise_of(name) is Promise.PASSWORD and guessable and not stands_for_another(value) and not is_address(value):
        return Confidence.MEDIUM
    return None
