"""What an error from AWS means for the unit or the resource that was being read.

An AWS refusal says which action was missing and, mostly, which kind of policy denied it. Both are kept, because "ask
your administrator to allow X in the service control policy" is worth more than "access denied".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from infra_audit.inventory import Ending

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedFault",
        "AuthorizationError",
        "AuthorizationErrorException",
        "AllAccessDisabled",
        "Client.UnauthorizedOperation",
        "Forbidden",
        "403",
        "NotAuthorized",
        "NotAuthorizedException",
        "UnauthorizedAccess",
        "UnauthorizedException",
        "UnauthorizedOperation",
    }
)
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
NOT_ENABLED = frozenset({"AWSOrganizationsNotInUseException", "NotSignedUp", "SubscriptionRequiredException"})
UNSUPPORTED = frozenset(
    {"InvalidAction", "NotImplemented", "UnknownOperationException", "UnsupportedOperationException", "501"}
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
BAD_SIGNATURE = frozenset({"RequestTimeTooSkewed", "SignatureDoesNotMatch"})
# How a region that the account has not switched on, or no longer, answers those who are known everywhere else. What is
# in such a region stays there and costs what it did, so it must never read as empty.
# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
NOT_KNOWN_HERE = frozenset(
    {
        "AuthFailure",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "OptInRequired",
        "RegionDisabledException",
        "UnrecognizedClientException",
    }
)

# AWS's own words for the kind of policy → ours.
POLICIES = {
    "identity-based policy": "identity policy",
    "service control policy": "service control policy",
    "resource control policy": "resource control policy",
    "permissions boundary": "permissions boundary",
    "resource-based policy": "resource policy",
    "session policy": "session policy",
    "VPC endpoint policy": "VPC endpoint policy",
}
UNKNOWN_POLICY = "unknown"

# Where the IAM action is not named like the operation; of several, the one that the collector declares first counts.
ACTIONS = {
    "DescribeBudgets": ("budgets:ViewBudget",),
    "GetBucketEncryption": ("s3:GetEncryptionConfiguration",),
    "GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration",),
    "GetBucketReplication": ("s3:GetReplicationConfiguration",),
    "GetPublicAccessBlock": ("s3:GetBucketPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
    "GetResources": ("tag:GetResources",),
    "HeadBucket": ("s3:ListBucket",),
    "ListBuckets": ("s3:ListAllMyBuckets",),
}

_ACTION = re.compile(r"not authorized to perform:? (?P<action>[\w-]+:\w+)")
_POLICY = re.compile("|".join(re.escape(words) for words in POLICIES))
_LEFTOVERS = re.compile(r"\s*Encoded authorization failure message:.*", re.DOTALL)


class CollectorNoteError(Exception):
    """A collector itself says how its unit ends; the text becomes the unit's message."""

    ending = Ending.ERROR


class NotApplicableError(CollectorNoteError):
    """The partition or region has no such thing."""

    ending = Ending.NOT_APPLICABLE


class UnsupportedByEndpointError(CollectorNoteError):
    """The endpoint (an emulator) does not know the operation."""

    ending = Ending.UNSUPPORTED


# What a call may raise that a collector may answer with `reader.miss`.
READ_ERRORS = (BotoCoreError, ClientError, ResponseParserError, UnsupportedByEndpointError)


class NotReadOnlyError(Exception):
    """An operation that could change something was asked for: a bug in a collector. It was not sent."""


@dataclass(frozen=True)
class Outcome:
    """How a unit or a resource ended; `message` is one sentence."""

    ending: Ending
    message: str = ""
    iam_action: str | None = None
    denied_by: str | None = None


def outcome_of(error: Exception, declared: Iterable[str] = (), *, emulated: bool = False) -> Outcome:
    """Say what the error means. `declared` are the collector's IAM actions; `emulated`: the endpoint is not AWS's."""
    if isinstance(error, CollectorNoteError):
        return Outcome(error.ending, str(error))
    if isinstance(error, ClientError):
        return _of_answer(error, tuple(declared), emulated)
    if isinstance(error, ResponseParserError) and emulated:
        return Outcome(Ending.UNSUPPORTED, "The endpoint does not know this operation.")
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return Outcome(Ending.ERROR, "The endpoint did not answer in time.")
    if isinstance(error, EndpointConnectionError | HTTPClientError):
        return Outcome(Ending.ERROR, "The endpoint could not be reached.")
    if isinstance(error, NoCredentialsError):
        return Outcome(Ending.ERROR, "There were no credentials any more.")
    if isinstance(error, BotoCoreError):
        return Outcome(Ending.ERROR, one_line(str(error)))
    return Outcome(Ending.ERROR, f"The answer was not as expected ({type(error).__name__}).")


def _of_answer(error: ClientError, declared: tuple[str, ...], emulated: bool) -> Outcome:
    code, text = error_code(error), error.response.get("Error", {}).get("Message") or ""
    if code in DENIED:
        action = _ACTION.search(text)
        policy = _POLICY.search(text)
        return Outcome(
            Ending.DENIED,
            one_line(_LEFTOVERS.sub("", text)),
            action["action"] if action else action_of(error.operation_name, declared),
            POLICIES[policy[0]] if policy else UNKNOWN_POLICY,
        )
    if code in THROTTLED:
        return Outcome(Ending.THROTTLED, "AWS kept asking us to slow down.")
    if code in NOT_ENABLED:
        return Outcome(Ending.NOT_ENABLED, one_line(text))
    if code in UNSUPPORTED or (emulated and is_page(text)):
        return Outcome(Ending.UNSUPPORTED, "The endpoint does not know this operation.")
    return Outcome(Ending.ERROR, _of_credentials(code) or one_line(f"{code}: {text}"))


def _of_credentials(code: str) -> str:
    """What is wrong with them; "" where it is something else."""
    if code in EXPIRED:
        return f"The credentials ran out while we were reading ({code})."
    if code in BAD_SIGNATURE:
        return f"AWS refused the signature ({code}): this machine's clock may be wrong."
    if code in NOT_KNOWN_HERE:
        return f"The credentials are not accepted here ({code}); the region may be switched off."
    return ""


def action_of(operation: str, declared: tuple[str, ...]) -> str | None:
    """The declared action that this operation needs, where that can be told."""
    for action in ACTIONS.get(operation, ()):
        if action in declared:
            return action
    for action in declared:
        if action.partition(":")[2] == operation:
            return action
    return declared[0] if len(declared) == 1 else None


def error_code(error: Exception) -> str:
    """AWS's code; "" where AWS did not answer."""
    return str(error.response.get("Error", {}).get("Code") or "") if isinstance(error, ClientError) else ""


def is_page(text: str) -> bool:
    """True for an HTML page: how emulators answer what they lack, and what something that is no AWS answers."""
    return text.lstrip().lower().startswith(("<!doctype", "<html"))


def one_line(text: str, limit: int = 300) -> str:
    """The text on one line, cut at `limit` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
