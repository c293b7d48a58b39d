"""What the emulator lacks of AWS Backup, read from an endpoint that answers as the service documents it."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from infra_audit.aws import AwsTarget
from infra_audit.collectors.aws.reader import Reader, Shard
from infra_audit.collectors.aws.sessions import Connection
from infra_audit.collectors.registry import collectors
from infra_audit.inventory import Ending, Place
from infra_audit.secrets import SecretEngine

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORDERS = "arn:aws:rds:eu-west-1:123456789012:db:orders"
VAULT = "arn:aws:backup:eu-west-1:123456789012:backup-vault:main"
MADE = datetime(2026, 11, 19, 2, tzinfo=UTC).timestamp()


class Answering(ThreadingHTTPServer):
    """Answers each path with what a test put there; keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.answers: dict[str, object] = {}
        self.asked: list[str] = []


class Answer(BaseHTTPRequestHandler):
    server: Answering

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.rstrip("/")
        self.server.asked.append(self.path)
        told = self.server.answers.get(path)
        body = json.dumps(told if told is not None else {"message": "No such thing."}).encode()
        self.send_response(200 if told is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args) -> None:
        """Quiet."""


@pytest.fixture
def service() -> Iterator[Answering]:
    server = Answering()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def read(service, signed_in, few_attempts):
    """`read(operation)` gives that operation's unit."""
    with ThreadPoolExecutor(2) as details:
        connection = Connection(AwsTarget(endpoint_url=f"http://127.0.0.1:{service.server_address[1]}"))
        place = Place("aws", "123456789012", "eu-west-1")

        def unit(operation):
            shard = Shard(connection, place, NOW, SecretEngine(b"key"), details)
            return Reader(shard, collectors()[operation]).unit()

        yield unit


def test_recovery_points_are_read_vault_by_vault(service, read):
    service.answers["/backup-vaults"] = {
        "BackupVaultList": [{"BackupVaultName": "main", "BackupVaultArn": VAULT, "Locked": True}]
    }
    service.answers["/backup-vaults/main/recovery-points"] = {
        "RecoveryPoints": [
            {
                "RecoveryPointArn": "arn:aws:rds:eu-west-1:123456789012:snapshot:awsbackup:job-1",
                "ResourceArn": ORDERS,
                "ResourceType": "RDS",
                "Status": "COMPLETED",
                "CreationDate": MADE,
                "CalculatedLifecycle": {"DeleteAt": MADE + 86400},
            }
        ]
    }

    (row,) = read("backup.list_recovery_points").rows

    assert (row["resource"], row["status"], row["vault"], row["vault_locked"]) == (ORDERS, "COMPLETED", "main", True)
    assert row["created_at"] == "2026-11-19T02:00:00+00:00"
    assert row["kept_until"] == "2026-11-20T02:00:00+00:00"


def test_a_plan_is_read_with_its_rules_and_selections(service, read):
    service.answers["/backup/plans"] = {
        "BackupPlansList": [{"BackupPlanId": "p1", "BackupPlanArn": "arn:plan", "BackupPlanName": "nightly"}]
    }
    service.answers["/backup/plans/p1"] = {
        "BackupPlan": {
            "BackupPlanName": "nightly",
            "Rules": [
                {
                    "RuleName": "daily",
                    "TargetBackupVaultName": "main",
                    "Lifecycle": {"DeleteAfterDays": 35},
                    "CopyActions": [{"DestinationBackupVaultArn": VAULT.replace("eu-west-1", "us-east-1")}],
                }
            ],
        }
    }
    service.answers["/backup/plans/p1/selections"] = {"BackupSelectionsList": [{"SelectionId": "s1"}]}
    service.answers["/backup/plans/p1/selections/s1"] = {
        "BackupSelection": {
            "SelectionName": "databases",
            "IamRoleArn": "arn:role",
            "Resources": ["arn:aws:rds:*:*:db:*"],
            "NotResources": [ORDERS],
            "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "yes"}],
            "Conditions": {
                "StringNotLike": [{"ConditionKey": "aws:ResourceTag/stage", "ConditionValue": "dev*"}],
            },
        }
    }

    unit = read("backup.list_backup_plans")

    assert unit.ending is Ending.OK
    assert unit.rows[0]["rules"][0]["copies_to"] == [VAULT.replace("eu-west-1", "us-east-1")]
    assert unit.rows[0]["rules"][0]["deleted_after_days"] == 35
    assert unit.rows[0]["selections"] == [
        {
            "name": "databases",
            "resources": ["arn:aws:rds:*:*:db:*"],
            "not_resources": [ORDERS],
            "any_tag": [["backup", "yes"]],
            "conditions": [["StringNotLike", "stage", "dev*"]],
        }
    ]


