"""repo.terraform: every block of the Terraform files at HEAD, without anything that could be a secret.

Rows: path, path_class (infra_audit.secrets.paths), line, end_line, type ("resource"), labels, address
("aws_db_instance.orders"), attributes and `blocks` (nested: type, label, line, attributes, blocks). A file of values
(`*.tfvars`, `*.tfvars.json`) is one row of type "assignments"; a file that tests Terraform one of type "test", with its
`tool`.

An attribute is {line, kind, value}: `value` is kept for numbers, booleans, null, references (`var.name`), for the few
strings that checks need (SAFE_STRINGS), and for words that a condition of the same repository is compared with;
otherwise it is None. Where they are true or not empty it has also: `withheld` (a string was there), `private` (its name
promises a password, so that no word of it is kept), `mentions` (the references in an expression), `tree` (what it is
made of, where it may decide what a check reads: see `expressions`), `empty` (`{}`), `switched_on` (an object that says
so of itself), and `secret`, where the value looked like a password: {line, preview, confidence, fingerprint}. Variables
also have default_is_secret, default_preview, default_line, default_confidence, default_fingerprint, and fills_in, where
their type fills in what is left out. All is looked at here, so that a password never enters the inventory.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from infra_audit.collectors.repo.expressions import compared, texts_in, tree_of, without
from infra_audit.collectors.repo.hcl import Attribute, Block, Kind, Literal, parse, parse_assignments
from infra_audit.collectors.repo.nodes import UnreadableDocumentError
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.collectors.repo.secret_values import called, seen_in, seen_under
from infra_audit.collectors.repo.terraform_json import parse_json, parse_json_assignments
from infra_audit.collectors.repo.terraform_tests import tests_of
from infra_audit.inventory import Ending, Row, Unread
from infra_audit.secrets import SecretEngine
from infra_audit.secrets.names import Promise, last_word_promises, promise_of
from infra_audit.secrets.paths import PathClass, path_class
from infra_audit.secrets.values import WORD_SHAPED, is_noise
from infra_audit.terraform_outcomes import local_folder

MOST_BYTES = 2 * 1024 * 1024
TERRAFORM = re.compile(r"\.(?:tf|tofu|tfvars)(?:\.json)?$", re.IGNORECASE)
IN_JSON = re.compile(r"\.json$", re.IGNORECASE)
VALUES = re.compile(r"\.tfvars(?:\.json)?$", re.IGNORECASE)
DERIVED = re.compile(r"(?:^|/)(?:cdktf\.out|\.terragrunt-cache)/", re.IGNORECASE)
USER_INFO = re.compile(r"//(?!git@)[^/\s]*@")
SAFE_STRINGS = frozenset(
    {
        *("source", "version", "engine", "identifier", "cluster_identifier", "required_version", "type"),
        *("bucket", "status", "alias"),
    }
)
HARMLESS = re.compile(r"true|false|enabled|disabled|suspended|\d{1,2}", re.IGNORECASE)
LONGEST_STRING = 300
LONG_WORD = re.compile(r"[A-Za-z0-9_+=]{16}|:[^/]*@")
PASSWORD_INSIDE = re.compile(rb"pass|pwd|secret|token|credential|_key|apikey", re.IGNORECASE)
OBJECTS = frozenset({"versioning", "replication_configuration"})
SWITCHED_ON = re.compile(rb"\b(?:enabled|status)\s*=\s*\"?(?:true|Enabled)\b")
Used = Mapping[str, Collection[str]]
Naming = Callable[[str], str]
DEEPEST_MODULES = 10
# What checks read, and all that may lead there: their expressions are followed.
READ = frozenset(
    {
        *("skip_final_snapshot", "deletion_protection", "backup_retention_period", "delete_automated_backups"),
        *("force_destroy", "enabled", "status", "tags", "count", "for_each", "replicate_source_db"),
    }
)
LEADING = frozenset({"locals", "module", "variable", "assignments"})
LONGEST_WORD = 40
FILLS_IN = re.compile(rb"\boptional\s*\(")
HOLDERS = frozenset({"resource", "module", "locals", "data", "provider", "output", "assignments"})


def read(repository: OpenRepository) -> Reading:
    unread: list[Unread] = []
    found: list[tuple[str, Block]] = []
    for path, data in repository.text_files(is_terraform, most_bytes=MOST_BYTES, unread=unread):
        blocks, whole = _parsed(path, data)
        if not whole:
            unread.append(Unread(path, Ending.ERROR))
        found.extend((path, block) for block in blocks)
    keeper = keeper_of(found, repository.engine)
    rows = [block_row(path, block, keeper) for path, block in found]
    if rows:
        rows.extend(tests_of(repository))
    broken = sum(one.reason is Ending.ERROR for one in unread)
    return Reading(tuple(rows), tuple(unread), (_remark(broken),) if broken else ())


def _remark(broken: int) -> str:
    files = (
        "file has errors; what could be read of it was" if broken == 1 else "files have errors; what could be read was"
    )
    return f"{broken} Terraform {files}."


def is_terraform(path: str) -> bool:
    """The client's own Terraform: downloaded modules are not, nor what another program wrote."""
    if not TERRAFORM.search(path) or DERIVED.search(path):
        return False
    return path_class(path) is not PathClass.VENDORED


