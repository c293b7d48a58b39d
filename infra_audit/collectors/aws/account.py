"""What an account says of itself."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from infra_audit.collectors.aws.endings import NotApplicableError, error_code
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("iam.list_account_aliases", iam=("iam:ListAccountAliases",), is_global=True)
def list_account_aliases(reader: Reader) -> Iterator[Row]:
    """{alias}: at most one row."""
    for alias in reader.pages("iam", "list_account_aliases", "AccountAliases"):
        yield {"alias": alias}


@collector("organizations.describe_organization", iam=("organizations:DescribeOrganization",), is_global=True)
def describe_organization(reader: Reader) -> Iterator[Row]:
    """One row: {role: "management" / "member" / "standalone", payer: account id or None, organisation: id or None}.

    Every account of an organisation may ask this one thing; one without an organisation is told so.
    """
    try:
        found = reader.call("organizations", "describe_organization")["Organization"]
    except ClientError as error:
        if error_code(error) != "AWSOrganizationsNotInUseException":
            raise
        yield {"role": "standalone", "payer": None, "organisation": None}
        return
    role = "management" if found["MasterAccountId"] == reader.account else "member"
    yield {"role": role, "payer": found["MasterAccountId"], "organisation": found["Id"]}


@collector("iam.get_account_summary", iam=("iam:GetAccountSummary",), is_global=True)
def get_account_summary(reader: Reader) -> Iterator[Row]:
    """One row about the root user: {arn, mfa, has_keys, has_password}: bool; the last is None where it is not told."""
    told = reader.call("iam", "get_account_summary")["SummaryMap"]
    password = told.get("AccountPasswordPresent")
    yield {
        "arn": reader.account_arn,
        "mfa": bool(told["AccountMFAEnabled"]),
        "has_keys": bool(told["AccountAccessKeysPresent"]),
        "has_password": None if password is None else bool(password),
    }


@collector("iam.get_account_password_policy", iam=("iam:GetAccountPasswordPolicy",), is_global=True)
def get_account_password_policy(reader: Reader) -> Iterator[Row]:
    """One row: {arn, is_set, min_length, reuse_prevention, max_age_days}. Where none is set, AWS's own applies."""
    try:
        found = reader.call("iam", "get_account_password_policy")["PasswordPolicy"]
    except ClientError as error:
        if error_code(error) != "NoSuchEntity":
            raise
        found = {}
    yield {
        "arn": reader.account_arn,
        "is_set": bool(found),
        "min_length": found.get("MinimumPasswordLength"),
        "reuse_prevention": found.get("PasswordReusePrevention"),
        "max_age_days": found.get("MaxPasswordAge"),
    }


# What an account is told that may not ask, or has no organisation to ask of.
NOT_FOR_THIS_ACCOUNT = {
    "AccountNotManagementOrDelegatedAdministrator": "Only the organisation's management account is told.",
    "OrganizationNotFound": "The account belongs to no organisation.",
    "OrganizationNotInAllFeaturesMode": "The organisation shares a bill and nothing else.",
    "ServiceAccessNotEnabled": "The organisation has not switched on central care of root users.",
}


@collector("iam.list_organizations_features", iam=("iam:ListOrganizationsFeatures",), is_global=True)
def list_organizations_features(reader: Reader) -> Iterator[Row]:
    """One row: {root_credentials_removed: bool}: whether the organisation takes care of its members' root users."""
    try:
        features = reader.call("iam", "list_organizations_features").get("EnabledFeatures") or ()
    except ClientError as error:
        because = NOT_FOR_THIS_ACCOUNT.get(error_code(error).removesuffix("Exception"))
        if because is None:
            raise
        raise NotApplicableError(because) from error
    yield {"root_credentials_removed": "RootCredentialsManagement" in features}


@collector("ec2.describe_regions", iam=("ec2:DescribeRegions",), is_global=True)
def describe_regions(reader: Reader) -> Iterator[Row]:
    """{region, enabled: bool}: also the regions that this account has not switched on."""
    for one in reader.pages("ec2", "describe_regions", "Regions", AllRegions=True):
        yield {"region": one["RegionName"], "enabled": one.get("OptInStatus") != "not-opted-in"}
