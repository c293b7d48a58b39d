"""Keys that encrypt. Nothing is ever decrypted."""

from collections.abc import Iterator

from infra_audit.collectors.aws._policies import statements_of
from infra_audit.collectors.aws._rows import tags_of
from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

MADE_BY_AWS = "alias/aws/"


def customer_keys(reader: Reader) -> Iterator[tuple[str, str]]:
    """ARN and name of the account's own keys. AWS's own are told by their alias, so that none costs a call."""
    aliases: dict[str, str] = {}
    for one in reader.pages("kms", "list_aliases", "Aliases", page_size=100):
        if "TargetKeyId" in one:
            aliases.setdefault(one["TargetKeyId"], one["AliasName"])
    for one in reader.pages("kms", "list_keys", "Keys", page_size=1000):
        alias = aliases.get(one["KeyId"], "")
        if not alias.startswith(MADE_BY_AWS):
            yield one["KeyArn"], alias.removeprefix("alias/") or one["KeyId"]


@collector("kms.list_keys", iam=("kms:ListKeys", "kms:ListAliases", "kms:ListResourceTags", "tag:GetResources"))
def list_keys(reader: Reader) -> Iterator[Row]:
    """The account's own keys: {arn, type "kms:key", name: its alias, else its id, tags}."""
    tagged = Tagged(reader, "kms:key", lambda arn: _tags(reader, arn))

    def read(key: tuple[str, str]) -> Row:
        arn, name = key
        return {"arn": arn, "type": "kms:key", "name": name, "tags": tagged.of(arn)}

    yield from reader.each(read, list(customer_keys(reader)))


def _tags(reader: Reader, arn: str) -> dict[str, str]:
    found = reader.ask("kms", "list_resource_tags", KeyId=arn).get("Tags") or ()
    return tags_of({"Tags": [{"Key": one["TagKey"], "Value": one["TagValue"]} for one in found]})


@collector("kms.get_key_policy", iam=("kms:ListKeys", "kms:ListAliases", "kms:GetKeyPolicy"))
def get_key_policy(reader: Reader) -> Iterator[Row]:
    """Who may use a key: {arn, statements: its policy's, None where it could not be read}. Grants are not read."""

    def read(key: tuple[str, str]) -> Row:
        arn, _ = key

        def ask() -> str | None:
            # Every key has exactly one policy, and it is called so.
            policy: str | None = reader.ask("kms", "get_key_policy", KeyId=arn, PolicyName="default").get("Policy")
            return policy

        return {"arn": arn, "statements": statements_of(reader, arn, ask)}

    yield from reader.each(read, list(customer_keys(reader)))
