"""Roles that an identity provider's tokens open: whose tokens?

A provider that many companies share signs everybody's tokens, so the trust policy must name whose are meant. The rules
follow each provider's own page on AWS, and what AWS has come to demand of new roles:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from infra_audit.policy_documents import NEGATIVE, Condition, Document, Statement, read_statements

ACTION = "sts:assumerolewithwebidentity"
GITHUB = "token.actions.githubusercontent.com"
UNTIL_A_WILDCARD = re.compile(r"[^*?]*")
LIKE = frozenset({"stringlike", "stringnotlike"})


def _starts(words: str) -> re.Pattern[str]:
    return re.compile(words)


@dataclass(frozen=True)
class Shared:
    """A provider that many companies share. `claims`: each by itself names an owner if its fixed beginning fits.

    `tenant` says whose tokens come in where nothing names an owner.
    """

    tenant: str
    claims: dict[str, re.Pattern[str]] = field(default_factory=dict)
    needs_audience: bool = True


ANY = _starts(r".+")
OF_GITHUB = r"(repo|repository|job_workflow_ref):[^/:]+/|repository_owner:[^/:]+(:|$)"
SHARED = {
    GITHUB: Shared(
        "any repository on GitHub",
        {
            # Whoever customised the subject may have put other claims first.
            "sub": _starts(rf"(^|.*:)({OF_GITHUB}|(repository_id|repository_owner_id|enterprise(_id)?):[^:]+(:|$))"),
            "repository": _starts(r"[^/]+/"),
            "job_workflow_ref": _starts(r"[^/]+/"),
            "repository_id": ANY,
            "enterprise_id": ANY,
            "actor": ANY,
            "actor_id": ANY,
        },
    ),
    "gitlab.com": Shared("any project on GitLab", {"sub": _starts(r"project_path:[^/:]+/")}),
    "app.terraform.io": Shared("any workspace of HCP Terraform", {"sub": _starts(r"organization:[^:]+:")}),
    "agent.buildkite.com": Shared("any pipeline of Buildkite", {"sub": _starts(r"organization:[^:]+:")}),
    "oidc.vercel.com": Shared("any project on Vercel", {"sub": _starts(r"owner:[^:]+:")}),
    "accounts.google.com": Shared(
        "any Google account", {"aud": ANY, "oaud": ANY, "sub": ANY, "email": ANY}, needs_audience=False
    ),
    "cognito-identity.amazonaws.com": Shared("any identity pool of any account", {"aud": ANY}),
    "www.amazon.com": Shared("any app of Login with Amazon", {"app_id": ANY}, needs_audience=False),
    "graph.facebook.com": Shared("any app of Facebook", {"app_id": ANY}, needs_audience=False),
}


@dataclass(frozen=True)
class OidcTrust:
    """How a role trusts one provider. `tenant`: whose tokens open it ("" where an owner is named)."""

    issuer: str
    tenant: str
    is_shared: bool
    has_audience: bool
    subjects: tuple[str, ...]

    @property
    def is_too_wide(self) -> bool:
        return bool(self.tenant) or not self.has_audience


def oidc_trusts(trust: Iterable[Document]) -> list[OidcTrust]:
    """Each provider whose tokens a role's trust policy takes, the widest statement of each, in order."""
    found: dict[str, OidcTrust] = {}
    for one in _trusts(read_statements(trust)):
        if one.issuer not in found or _width(one) > _width(found[one.issuer]):
            found[one.issuer] = one
    return list(found.values())


def _width(one: OidcTrust) -> tuple[bool, bool]:
    return bool(one.tenant), not one.has_audience


def _trusts(statements: tuple[Statement, ...]) -> Iterator[OidcTrust]:
    denied = [turned for one in statements if not one.allows and one.covers(ACTION) for turned in _turned(one)]
    for one in statements:
        if one.allows and one.covers(ACTION):
            for principal in one.principals:
                if principal.kind == "Federated" and (issuer := issuer_of(principal.value)):
                    yield _trust(issuer, [*one.conditions, *denied])


def _turned(denial: Statement) -> Iterator[Condition]:
    """A Deny of all tokens but some demands what an Allow of those would."""
    if len(denial.conditions) == 1 and (only := denial.conditions[0]).operator in NEGATIVE and not only.each:
        yield replace(only, operator=only.operator.replace("not", "", 1), if_exists=False)


def issuer_of(principal: str) -> str:
    """A provider's host and path; "" for what is no such provider (a SAML one)."""
    if principal.startswith("arn:"):
        return principal.partition(":oidc-provider/")[2].lower()
    return principal.lower() if "." in principal else ""


def _trust(issuer: str, conditions: list[Condition]) -> OidcTrust:
    claims = [replace(one, key=one.key.removeprefix(f"{issuer}:")) for one in conditions if _is_of(issuer, one)]
    shared = SHARED.get(issuer)
    subject = [one for one in claims if one.key == "sub"]
    return OidcTrust(
        issuer=issuer,
        tenant=_tenant(issuer, shared, claims),
        is_shared=shared is not None,
        has_audience=any(one.key == "aud" and _is_demanded(one) for one in claims)
        or (shared is not None and not shared.needs_audience),
        subjects=tuple(value for one in subject for value in one.values),
    )


def _is_of(issuer: str, condition: Condition) -> bool:
    return condition.key.startswith(f"{issuer}:")


def _is_demanded(condition: Condition) -> bool:
    """Every token has a subject and an audience, so that "if it exists" changes nothing for them."""
    always_there = condition.key in {"sub", "aud"}
    positive = condition.operator in {"stringequals", "stringequalsignorecase", "stringlike"}
    lax = condition.if_exists or condition.each == "forallvalues"
    return positive and (always_there or not lax) and not any(_is_open(condition, one) for one in condition.values)


def _is_open(condition: Condition, value: str) -> bool:
    return condition.operator in LIKE and not value.strip("*?:/")


def _tenant(issuer: str, shared: Shared | None, claims: list[Condition]) -> str:
    if shared:
        named = any(_is_demanded(one) and _names_owner(one, shared.claims.get(one.key)) for one in claims)
        return "" if named else shared.tenant
    narrowed = any(_is_demanded(one) and (one.key != "aud" or not issuer.startswith("oidc.eks.")) for one in claims)
    if narrowed and not any(_fits_any_workload(one) for one in claims):
        return ""
    return "any workload of the cluster" if issuer.startswith("oidc.eks.") else f"anybody with a token of {issuer}"


def _fits_any_workload(condition: Condition) -> bool:
    """Kubernetes: `system:serviceaccount:*:*` and the like name neither namespace nor account."""
    return condition.operator in LIKE and any(
        value.startswith("system:serviceaccount:") and not value.removeprefix("system:serviceaccount:").strip("*?:")
        for value in condition.values
    )


def _names_owner(condition: Condition, wanted: re.Pattern[str] | None) -> bool:
    """Every value must name one: where several are given, any of them opens."""
    if wanted is None:
        return False
    if condition.operator not in LIKE:
        # A star is no wildcard there: what has one fits no token.
        return all("*" in value or wanted.match(value) for value in condition.values)
    return all(
        wanted.match(_fixed(value)) and (wanted is not ANY or _fixed(value) == value) for value in condition.values
    )


def _fixed(value: str) -> str:
    """Up to the first wildcard."""
    found = UNTIL_A_WILDCARD.match(value)
    return found[0] if found else ""