def test_jobs_that_failed_and_those_that_never_started_are_asked_for(service, read):
    service.answers["/backup-jobs"] = {
        "BackupJobs": [
            {"ResourceArn": ORDERS, "State": "FAILED", "StatusMessage": "Role cannot be assumed.", "CreationDate": MADE}
        ]
    }

    unit = read("backup.list_backup_jobs")

    assert unit.rows[0] == {
        "resource": ORDERS,
        "state": "FAILED",
        "message": "Role cannot be assumed.",
        "created_at": "2026-11-19T02:00:00+00:00",
    }
    asked = " ".join(service.asked)
    assert "state=FAILED" in asked
    assert "state=EXPIRED" in asked
    assert "createdAfter=2026-10-21" in asked


def test_copies_in_other_accounts_are_told_and_those_in_this_one_are_not(service, read):
    elsewhere = VAULT.replace("123456789012", "210987654321")
    service.answers["/copy-jobs"] = {
        "CopyJobs": [
            {"ResourceArn": ORDERS, "DestinationBackupVaultArn": vault, "State": "COMPLETED", "CompletionDate": MADE}
            for vault in (elsewhere, VAULT.replace("eu-west-1", "us-east-1"))
        ]
    }

    unit = read("backup.list_copy_jobs")

    assert unit.rows == (
        {
            "resource": ORDERS,
            "to_vault": elsewhere,
            "to_account": "210987654321",
            "to_region": "eu-west-1",
            "created_at": "2026-11-19T02:00:00+00:00",
        },
    )
    assert "state=COMPLETED" in service.asked[0]


def test_restores_are_told_with_how_they_ended(service, read):
    service.answers["/restore-jobs"] = {
        "RestoreJobs": [
            {"RecoveryPointArn": "arn:point", "ResourceType": "RDS", "Status": "COMPLETED", "CreationDate": MADE}
        ]
    }

    (row,) = read("backup.list_restore_jobs").rows

    assert (row["recovery_point"], row["resource_kind"], row["status"]) == ("arn:point", "RDS", "COMPLETED")


def test_where_file_systems_are_replicated_to_is_read_in_one_list(service, read):
    source = "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-1"
    destination = {"Status": "ENABLED", "FileSystemId": "fs-2", "Region": "us-east-1", "OwnerId": "123456789012"}
    service.answers["/2015-02-01/file-systems/replication-configurations"] = {
        "Replications": [{"SourceFileSystemArn": source, "Destinations": [destination]}]
    }

    assert read("efs.describe_replication_configurations").rows == (
        {
            "source": source,
            "to": [{"file_system": "fs-2", "region": "us-east-1", "account": "123456789012", "status": "ENABLED"}],
        },
    )


def test_the_kinds_that_a_region_lets_be_copied_are_one_row(service, read):
    service.answers["/account-settings"] = {"ResourceTypeOptInPreference": {"RDS": True, "Aurora": False}}

    assert read("backup.describe_region_settings").rows == ({"opted_in": {"RDS": True, "Aurora": False}},)