def _parsed(path: str, data: bytes) -> tuple[list[Block], bool]:
    """The file's blocks, and whether all of it could be read."""
    if not IN_JSON.search(path):
        if VALUES.search(path):
            block, whole = parse_assignments(data)
            return [block], whole
        return parse(data)
    try:
        return parse_json_assignments(data) if VALUES.search(path) else parse_json(data), True
    except UnreadableDocumentError:
        return [], False


@dataclass(frozen=True)
class Keeper:
    """What may be kept of one repository's Terraform.

    `used`: by folder, the references that stand where a password belongs. `trees`: by the identity of the attribute,
    of those that are no password. `words`: the texts that something is compared with, but for passwords.
    """

    engine: SecretEngine
    used: Used = field(default_factory=dict)
    trees: Mapping[int, Row] = field(default_factory=dict)
    words: Collection[str] = frozenset()

    def keeps(self, text: str) -> bool:
        return text in self.words or bool(HARMLESS.fullmatch(text))


def keeper_of(found: list[tuple[str, Block]], engine: SecretEngine) -> Keeper:
    used = used_as_passwords(found)
    trees: dict[int, Row] = {}
    told: set[str] = set()
    for path, block in found:
        naming = _naming(path, block, used)
        for name, one in _leading(block, block.type):
            tree = None if _is_private(naming(name)) else _tree(one)
            if tree:
                trees[id(one)] = tree
                told.update(compared(tree, used.get(_folder(path), ())))
    told -= {text for path, block in found for text in _private_texts(block, _naming(path, block, used))}
    words = {text for text in told if _is_word(text) and _is_harmless(text, engine)}
    return Keeper(engine, used, trees, words)


def _tree(one: Attribute) -> Row | None:
    """None for what is not computed."""
    return (one.tree or tree_of(one.text)) if one.kind is Kind.EXPRESSION and not one.is_empty else None


def _is_private(means: str) -> bool:
    return promise_of(means) is not Promise.NOTHING


def _private_texts(block: Block, naming: Naming) -> Iterator[str]:
    """What stands where a password belongs, other than what is only compared with something there."""
    for name, one in block.attributes.items():
        if _is_private(naming(name)):
            if isinstance(one.value, str):
                yield one.value
            elif tree := _tree(one):
                yield from set(texts_in(tree)) - set(compared(tree))
    for inner in block.blocks:
        yield from _private_texts(inner, naming)


