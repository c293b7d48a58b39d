"""Which secrets are kept in the secret store. No value is ever asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws._policies import statements_of
from infra_audit.collectors.aws._rows import iso, tags_of
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


def _secrets(reader: Reader) -> Iterator[Mapping[str, Any]]:
    return reader.pages("secretsmanager", "list_secrets", "SecretList", page_size=100)


def _elsewhere(secret: Mapping[str, Any], region: str) -> str | None:
    """AWS names the original's region for the original too."""
    return None if secret.get("PrimaryRegion") in {None, region} else str(secret["PrimaryRegion"])


@collector("secretsmanager.list_secrets", iam=("secretsmanager:ListSecrets",))
def list_secrets(reader: Reader) -> Iterator[Row]:
    """{arn, type "secretsmanager:secret", name, tags, created_at, owning_service: its name or None, rotates: bool,
    rotated_at, changed_at, next_rotation_at, primary_region: where a copy's original is, None for an original}.

    One with an owning service was made by AWS for that service. `changed_at` moves with any change, not the value's
    alone.
    """
    for one in _secrets(reader):
        yield {
            "arn": one["ARN"],
            "type": "secretsmanager:secret",
            "name": one["Name"],
            "tags": tags_of(one),
            "created_at": iso(one.get("CreatedDate")),
            "owning_service": one.get("OwningService"),
            "rotates": bool(one.get("RotationEnabled")),
            "rotated_at": iso(one.get("LastRotatedDate")),
            "changed_at": iso(one.get("LastChangedDate")),
            "next_rotation_at": iso(one.get("NextRotationDate")),
            "primary_region": _elsewhere(one, reader.region),
        }


@collector("secretsmanager.get_resource_policy", iam=("secretsmanager:ListSecrets", "secretsmanager:GetResourcePolicy"))
def get_resource_policy(reader: Reader) -> Iterator[Row]:
    """Who may use a secret: {arn, statements: its policy's, [] without one, None where it could not be read}."""

    def read(one: Mapping[str, Any]) -> Row:
        def ask() -> str | None:
            answer = reader.ask("secretsmanager", "get_resource_policy", SecretId=one["ARN"])
            policy: str | None = answer.get("ResourcePolicy")
            return policy

        return {"arn": one["ARN"], "statements": statements_of(reader, one["ARN"], ask)}

    yield from reader.each(read, _secrets(reader))
