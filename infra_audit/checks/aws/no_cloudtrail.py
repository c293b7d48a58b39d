from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import EXAMPLE_ACCOUNT, Inventory, Row
from infra_audit.payers import ORGANISATION, Member, member_at, organisation_of
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

TRAILS = "cloudtrail.describe_trails"
ALONE = {"role": "standalone", "payer": None, "organisation": None}
MAIN: Row = {
    "arn": "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main",
    "type": "cloudtrail:trail",
    "name": "main",
    "owner": "123456789012",
    "multi_region": True,
    "of_organisation": False,
    "delivery_error": None,
}


@check(
    id="no_cloudtrail",
    title="Nothing records who did what in the account",
    headline="{n} of {m} accounts do not record everywhere who did what",
    good_news="All {m} accounts record who did what, in every region.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="After a break-in or a mistake nobody could tell what was done, by whom, and what else they touched.",
    action="Record who does what, in every region",
    consequence="a break-in could not be reconstructed",
    needs=(TRAILS,),
    consults=(ORGANISATION,),
    iam=("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "organizations:DescribeOrganization"),
    remedy="Make one trail for all regions, with log file validation, into a bucket that only a few may read and none"
    " may delete from; for an organisation, one trail in its management account.",
    source="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-create-and-update-a-trail.html",
    bad={TRAILS: [{**MAIN, "logging": False}], ORGANISATION: [ALONE]},
    good={TRAILS: [{**MAIN, "logging": True}], ORGANISATION: [ALONE]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def no_cloudtrail(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A trail of the organisation's covers its members where one sees that it records, or where the same run read it
    at its owner; else only the owner can tell.

    AWS's own history of 90 days is no record: it cannot be kept, and holds no reads of data.
    """
    place = inventory.units(TRAILS)[0].place
    account = f"arn:{place.partition}:iam::{place.account}:root"
    trails = [_as_its_owner_knows(one, inventory) for one in inventory[TRAILS] if one["multi_region"]]
    recording = list(filter(_records, trails))
    unseen = next((one for one in trails if one["logging"] is None), None)
    member = member_at(place, inventory)
    if recording or (unseen is None and organisation_of(inventory) and not member):
        yield Verdict(
            resource=account,
            bad=not recording,
            detail=_detail(inventory[TRAILS], trails),
            evidence={"trails": [one["arn"] for one in inventory[TRAILS]]},
            resource_type="account",
            resource_name=place.account or EXAMPLE_ACCOUNT,
        )
    elif unseen:
        owner = (
            f"Whether the trail {unseen['name']} records could not be read; its owner, account {unseen['owner']}, can."
        )
        yield Unknown(account, TRAILS, because=owner)
    elif member:
        yield _by_its_manager(member, _detail(inventory[TRAILS], trails))
    else:
        yield Unknown(account, ORGANISATION)


def _records(trail: Row) -> bool:
    return bool(trail["logging"] and not trail["delivery_error"])


def _as_its_owner_knows(trail: Row, inventory: Inventory) -> Row:
    """The owner's own row of a trail whose state is kept from this account, where the same run read it."""
    if trail["logging"] is not None:
        return trail
    theirs = inventory.of_another(trail["owner"])[TRAILS]
    return next((one for one in theirs if one["arn"] == trail["arn"] and one["logging"] is not None), trail)


def _by_its_manager(member: Member, here: str) -> Verdict | Unknown:
    manager = member.manager
    trails = [one for one in member.theirs[TRAILS] if one["of_organisation"] and one["multi_region"]]
    recording = any(map(_records, trails))
    if recording or (member.could_tell(TRAILS) and all(one["logging"] is not None for one in trails)):
        detail = f"{here} Account {manager}, which manages the organisation, has none that records for its members."
        return member.judged(bad=not recording, detail=detail)
    return member.unknown(
        TRAILS,
        unread=f"Account {manager} manages the organisation, and whether a trail of the organisation records could not"
        " be read there.",
        elsewhere=f"Account {manager} manages the organisation, and only there can it be seen whether a trail of the"
        " organisation should record here too.",
    )


def _detail(every: list[Row], trails: list[Row]) -> str:
    if not every:
        return "There is no trail."
    if not trails:
        return f"No trail covers all regions: {', '.join(one['name'] for one in every)}."
    broken = [f"{one['name']} cannot deliver ({one['delivery_error']})" for one in trails if one["logging"]]
    stopped = [f"{one['name']} is switched off" for one in trails if not one["logging"]]
    return f"{'; '.join(broken + stopped)}."
