"""Which operation a request to an AWS endpoint asks for, told from the bytes on the wire."""

import io
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

import botocore.loaders

Environ = dict[str, Any]

SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
CBOR_PATH = re.compile(r"^/service/[^/]+/operation/(?P<operation>\w+)$")
BODY_LIMIT = 8 * 1024 * 1024

# Signing name → botocore's folder, where they differ and the service routes by path.
MODEL_NAMES = {"elasticfilesystem": "efs", "execute-api": "apigateway"}

# Signing name → how errors are written, where a service that routes by path does not speak JSON.
PROTOCOLS = {"s3": "s3", "s3control": "s3", "cloudfront": "query"}

# Signing name → IAM prefix, where they differ.
IAM_PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag", "email": "ses"}

# Operation → IAM action, where they differ (Service Authorization Reference).
IAM_ACTIONS = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "budgets:DescribeBudgets": "budgets:ViewBudget",
}


@dataclass(frozen=True)
class Asked:
    """One request, understood. `protocol` is how an error must be written: ec2, query, json, rest-json or s3."""

    service: str
    region: str
    operation: str
    protocol: str
    about: str  # path, query and body, unquoted: what the request names

    @property
    def action(self) -> str:
        """The IAM action that allows it."""
        named = f"{self.service}:{self.operation}"
        prefix = "s3" if self.service == "s3control" else IAM_PREFIXES.get(self.service, self.service)
        return IAM_ACTIONS.get(named, f"{prefix}:{self.operation}")


def understand(environ: Environ) -> Asked:
    """Read a WSGI request; its body can still be read afterwards. Unsigned and unknown parts are empty strings."""
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    service = scope["service"] if scope else ""
    region = scope["region"] if scope else ""
    path, query, body = environ.get("PATH_INFO", "/"), environ.get("QUERY_STRING", ""), _body(environ)
    if service == "s3" and path.startswith("/v20180820/"):
        service = "s3control"
    operation, protocol = _operation(service, environ, path, query, body)
    return Asked(service, region, operation, protocol, " ".join((unquote(path), unquote(query), unquote(body))))


def _body(environ: Environ) -> str:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 < length <= BODY_LIMIT:
        return ""
    data = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(data)
    return str(data.decode("utf-8", "replace"))


def _operation(service: str, environ: Environ, path: str, query: str, body: str) -> tuple[str, str]:
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return target.rpartition(".")[2], "json"
    if cbor := CBOR_PATH.match(path):
        return cbor["operation"], "json"
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(body).get("Action", [""])[0]
        if action:
            return action, "ec2" if service == "ec2" else "query"
    protocol = PROTOCOLS.get(service, "rest-json")
    return _routed(service, environ.get("REQUEST_METHOD", "GET"), path, query), protocol


@dataclass(frozen=True)
class Route:
    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    operation: str


def _routed(service: str, method: str, path: str, query: str) -> str:
    """The operation whose route fits best: most query keys first, then the fewest variables in its path."""
    asked = frozenset(parse_qs(query, keep_blank_values=True))
    fitting = [one for one in _routes(service) if one.method == method and one.query <= asked and one.path.match(path)]
    best = max(fitting, key=lambda one: (len(one.query), -one.path.groups), default=None)
    return best.operation if best else ""


@cache
def _descriptions() -> botocore.loaders.Loader:
    """One for all services: each looks through all of botocore's folders."""
    return botocore.loaders.create_loader()


@cache
def _routes(service: str) -> tuple[Route, ...]:
    try:
        model = _descriptions().load_service_model(MODEL_NAMES.get(service, service), "service-2")
    except botocore.exceptions.UnknownServiceError:
        return ()
    return tuple(_route(name, one["http"]) for name, one in model["operations"].items() if "http" in one)


def _route(operation: str, http: dict[str, Any]) -> Route:
    path, _, query = http["requestUri"].partition("?")
    pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.sub(r"\\\{\w+\\\+\\\}", "(.+)", re.escape(path)))
    keys = frozenset(parse_qs(query, keep_blank_values=True)) - {"x-id"}
    return Route(http["method"], re.compile(f"^{pattern}/?$"), keys, operation)
