"""repo.cloudformation: what CloudFormation, SAM and Serverless templates at HEAD define, without what may be a secret.

Rows, each with path, path_class, line, type and name (a logical id, or the path of a template):

- type "template": macros (what rewrites it when it is deployed, other than AWS's own), stack_tags (its samconfig.toml
  or serverless.yml names tags for all that it makes), fetched (what a serverless.yml takes from elsewhere).
- type "resource": kind ("AWS::S3::Bucket"), policy and policy_line (its DeletionPolicy; policy None where it is left
  out, "computed" where it is), replace_policy (the same of UpdateReplacePolicy), has_tags (None where another file is
  included), is_protected, in_cluster, is_replica, and secrets: what may be said of the passwords in its properties,
  each {property, line, preview, confidence, fingerprint}.
- type "parameter": no_echo, and of its default default_line, default_is_secret, default_preview, default_confidence,
  default_fingerprint.

What other programs wrote (`cdk.out`, `.aws-sam`, `.serverless`) is not read: it is judged where it is made from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from infra_audit.collectors.repo.cloudformation_secrets import default_of, parameters_that_hold_secrets, secrets_of
from infra_audit.collectors.repo.nodes import Node, Shape, UnreadableDocumentError, read_document
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.collectors.repo.serverless import (
    fetched,
    gives_stack_tags,
    is_serverless,
    tagging_plugins,
    templates_in,
)
from infra_audit.inventory import Ending, Row, Unread
from infra_audit.secrets import SecretEngine
from infra_audit.secrets.paths import PathClass, path_class

MOST_BYTES = 1_000_000  # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
DOCUMENT = re.compile(r"\.(?:ya?ml|json|template)$", re.IGNORECASE)
DERIVED = re.compile(r"(?:^|/)(?:cdk\.out|cdktf\.out|\.aws-sam|\.serverless)/", re.IGNORECASE)
LOOKS_LIKE_ONE = re.compile(rb"""AWSTemplateFormatVersion|["']?Type["']?\s*:\s*["']?AWS::[A-Za-z0-9]+::""")
HAS_RESOURCES = re.compile(rb"""^["'\s{]*resources["']?\s*:""", re.MULTILINE)
TEMPLATE_IN_NAME = re.compile(r"[._-]template(?=\.[a-z]+$|$)", re.IGNORECASE)
SAM_CONFIG = re.compile(r"(?:^|/)samconfig\.(?:toml|ya?ml)$", re.IGNORECASE)
NAMES_TAGS = re.compile(rb"^\s*[\"']?tags[\"']?\s*[=:]\s*\S", re.MULTILINE)
KIND = re.compile(r"[A-Za-z0-9]+::[A-Za-z0-9]+(?:::[A-Za-z0-9]+)*")
TAGS = re.compile(r"^(?:Tags|(?:FileSystem|HostedZone|UserPool|BackupVault)Tags)$")
OWN_TRANSFORMS = re.compile(r"^AWS::")
SPEAKS_OF_ALL = "AWS::Serverless::"
COMPUTED = "computed"
LOOP = "Fn::ForEach::"
PROTECTING = re.compile(r"true|active", re.IGNORECASE)


@dataclass(frozen=True)
class Template:
    """One template that was read."""

    path: str
    root: Node
    resources: Node
    engine: SecretEngine

    def row(self, row_type: str, name: str, line: int, **told: object) -> Row:
        """One row, with where it stands."""
        return {
            "path": self.path,
            "path_class": class_of(self.path).value,
            "line": line,
            "type": row_type,
            "name": name,
            **told,
        }


def read(repository: OpenRepository) -> Reading:
    unread: list[Unread] = []
    rows: list[Row] = []
    tagged = _folders_with_stack_tags(repository)
    for path, data in repository.text_files(is_document, most_bytes=MOST_BYTES, unread=unread):
        if not (LOOKS_LIKE_ONE.search(data) or (is_serverless(path) and HAS_RESOURCES.search(data))):
            continue
        try:
            root = read_document(data)
        except UnreadableDocumentError:
            unread.append(Unread(path, Ending.ERROR))
            continue
        if root:
            rows.extend(_rows_of(path, root, repository.engine, stack_tags=path.rpartition("/")[0] in tagged))
    missing = tuple(one for one in unread if one.reason is not Ending.TRUNCATED)  # no template may be larger
    return Reading(tuple(rows), missing, (_remark(len(missing)),) if missing else ())


def _remark(missing: int) -> str:
    return f"{missing} CloudFormation {'template' if missing == 1 else 'templates'} could not be read."


def is_document(path: str) -> bool:
    """Whether the file may be a template that a person wrote."""
    return bool(DOCUMENT.search(path)) and not DERIVED.search(path) and class_of(path) is not PathClass.VENDORED


def class_of(path: str) -> PathClass:
    """As for any path, but that `stack.template.yaml` is the usual name of a template and no example."""
    return path_class(TEMPLATE_IN_NAME.sub("", path))


def _folders_with_stack_tags(repository: OpenRepository) -> set[str]:
    """Where a samconfig.toml gives the stack tags, and so everything in it."""
    unread: list[Unread] = []
    files = repository.text_files(lambda path: bool(SAM_CONFIG.search(path)), most_bytes=MOST_BYTES, unread=unread)
    return {path.rpartition("/")[0] for path, data in files if NAMES_TAGS.search(data)}


def _rows_of(path: str, root: Node, engine: SecretEngine, *, stack_tags: bool) -> Iterator[Row]:
    """The rows of one document: one template, or those inside a serverless.yml as one."""
    by_serverless = is_serverless(path) and root.get("Resources") is None
    parts = [(one, one.get("Resources")) for one in (templates_in(root) if by_serverless else [root])]
    templates = [
        Template(path, one, resources, engine)
        for one, resources in parts
        if resources and resources.shape is Shape.MAPPING
    ]
    missing = fetched(root) if by_serverless else []
    if not (templates or missing):
        return
    macros = [name for one in templates for name in _transforms(one.root) if not OWN_TRANSFORMS.match(name)]
    yield Template(path, root, root, engine).row(
        "template",
        path,
        1,
        macros=[*macros, *(tagging_plugins(root) if by_serverless else ())],
        stack_tags=stack_tags or (by_serverless and gives_stack_tags(root)),
        fetched=missing,
    )
    for template in templates:
        yield from _rows(template)


def _rows(template: Template) -> Iterator[Row]:
    tagged_kinds = _tagged_by_globals(template.root)
    for name, key, body in _definitions(template.resources):
        kind = body.get("Type")
        if kind and kind.shape is Shape.SCALAR and KIND.fullmatch(kind.text):
            yield _resource(template, name, key.line, kind.text, body, is_tagged=kind.text in tagged_kinds)
    promised = parameters_that_hold_secrets(template.resources)
    parameters = template.root.get("Parameters")
    for name, key, body in parameters.pairs() if parameters else ():
        told = default_of(name, body, template.engine, promised=name in promised)
        yield template.row("parameter", name, key.line, **told)


def _definitions(resources: Node) -> Iterator[tuple[str, Node, Node]]:
    """Each resource, and what a loop makes once for all: `Fn::ForEach::Name: [variable, values, {name: resource}]`."""
    for name, key, body in resources.pairs():
        if name.startswith(LOOP) and len(body.items) > 2:
            yield from body.items[2].pairs()
        else:
            yield name, key, body


def _transforms(root: Node) -> list[str]:
    node = root.get("Transform")
    if node is None:
        return []
    return [one.text for one in (node, *node.items) if one.shape is Shape.SCALAR and one.text]


def _tagged_by_globals(root: Node) -> set[str]:
    """The kinds of SAM to which its Globals give tags."""
    found = root.get("Globals")
    return {f"{SPEAKS_OF_ALL}{name}" for name, _key, body in found.pairs() if body.get("Tags")} if found else set()


def _resource(template: Template, name: str, line: int, kind: str, body: Node, *, is_tagged: bool) -> Row:
    properties = body.get("Properties")
    policy, replace_policy = body.get("DeletionPolicy"), body.get("UpdateReplacePolicy")
    return template.row(
        "resource",
        name,
        line,
        kind=kind,
        policy=_policy(policy),
        policy_line=policy.line if policy else None,
        replace_policy=_policy(replace_policy),
        has_tags=is_tagged or (_has_tags(properties) if properties else False),
        is_protected=bool(properties) and _is_protected(properties),
        in_cluster=bool(properties and properties.get("DBClusterIdentifier")),
        is_replica=bool(properties and properties.get("SourceDBInstanceIdentifier")),
        secrets=list(secrets_of(properties, template.engine)) if properties else [],
    )


def _policy(node: Node | None) -> str | None:
    if node is None:
        return None
    return node.text if node.shape is Shape.SCALAR and not node.tag else COMPUTED


def _has_tags(properties: Node) -> bool | None:
    """None where properties come from another file."""
    for name, _key, value in properties.pairs():
        if TAGS.match(name) and (value.items or value.text):
            return True
    return None if properties.get("Fn::Transform") or properties.shape is not Shape.MAPPING else False


def _is_protected(properties: Node | None) -> bool:
    names = ("DeletionProtection", "DeletionProtectionEnabled")
    found = [node for name in names if properties and (node := properties.get(name))]
    return any(node.shape is Shape.SCALAR and not node.tag and PROTECTING.fullmatch(node.text) for node in found)
