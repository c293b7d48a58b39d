"""Stores of container images: who may take from them, and whether anybody looks for known holes in what is stored."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra_audit.collectors.aws._policies import statements_of
from infra_audit.collectors.aws._rows import iso, tags_of
from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.endings import error_code
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

AT_ONCE = 25  # repositories in one question, at most


def _repositories(reader: Reader) -> Iterator[Mapping[str, Any]]:
    return reader.pages("ecr", "describe_repositories", "repositories", page_size=1000)


@collector("ecr.describe_repositories", iam=("ecr:DescribeRepositories", "ecr:ListTagsForResource", "tag:GetResources"))
def describe_repositories(reader: Reader) -> Iterator[Row]:
    """The private ones: {arn, type "ecr:repository", name, tags, created_at, scan_on_push: bool}.

    Galleries that are public by their kind are another service, and not looked at.
    """
    tagged = Tagged(
        reader,
        "ecr:repository",
        lambda arn: tags_of(reader.ask("ecr", "list_tags_for_resource", resourceArn=arn), "tags"),
    )

    def read(one: Mapping[str, Any]) -> Row:
        return {
            "arn": one["repositoryArn"],
            "type": "ecr:repository",
            "name": one["repositoryName"],
            "tags": tagged.of(one["repositoryArn"]),
            "created_at": iso(one.get("createdAt")),
            "scan_on_push": bool((one.get("imageScanningConfiguration") or {}).get("scanOnPush")),
        }

    yield from reader.each(read, _repositories(reader))


@collector("ecr.get_repository_policy", iam=("ecr:DescribeRepositories", "ecr:GetRepositoryPolicy"))
def get_repository_policy(reader: Reader) -> Iterator[Row]:
    """Who may use a repository: {arn, statements: its policy's, [] without one, None where it could not be read}."""

    def read(one: Mapping[str, Any]) -> Row:
        def ask() -> str | None:
            try:
                answer = reader.ask("ecr", "get_repository_policy", repositoryName=one["repositoryName"])
            except ClientError as error:
                if error_code(error) == "RepositoryPolicyNotFoundException":
                    return None
                raise
            policy: str | None = answer.get("policyText")
            return policy

        return {"arn": one["repositoryArn"], "statements": statements_of(reader, one["repositoryArn"], ask)}

    yield from reader.each(read, _repositories(reader))


@collector(
    "ecr.batch_get_repository_scanning_configuration",
    iam=(
        "ecr:DescribeRepositories",
        "ecr:BatchGetRepositoryScanningConfiguration",
        "ecr:GetRegistryScanningConfiguration",
    ),
)
def batch_get_repository_scanning_configuration(reader: Reader) -> Iterator[Row]:
    """When images are scanned by the registry's own rules.

    {arn, frequency: "SCAN_ON_PUSH" / "CONTINUOUS_SCAN" / "MANUAL" (only when somebody asks for it), obeys_repository:
    whether a repository's own `scan_on_push` counts besides, which it does where scanning is the basic one}.
    """
    names = [one["repositoryName"] for one in _repositories(reader)]
    if not names:
        return
    registry = reader.call("ecr", "get_registry_scanning_configuration").get("scanningConfiguration") or {}
    for start in range(0, len(names), AT_ONCE):
        answer = reader.ask(
            "ecr",
            "batch_get_repository_scanning_configuration",
            repositoryNames=names[start : start + AT_ONCE],
        )
        for one in answer.get("scanningConfigurations") or ():
            yield {
                "arn": one["repositoryArn"],
                "frequency": one["scanFrequency"],
                "obeys_repository": registry.get("scanType") != "ENHANCED",
            }
