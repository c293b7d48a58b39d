"""Whose tokens open a role."""

import pytest

from infra_audit.oidc_trust import GITHUB, oidc_trusts

EKS = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
AUDIENCE = {"StringEquals": {"aud": "sts.amazonaws.com"}}


def trust(issuer, *conditions, action="sts:AssumeRoleWithWebIdentity", effect="Allow"):
    """Claims are written without their issuer."""
    merged = {}
    for one in conditions:
        for operator, claims in one.items():
            full = {f"{issuer}:{claim}": value for claim, value in claims.items()}
            merged[operator] = {**merged.get(operator, {}), **full}
    provider = (
        issuer
        if issuer.endswith(".com") and "/" not in issuer and issuer != GITHUB
        else (f"arn:aws:iam::123456789012:oidc-provider/{issuer}")
    )
    return {"Effect": effect, "Principal": {"Federated": provider}, "Action": action, "Condition": merged}


def like(**claims):
    return {"StringLike": claims}


def equals(**claims):
    return {"StringEquals": claims}


NAMED = [
    (GITHUB, like(sub="repo:acme/shop:*")),
    (GITHUB, like(sub="repo:acme/*")),
    (GITHUB, equals(sub="repo:acme/shop:ref:refs/heads/main")),
    (GITHUB, equals(sub=["repo:acme/shop:environment:prod", "repo:acme/api:environment:prod"])),
    (GITHUB, like(sub="repository_owner:acme:*")),
    (GITHUB, like(sub="environment:prod:repo:acme/shop")),
    (GITHUB, like(sub="repository_owner_id:1234:repository_id:*")),
    (GITHUB, equals(sub="repo:*")),  # a literal star: fits nobody
    (GITHUB, equals(repository_id="123456")),
    (GITHUB, like(repository="acme/*")),
    (GITHUB, {"ForAnyValue:StringLike": {"sub": "repo:acme/shop:*"}}),
    (GITHUB, {"StringLikeIfExists": {"sub": "repo:acme/shop:*"}}),  # a token always has a subject
    ("gitlab.com", like(sub="project_path:acme/shop:ref_type:branch:ref:main")),
    ("app.terraform.io", like(sub="organization:acme:project:*:workspace:*:run_phase:*")),
    ("agent.buildkite.com", like(sub="organization:acme:pipeline:*")),
    ("oidc.vercel.com", like(sub="owner:acme:project:*")),
    ("accounts.google.com", equals(aud="1234.apps.googleusercontent.com")),
    ("cognito-identity.amazonaws.com", equals(aud="eu-west-1:0123"),
     {"ForAnyValue:StringLike": {"amr": "authenticated"}}),
    ("www.amazon.com", equals(app_id="amzn1.application-oa2-client.1")),
    (EKS, like(sub="system:serviceaccount:shop:*")),
    ("gitlab.acme.example", like(sub="project_path:*")),  # their own GitLab
    ("oidc.circleci.com/org/0123", equals(aud="0123")),
]  # fmt: skip
TOO_WIDE = [
    (GITHUB,),
    (GITHUB, like(sub="*")),
    (GITHUB, like(sub="repo:*")),
    (GITHUB, like(sub="repo:*/*:ref:refs/heads/main")),
    (GITHUB, like(sub="repo:*/shop:*")),
    (GITHUB, like(sub="repo:acme*")),  # acme-evil too
    (GITHUB, like(sub="repo:acme?/shop:*")),
    (GITHUB, like(sub=["repo:acme/shop:*", "repo:*"])),
    (GITHUB, like(sub="environment:prod*")),
    (GITHUB, equals(sub="environment:prod")),
    (GITHUB, equals(ref="refs/heads/main")),
    (GITHUB, {"StringNotLike": {"sub": "repo:evil/*"}}),
    (GITHUB, {"ForAllValues:StringLike": {"repository": "acme/*"}}),  # holds where the claim is misspelt or missing
    (GITHUB, like(repository="*/shop")),
    ("gitlab.com", like(sub="project_path:*:ref_type:branch:ref:main")),
    ("gitlab.com",),
    ("app.terraform.io", like(sub="organization:*:workspace:prod:*")),
    ("agent.buildkite.com", like(sub="organization:acme*")),
    ("accounts.google.com", like(aud="*")),
    ("cognito-identity.amazonaws.com", {"ForAnyValue:StringLike": {"amr": "authenticated"}}),
    ("graph.facebook.com",),
    (EKS,),
    (EKS, like(sub="system:serviceaccount:*:*")),
    (EKS, like(sub="*")),
    ("gitlab.acme.example", like(sub="*")),
]


@pytest.mark.parametrize("given", NAMED, ids=str)
def test_an_owner_is_named(given):
    issuer, *conditions = given

    [found] = oidc_trusts([trust(issuer, *conditions)])

    assert found.tenant == ""


@pytest.mark.parametrize("given", TOO_WIDE, ids=str)
def test_strangers_fit(given):
    issuer, *conditions = given
    audience = [] if "google" in issuer or "cognito" in issuer or issuer == "gitlab.acme.example" else [AUDIENCE]

    [found] = oidc_trusts([trust(issuer, *conditions, *audience)])

    assert found.tenant
    assert found.is_too_wide


def test_a_missing_audience_is_told_although_an_owner_is_named():
    [found] = oidc_trusts([trust(GITHUB, like(sub="repo:acme/shop:*"))])

    assert (found.tenant, found.has_audience, found.is_too_wide) == ("", False, True)


def test_owner_and_audience_are_enough():
    [found] = oidc_trusts([trust(GITHUB, like(sub="repo:acme/shop:*"), AUDIENCE)])

    assert not found.is_too_wide


def test_the_widest_statement_counts():
    narrow, wide = trust(GITHUB, like(sub="repo:acme/shop:*"), AUDIENCE), trust(GITHUB, AUDIENCE)

    assert [one.is_too_wide for one in oidc_trusts([narrow, wide])] == [True]


def test_a_deny_of_all_but_ones_own_repositories_counts():
    denial = trust(GITHUB, {"StringNotLike": {"sub": "repo:acme/*"}}, effect="Deny")

    [found] = oidc_trusts([trust(GITHUB, AUDIENCE), denial])

    assert not found.is_too_wide


@pytest.mark.parametrize(
    "statement",
    [
        trust(GITHUB, action="sts:TagSession"),
        trust(GITHUB, effect="Deny"),
        {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/acme"},
         "Action": ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]},
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
)  # fmt: skip
def test_what_opens_to_no_token_is_none(statement):
    assert oidc_trusts([statement]) == []
