"""repo.infrastructure: what defines infrastructure in this repository, one row a kind.

Rows: kind ("Terraform", "CloudFormation", …), path (the first file that proves it), files (how many do).
Tests, fixtures, documentation, examples and other people's code prove nothing.
"""

import re

from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Row, Unread
from infra_audit.secrets.paths import PathClass, path_class

MOST_BYTES = 1024 * 1024
BY_PATH = (
    ("Terragrunt", re.compile(r"(?:^|/)(?:terragrunt|root)\.hcl$")),
    ("Terraform", re.compile(r"\.(?:tf|tofu|tf\.json)$")),
    ("AWS CDK", re.compile(r"(?:^|/)cdk\.json$")),
    ("CDK for Terraform", re.compile(r"(?:^|/)cdktf\.json$")),
    ("Pulumi", re.compile(r"(?:^|/)pulumi\.ya?ml$")),
    ("Helm", re.compile(r"(?:^|/)(?:chart\.ya?ml|helmfile\.ya?ml)$")),
    ("Kustomize", re.compile(r"(?:^|/)kustomization\.ya?ml$")),
    ("Ansible", re.compile(r"(?:^|/)(?:ansible\.cfg|roles/[^/]+/tasks/main\.ya?ml|(?:group|host)_vars/.+)$")),
    ("Serverless Framework", re.compile(r"(?:^|/)serverless\.(?:ya?ml|json|ts|js)$")),
    ("SST", re.compile(r"(?:^|/)sst\.config\.(?:ts|js)$")),
    ("Packer", re.compile(r"\.pkr\.hcl$")),
    ("Bicep", re.compile(r"\.bicep$")),
    ("Elastic Beanstalk", re.compile(r"(?:^|/)\.ebextensions/.+\.config$")),
    ("AWS Copilot", re.compile(r"(?:^|/)copilot/[^/]+/manifest\.ya?ml$")),
    ("Puppet", re.compile(r"(?:^|/)manifests/.+\.pp$")),
    ("Chef", re.compile(r"(?:^|/)(?:cookbooks/[^/]+/recipes/.+\.rb|metadata\.rb/berksfile)$")),
)
DOCUMENT = re.compile(r"\.(?:ya?ml|json|template)$")
BY_CONTENT = (
    ("AWS SAM", re.compile(rb"""^["'\s{]*Transform["']?\s*:\s*["'\[\s-]*AWS::Serverless""", re.MULTILINE)),
    ("CloudFormation", re.compile(rb"""AWSTemplateFormatVersion|["']?Type["']?\s*:\s*["']?AWS::[A-Za-z0-9]+::""")),
    (
        "Kubernetes",
        re.compile(rb"^apiVersion:\s*\S+[\s\S]{0,2000}?^kind:\s*[A-Z]|^kind:\s*[A-Z][\s\S]{0,2000}?^apiVersion:", re.M),
    ),
    ("Ansible", re.compile(rb"^-\s+(?:name:.*\n\s+)?hosts:\s*\S", re.MULTILINE)),
)
PROVES_NOTHING = frozenset(PathClass) - {PathClass.CODE}


def read(repository: OpenRepository) -> Reading:
    kinds: dict[str, Row] = {}
    for file in repository.tree:
        if file.is_regular and counts(file.path) and (kind := kind_by_path(file.path)):
            _note(kinds, kind, file.path)
    unread: list[Unread] = []
    for path, data in repository.text_files(_is_document, most_bytes=MOST_BYTES, unread=unread):
        if kind := kind_by_content(data):
            _note(kinds, kind, path)
    return Reading(tuple(kinds[kind] for kind in sorted(kinds)))  # a document past the limit is data, not a definition


def counts(path: str) -> bool:
    """Whether the file is the client's own and in use, as far as its path tells."""
    return path_class(path) not in PROVES_NOTHING


def kind_by_path(path: str) -> str | None:
    """What a file's name alone proves."""
    return next((kind for kind, pattern in BY_PATH if pattern.search(path.lower())), None)


def kind_by_content(data: bytes) -> str | None:
    """What a YAML or JSON document proves by its content."""
    return next((kind for kind, pattern in BY_CONTENT if pattern.search(data)), None)


def _is_document(path: str) -> bool:
    return bool(DOCUMENT.search(path.lower())) and counts(path) and kind_by_path(path) is None


def _note(kinds: dict[str, Row], kind: str, path: str) -> None:
    row = kinds.setdefault(kind, {"kind": kind, "path": path, "files": 0})
    row["files"] += 1
