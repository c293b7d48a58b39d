"""Which secrets are kept in the secret store. No value is ever asked for."""

from collections.abc import Iterator

from infra_audit.collectors.aws._rows import iso, tags_of
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("secretsmanager.list_secrets", iam=("secretsmanager:ListSecrets",))
def list_secrets(reader: Reader) -> Iterator[Row]:
    """{arn, type "secretsmanager:secret", name, tags, created_at, owning_service: its name or None, rotates: bool}.

    One with an owning service was made by AWS for that service.
    """
    for one in reader.pages("secretsmanager", "list_secrets", "SecretList", page_size=100):
        yield {
            "arn": one["ARN"],
            "type": "secretsmanager:secret",
            "name": one["Name"],
            "tags": tags_of(one),
            "created_at": iso(one.get("CreatedDate")),
            "owning_service": one.get("OwningService"),
            "rotates": bool(one.get("RotationEnabled")),
        }
