"""Providers' own patterns (GitHub, Slack, Stripe, … some 480), by kingfisher, in this process.

Only its scanner is used, which is offline. Its parts that would contact a provider are never imported.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Lock

from kingfisher_sdk import Finding, Rules, Scanner
from kingfisher_sdk.inputs import ScanInput

from infra_audit.secrets.detection import Confidence, Match
from infra_audit.secrets.paths import PathClass, path_class
from infra_audit.secrets.values import is_placeholder, is_stand_in

ENGINE = "kingfisher"
RULE_CACHE = Path(__file__).resolve().parents[2] / "var" / "cache" / "secret-rules"  # compiling takes 4 s without it
# A few rules ask for such a path; for all others a path would only switch rules off (lock files, node_modules).
WANTS_PATH = re.compile(
    r"\.(?:tf|hcl|ya?ml|php)$|nuget\.config$|\.git-credentials$|\.git/config$|_history$", re.IGNORECASE
)
GENERAL = frozenset(
    {
        *("generic-credential-uri", "curl-auth-user", "curl-auth-header", "hashicorp-tf-password"),
        *("nuget-config-password", "mongodb-connection-string", "sidekiq-sensitive-url"),
    }
)
PUBLIC = re.compile(
    r"(?:client-id|application-id|app-id|account-id|access-id|-pub-key|public-key|public-api-token|jfrog-url|"
    r"project-url|instance-url|rest-url)(?:\.\d)?$"
)
# Ours pairs it with its id; ours tells what of a Kubernetes Secret is one.
OWN_BETTER = frozenset({"aws-secret-access-key", "kubernetes-secret-yaml"})


def _password_of(address: str) -> str:
    return address.partition("://")[2].rpartition("@")[0].partition(":")[2]


# A rule that catches more than the secret, and what of it the secret is.
INSIDE: dict[str, Callable[[str], str]] = {
    "generic-credential-uri": _password_of,
    "mongodb-connection-string": _password_of,
    "sidekiq-sensitive-url": _password_of,
    "curl-auth-user": lambda value: value.strip("\"'").partition(":")[2],
}
# A rule that catches but a piece of an address that is a secret as a whole.
PIECES = frozenset({"microsoft-teams-webhook"})
REACH = 500  # bytes of such an address on either side
ADDRESS = re.compile(rb"""https?://[^\s"'`<>]+""")
ACRONYMS = {
    **{
        word.lower(): word
        for word in ("AWS", "API", "GCP", "JWT", "CI", "CICD", "URL", "SDK", "SCIM", "OAuth", "IBM", "STS")
    },
    **{
        word.lower(): word
        for word in ("GitHub", "GitLab", "DigitalOcean", "OpenAI", "PyPI", "npm", "Docker", "YAML", "SendGrid")
    },
    "pat": "personal access token",
    "tf": "Terraform",
    "hashicorp": "HashiCorp",
    "id": "id",
    "uri": "address",
    "npmjsaccesstoken": "npm access token",
    "rrt": "runner registration token",
    "ptt": "pipeline trigger token",
}
_building = Lock()


@cache
def _build() -> Scanner:
    return Scanner(Rules(cache_dir=RULE_CACHE))


def scanner() -> Scanner:
    """One compiled scanner a process. Threads may share it."""
    with _building:
        return _build()


def matches(data: bytes, path: str = "") -> Iterator[Match]:
    """Every provider rule's hit in a text. Names that are public by design (client ids) are left out."""
    ours = path_class(path) not in {PathClass.LOCK, PathClass.VENDORED}
    if ours and WANTS_PATH.search(path):
        found = scanner().scan_input(ScanInput(path=path.encode("utf-8", "replace").decode(), data=data))
    else:
        found = scanner().scan(data)
    for finding in found:
        rule = finding.rule_id.split(".", 1)[-1].split("/")[-1]
        if finding.visible and (match := _match(rule, finding)):
            yield _whole_address(match, data) if rule in PIECES else match


def _match(rule: str, finding: Finding) -> Match | None:
    value = INSIDE.get(rule, str)(finding.secret).strip("\"'`")
    if not value or rule in OWN_BETTER or PUBLIC.search(rule):
        return None
    general = rule in GENERAL
    if general and (is_placeholder(value) or is_stand_in(value)):
        return None
    where = finding.location
    return Match(
        rule=rule,
        title=title_of(rule),
        value=value,
        start=where["start_offset"],
        end=where["end_offset"],
        engine=ENGINE,
        rank=3 if general else 0,
        confidence=Confidence(finding.confidence),
        reason="" if finding.confidence == "high" else "the pattern is a general one",
        kind="password" if general else "secret",
    )


def _whole_address(match: Match, data: bytes) -> Match:
    for hit in ADDRESS.finditer(data, max(0, match.start - REACH), match.end + REACH):
        if hit.start() <= match.start < hit.end():
            return replace(match, value=hit[0].decode("latin-1"), start=hit.start(), end=hit.end())
    return match


def title_of(rule: str) -> str:
    """A rule's id in words: `github-pat` gives "GitHub personal access token"."""
    words = [ACRONYMS.get(word, word) for word in re.sub(r"\.\d+$", "", rule).split("-")]
    title = " ".join(words)
    return title if title[:3] in {"npm"} else title[:1].upper() + title[1:]
