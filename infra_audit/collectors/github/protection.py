"""github.branch_protection: one row on the default branch, none where there is no commit yet.

branch, is_archived, is_protected, by (["branch protection", "ruleset"]: what protects it), reviews (how many approvals
a change takes). `is_protected` and `reviews` are None where what was read does not tell; the unit is partial then.
"""

from dataclasses import dataclass
from typing import Any

from infra_audit.collectors.github.reading import METADATA, OnGitHub, Told, partly
from infra_audit.github.refusals import RefusedError
from infra_audit.inventory import Ending, Row

CONTENTS, ADMINISTRATION = "Contents: read", "Administration: read"
CLASSIC, RULESET = "branch protection", "ruleset"
NO_BRANCH, NOT_PROTECTED = "branch not found", "branch not protected"
NOT_FOUND = 404
MOST_RULES = 500
# Rules that keep a change or a deletion out. Those on names and messages guard nothing.
GUARDS = frozenset(
    {
        "deletion",
        "merge_queue",
        "non_fast_forward",
        "pull_request",
        "required_deployments",
        "required_status_checks",
        "update",
        "workflows",
    }
)


@dataclass(frozen=True)
class Source:
    """One of the two ways to protect a branch: whether it does, and how many approvals it asks for. None: not told."""

    protects: bool | None
    reviews: int | None


ABSENT = Source(protects=False, reviews=0)
NOT_TOLD = Source(protects=None, reviews=None)


def read(on: OnGitHub) -> Told:
    refusals: list[RefusedError] = []
    flag = _flag(on, refusals)
    if flag is _NO_BRANCH:
        return Told((), message="It has no commit yet.")
    rules = _rules(on, refusals, may_read=flag is not None)
    classic = _classic(on, refusals)
    refusals.reverse()  # what an administrator may ask decides most
    if classic == NOT_TOLD and flag is False:
        classic = ABSENT
    row = _row(on, {CLASSIC: classic, RULESET: rules}, flagged=flag is True)
    undecided = None in (row["is_protected"], row["reviews"])
    return partly((row,), [one for one in refusals if one.ending is not Ending.NOT_APPLICABLE] if undecided else [])


_NO_BRANCH = object()


def _flag(on: OnGitHub, refusals: list[RefusedError]) -> Any:
    """Whether GitHub calls the branch protected, which takes no administrator to ask; None where it is not told."""
    try:
        branch = on.github.get(on.path("branches", on.branch), permission=CONTENTS).data
    except RefusedError as refusal:
        if refusal.said == NO_BRANCH:
            return _NO_BRANCH
        _note(refusal, refusals)
        return None
    return branch.get("protected") if isinstance(branch, dict) else None


def _rules(on: OnGitHub, refusals: list[RefusedError], *, may_read: bool) -> Source:
    """The rules of all active rulesets, the organisation's included. Older servers know of none: whoever may read the
    branch may read its rules, so there "Not Found" is that."""
    path = on.path("rules", "branches", on.branch)
    try:
        rules = on.github.rows(path, most=MOST_RULES, permission=METADATA).rows
    except RefusedError as refusal:
        if refusal.ending is Ending.NOT_APPLICABLE or (may_read and refusal.status == NOT_FOUND):
            return ABSENT
        _note(refusal, refusals)
        return NOT_TOLD
    asked = [_approvals(rule.get("parameters")) for rule in rules if rule.get("type") == "pull_request"]
    return Source(any(rule.get("type") in GUARDS for rule in rules), max(asked, default=0))


def _classic(on: OnGitHub, refusals: list[RefusedError]) -> Source:
    try:
        told = on.github.get(on.path("branches", on.branch, "protection"), permission=ADMINISTRATION).data
    except RefusedError as refusal:
        if refusal.said == NOT_PROTECTED or refusal.ending is Ending.NOT_APPLICABLE:
            return ABSENT
        _note(refusal, refusals)
        return NOT_TOLD
    return Source(protects=True, reviews=_approvals(told.get("required_pull_request_reviews")))


def _note(refusal: RefusedError, refusals: list[RefusedError]) -> None:
    """Raises it where going on would only be refused again."""
    if refusal.ending is Ending.THROTTLED:
        raise refusal
    refusals.append(refusal)


def _approvals(said: Any) -> int:
    return int(said.get("required_approving_review_count") or 0) if isinstance(said, dict) else 0


def _row(on: OnGitHub, sources: dict[str, Source], *, flagged: bool) -> Row:
    told = [one for one in sources.values() if one != NOT_TOLD]
    reviews = max((one.reviews or 0 for one in told), default=0)
    is_all = len(told) == len(sources)
    by = [name for name, one in sources.items() if one.protects]
    return {
        "arn": on.arn,
        "branch": on.branch,
        "is_archived": on.is_archived,
        "is_protected": True if by or flagged else False if is_all else None,
        "by": by,
        "reviews": reviews if reviews or is_all else None,
    }