def _is_word(text: str) -> bool:
    """`prod`, `eu_live`: nothing that could be a password worth the name."""
    return len(text) <= LONGEST_WORD and bool(WORD_SHAPED.match(text)) and not is_noise(text)


def _leading(block: Block, top: str) -> Iterator[tuple[str, Attribute]]:
    """The attributes that checks read, and those that may lead there."""
    for name, one in block.attributes.items():
        if name in READ or (top in LEADING and (top != "variable" or name == "default")):
            yield name, one
    for inner in block.blocks:
        yield from _leading(inner, "")


def used_as_passwords(found: list[tuple[str, Block]]) -> Used:
    """By folder, the variables and locals that stand where a password belongs, whatever they are called.

    What a module takes as a password is one where it is called, too.
    """
    used: dict[str, set[str]] = {}
    for path, block in found:
        if block.type in HOLDERS:
            used.setdefault(_folder(path), set()).update(_references(block))
    calls = [(_folder(path), target, block) for path, block in found if (target := _target(path, block)) is not None]
    for _round in range(DEEPEST_MODULES):
        before = sum(map(len, used.values()))
        for folder, target, block in calls:
            used[folder] |= {
                str(one.value)
                for name, one in block.attributes.items()
                if one.kind is Kind.REFERENCE and f"var.{name}" in used.get(target, ())
            }
        if sum(map(len, used.values())) == before:
            break
    return used


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _target(path: str, block: Block) -> str | None:
    """The folder that a call of a module leads to, where that may be in this repository."""
    source = block.attributes.get("source")
    return local_folder(_folder(path), source.value) if source and block.type == "module" else None


def _references(block: Block) -> Iterator[str]:
    for name, one in block.attributes.items():
        if one.kind is Kind.REFERENCE and promise_of(name) is Promise.PASSWORD:
            yield str(one.value)
    for inner in block.blocks:
        yield from _references(inner)


def block_row(path: str, block: Block, keeper: Keeper) -> Row:
    """A top-level block in JSON types."""
    naming = _naming(path, block, keeper.used)
    row = {
        "path": path,
        "path_class": path_class(path).value,
        "end_line": block.end_line,
        "labels": list(block.labels),
        **_inner_row(block, keeper, naming, searched=block.type in HOLDERS),
    }
    row["address"] = ".".join(block.labels if block.type == "resource" else (block.type, *block.labels))
    if block.type == "variable":
        row |= default_fields(block, keeper.engine, naming("default"))
        if (kind := block.attributes.get("type")) and FILLS_IN.search(kind.text):
            row["fills_in"] = True
    return row


def _naming(path: str, block: Block, used: Used) -> Naming:
    """What each value of a block is, by its name and by its use here or inside the module that is called.

    A variable's default is what the variable is called.
    """
    passwords = used.get(_folder(path), ())
    target = _target(path, block)
    inside = used.get(target, ()) if target is not None else ()
    variable = block.labels[0] if block.type == "variable" and block.labels else ""
    kind = block.attributes.get("type")
    is_encrypted = kind is not None and kind.value == "SecureString"

    def naming(name: str) -> str:
        if is_encrypted and name in {"value", "value_wo"}:
            return "secret_value"
        if variable and name == "default":
            return called(variable, stands_as_password=f"var.{variable}" in passwords)
        is_used = f"var.{name}" in inside or (block.type == "locals" and f"local.{name}" in passwords)
        return called(name, stands_as_password=is_used)

    return naming


def _inner_row(block: Block, keeper: Keeper, naming: Naming, *, searched: bool) -> Row:
    """`naming` tells what a value is; `searched`: whether passwords are told of where they stand."""
    attributes = {name: dict(_fields(name, naming(name), one, keeper)) for name, one in block.attributes.items()}
    for name, one in block.attributes.items():
        if searched and (secret := secret_in(naming(name), one, keeper.engine)):
            attributes[name]["secret"] = secret
    return {
        "type": block.type,
        "line": block.line,
        "attributes": attributes,
        "blocks": [
            {**_inner_row(inner, keeper, naming, searched=searched), "label": next(iter(inner.labels), "")}
            for inner in block.blocks
        ],
    }


