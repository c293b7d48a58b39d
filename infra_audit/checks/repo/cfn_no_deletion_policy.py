from collections.abc import Iterator
from datetime import datetime
from typing import Any

from infra_audit.checks.repo._cloudformation import OPERATION, fetched, resource, rows_of, where
from infra_audit.checks.repo._terraform import eased
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

INSTANCE, CLUSTER, BUCKET = "AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::S3::Bucket"
SNAPSHOT_BY_DEFAULT = frozenset({INSTANCE, CLUSTER})
TABLE = "AWS::DynamoDB::Table"
GONE = "is deleted with all that is in it"
# What happens to it when the stack goes, or it leaves the template.
HAPPENS = {
    INSTANCE: f"the database {GONE} and no last copy is made",
    CLUSTER: f"the cluster {GONE} and no last copy is made",
    BUCKET: "an empty bucket is deleted, and one that holds anything stops the deletion half-way",
    TABLE: f"the table {GONE}",
    "AWS::DynamoDB::GlobalTable": f"the table {GONE}, in every region",
    "AWS::Serverless::SimpleTable": f"the table {GONE}",
    "AWS::EFS::FileSystem": f"the file system {GONE}",
    "AWS::FSx::FileSystem": f"the file system {GONE}",
    "AWS::DocDB::DBCluster": f"the cluster {GONE}",
    "AWS::Neptune::DBCluster": f"the cluster {GONE}",
    "AWS::Redshift::Cluster": f"the cluster {GONE}",
    "AWS::EC2::Volume": f"the disk {GONE}",
    "AWS::Cognito::UserPool": "the user pool is deleted with everybody who signed up",
    "AWS::OpenSearchService::Domain": f"the domain {GONE}",
    "AWS::Elasticsearch::Domain": f"the domain {GONE}",
    "AWS::KMS::Key": "the key is scheduled for deletion, and what it encrypted cannot be read any more",
}
KEEPING = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})
SPARED = "its bucket is not deleted while it holds anything"


@check(
    id="cfn_no_deletion_policy",
    title="Deleting a stack deletes its data",
    headline="{n} of {m} stores of data in CloudFormation templates are deleted together with their stack",
    good_news="All {m} stores of data in CloudFormation templates outlive their stack, or leave a last copy.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="One wrong click on a stack, or a resource renamed in the template, deletes what cannot be built again.",
    action="Keep data when its stack is deleted",
    consequence="deleting a stack could delete the data in it",
    needs=(OPERATION,),
    remedy="Set DeletionPolicy and UpdateReplacePolicy to Retain, or to Snapshot where the resource knows it; protect"
    " the stack against termination too.",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html",
    bad={OPERATION: [resource(TABLE)]},
    good={OPERATION: [resource(TABLE, policy="Retain", policy_line=7)]},
    scope=Scope.REPOSITORY,
)
def cfn_no_deletion_policy(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Left out, a database of its own and a cluster leave a snapshot, and everything else goes.

    A member of a cluster is its cluster's matter, and a replica its source's. Protected against deletion is kept.
    """
    yield from fetched(inventory)
    for row in rows_of(inventory, "resource"):
        if row["kind"] not in HAPPENS or row["in_cluster"] or row["is_replica"]:
            continue
        policy = row["policy"]
        if policy not in {None, "Delete", *KEEPING}:
            because = f"The DeletionPolicy is computed in {row['path']}, so the template alone does not tell."
            yield Unknown(where(row)["resource"], OPERATION, because=because)
            continue
        kept = policy in KEEPING or (policy is None and row["kind"] in SNAPSHOT_BY_DEFAULT)
        yield Verdict(
            **where(row, row["policy_line"]),
            **_severity(row),
            bad=not (kept or row["is_protected"]),
            detail=_detail(row),
        )


def _severity(row: Row) -> dict[str, Any]:
    if row["kind"] == BUCKET:
        return {"severity": Severity.LOW, "severity_reason": f"One step milder: {SPARED}."}
    return eased(row, Severity.MEDIUM)


def _detail(row: Row) -> str:
    told = "DeletionPolicy is Delete" if row["policy"] else "DeletionPolicy is left out, which means Delete"
    also = "" if row["replace_policy"] in KEEPING else " An update that replaces it deletes it too."
    return f"{told}: {HAPPENS[row['kind']]}.{also}"
