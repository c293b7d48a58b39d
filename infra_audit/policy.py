"""The IAM policy that lets us read what the collectors read, and nothing else."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from infra_audit.collectors.aws.sessions import SESSION_NAME
from infra_audit.collectors.registry import Consent, collectors
from infra_audit.organisations import LIST_ACCOUNTS
from infra_audit.state_objects import StateObject

READ_OBJECT = "s3:GetObject"
DECRYPT = "kms:Decrypt"
# Refused whatever else allows it: what is inside, as opposed to what there is.
#
# Parameters: the default key of Parameter Store (aws/ssm) lets every principal of an account decrypt, so a role that
# may read parameters could read the encrypted ones too, and no condition key tells plain from encrypted. All four ways
# to a value are therefore refused, and so is decrypting. With consent to configuration exactly one way opens,
# GetParameters, for the names that the list says are plain; decrypting stays refused, and as a refusal in the caller's
# own policy outweighs what a key's policy allows, an encrypted value could come back encrypted or not at all.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-restrict-decryption.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
NEVER_ALLOWED = (
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ec2:GetPasswordData",
    "kms:Decrypt",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "sqs:ReceiveMessage",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
)

OPENED_BY_CONSENT = frozenset({"ssm:GetParameters"})  # whatever else a collector asked for stays refused


def policy(
    *,
    metadata_only: bool = False,
    states: Sequence[StateObject] = (),
    partition: str = "aws",
    lists_organisation: bool = False,
) -> dict[str, Any]:
    """A policy document in JSON types. `metadata_only` leaves out what may show configuration that holds secrets;
    `lists_organisation` is for the management account, where the other accounts are to be found.

    `states` are the Terraform states that the client agreed to have read: exactly these objects, and nothing else of
    what is refused, become readable. With `metadata_only` there are none.
    """
    metadata = _actions({Consent.METADATA})
    configuration = _actions({Consent.CONFIGURATION}) - metadata
    statements = [_statement("ReadMetadata", "Allow", metadata)]
    if configuration and not metadata_only:
        statements.append(_statement("ReadConfiguration", "Allow", configuration))
    if lists_organisation:
        statements.append(_statement("ListTheOrganisation", "Allow", [LIST_ACCOUNTS]))
    never = denied(metadata_only=metadata_only)
    if states and not metadata_only:
        statements.extend(_for_states(states, partition, never))
    else:
        statements.append(_statement("NeverReadWhatIsInside", "Deny", never))
    return {"Version": "2012-10-17", "Statement": statements}


def denied(*, metadata_only: bool = False) -> tuple[str, ...]:
    """What the role is refused by name: all of it, but for what a collector may use by the client's consent."""
    used = set() if metadata_only else _actions(set(Consent))
    return tuple(action for action in NEVER_ALLOWED if action not in OPENED_BY_CONSENT & used)


def _for_states(states: Sequence[StateObject], partition: str, never: Sequence[str]) -> list[dict[str, Any]]:
    """Opens the named objects, and what decrypts them; refuses the rest as ever.

    S3 names the object, or with bucket keys the bucket, when it asks for decryption; without such a name the negated
    condition holds, and the refusal with it. Of other objects in these buckets nothing can be read to be decrypted.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    objects = sorted({one.arn(partition) for one in states})
    buckets = sorted({one.bucket_arn(partition) for one in states})
    context = {"kms:EncryptionContext:aws:s3:arn": [name for one in buckets for name in (one, f"{one}/*")]}
    others = [action for action in never if action not in {READ_OBJECT, DECRYPT}]
    return [
        {"Sid": "ReadNamedStates", "Effect": "Allow", "Action": [READ_OBJECT], "Resource": objects},
        _statement("DecryptNamedStates", "Allow", [DECRYPT]) | {"Condition": {"StringLike": context}},
        _statement("NeverReadWhatIsInside", "Deny", others),
        {"Sid": "NeverReadOtherObjects", "Effect": "Deny", "Action": [READ_OBJECT], "NotResource": objects},
        _statement("NeverDecryptAnythingElse", "Deny", [DECRYPT]) | {"Condition": {"StringNotLike": context}},
    ]


def _actions(tiers: set[Consent]) -> set[str]:
    return {action for one in collectors().values() if one.consent in tiers for action in one.iam}


def _statement(name: str, effect: str, actions: Iterable[str]) -> dict[str, Any]:
    return {"Sid": name, "Effect": effect, "Action": sorted(actions), "Resource": "*"}


def trust_policy(*, principal: str, external_id: str, until: date) -> dict[str, Any]:
    """Who may take on the role: one principal, with the external ID, under our session's name, until the day given.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    conditions = {
        "StringEquals": {"sts:ExternalId": external_id, "sts:RoleSessionName": SESSION_NAME},
        "DateLessThan": {"aws:CurrentTime": f"{until:%Y-%m-%d}T00:00:00Z"},
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
        "Condition": conditions,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
