"""What an account says of itself."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from infra_audit.collectors.aws.endings import error_code
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


@collector("ec2.describe_regions", iam=("ec2:DescribeRegions",), is_global=True)
def describe_regions(reader: Reader) -> Iterator[Row]:
    """{region, enabled: bool}: also the regions that this account has not switched on."""
    for one in reader.pages("ec2", "describe_regions", "Regions", AllRegions=True):
        yield {"region": one["RegionName"], "enabled": one.get("OptInStatus") != "not-opted-in"}