def _fields(name: str, means: str, attribute: Attribute, keeper: Keeper) -> Iterator[tuple[str, object]]:
    """`means`: what the value is, where its own name does not tell."""
    yield "line", attribute.line
    yield "kind", attribute.kind.value
    if attribute.kind is Kind.REFERENCE:
        yield "value", attribute.value
        return
    value = _kept(name, attribute.value, keeper, is_private=_is_private(means))
    if value is None and attribute.value not in {"", None}:
        yield "withheld", True
        if _is_private(means):
            yield "private", True
    yield "value", value
    if attribute.kind is Kind.EXPRESSION and (mentions := attribute.mentions):
        yield "mentions", list(mentions)
    if tree := keeper.trees.get(id(attribute)):
        yield "tree", without(tree, keeper.keeps)
    if attribute.is_empty:
        yield "empty", True
    if name in OBJECTS and SWITCHED_ON.search(attribute.text):
        yield "switched_on", True


def _kept(name: str, value: Literal, keeper: Keeper, *, is_private: bool) -> Literal:
    if is_private and not isinstance(value, bool):
        return None
    if isinstance(value, str) and value not in keeper.words:
        return safe_string(name, value, keeper.engine)
    return value


def safe_string(name: str, value: str, engine: SecretEngine) -> str | None:
    """The string if its name is harmless and nothing in it looks like a secret; user and password leave a URL."""
    if HARMLESS.fullmatch(value) and promise_of(name) is Promise.NOTHING:
        return value
    if name not in SAFE_STRINGS or len(value) > LONGEST_STRING:
        return None
    bare = USER_INFO.sub("//", value)
    return bare if _is_harmless(bare, engine) else None


def _is_harmless(text: str, engine: SecretEngine) -> bool:
    """Where nothing is long enough to be a token and no name promises a password, the search can be spared."""
    may_hide = LONG_WORD.search(text) or PASSWORD_INSIDE.search(text.encode("utf-8", "replace"))
    return not (may_hide and engine.scan(text.encode("utf-8", "replace")))


def secret_in(name: str, attribute: Attribute, engine: SecretEngine) -> Row | None:
    """All that may be said of the password that stands here; None where there is none."""
    if attribute.kind is Kind.LITERAL:
        value = _as_text(name, attribute)
        return seen_under(name, value, attribute.line, engine) if value and _is_private(name) else None
    if attribute.kind is Kind.EXPRESSION and PASSWORD_INSIDE.search(attribute.text):
        return seen_in(attribute.text, attribute.line, engine)
    return None


def _as_text(name: str, attribute: Attribute) -> str | None:
    """A literal as the text that it is used as. Without quotes only what is called a password is one: 4815162."""
    if isinstance(attribute.value, str):
        return attribute.value
    is_password = promise_of(name) is Promise.PASSWORD and last_word_promises(name)
    return str(attribute.value) if is_password and type(attribute.value) is int else None


def default_fields(block: Block, engine: SecretEngine, name: str) -> Row:
    """Whether a variable's default is a password under this name, and all that may be said about it."""
    default = block.attributes.get("default")
    seen = _default(name, default, engine) if default else None
    return {
        "default_is_secret": seen is not None,
        "default_confidence": seen["confidence"] if seen else None,
        "default_line": default.line if default else None,
        "default_preview": seen["preview"] if seen else None,
        "default_fingerprint": seen["fingerprint"] if seen else None,
    }


def _default(name: str, default: Attribute, engine: SecretEngine) -> Row | None:
    if default.kind is Kind.LITERAL:
        value = _as_text(name, default)
        return seen_under(name, value, default.line, engine) if value is not None else None
    return seen_in(default.text, default.line, engine) if default.kind is Kind.EXPRESSION else None
