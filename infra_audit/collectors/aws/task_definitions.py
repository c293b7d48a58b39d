"""Credentials in what containers are started with. Scanned here, in memory: only detections leave."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra_audit.collectors.aws._settings import settings_row
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import Consent, collector
from infra_audit.inventory import Row

SERVICES_AT_ONCE, TASKS_AT_ONCE = 10, 100


@collector(
    "ecs.describe_task_definition",
    iam=(
        "ecs:DescribeTaskDefinition",
        "ecs:ListTaskDefinitionFamilies",
        "ecs:ListClusters",
        "ecs:ListServices",
        "ecs:DescribeServices",
        "ecs:ListTasks",
        "ecs:DescribeTasks",
    ),
    consent=Consent.CONFIGURATION,
)
def describe_task_definition(reader: Reader) -> Iterator[Row]:
    """A definition each: `settings_row` with type "ecs:task-definition", name, in_use: bool, environment_files: int.

    The latest of each family, and whatever a service or a running task uses; what only a schedule names is not seen,
    and files of variables in a bucket are counted, not read. A setting's name is "container NAME".
    """
    families = list(reader.pages("ecs", "list_task_definition_families", "families", status="ACTIVE"))
    used = _in_use(reader)
    latest = dict(zip(families, reader.each(lambda family: _described(reader, family), families), strict=True))
    found = {one["taskDefinitionArn"]: one for one in latest.values() if one}
    older = sorted(used - found.keys())
    for one in reader.each(lambda arn: _described(reader, arn), older):
        if one:
            found[one["taskDefinitionArn"]] = one
    for arn, one in found.items():
        yield settings_row(
            reader,
            arn,
            dict(_settings(one)),
            type="ecs:task-definition",
            name=f"{one['family']}:{one['revision']}",
            in_use=arn in used,
            environment_files=sum(len(each.get("environmentFiles") or ()) for each in one["containerDefinitions"]),
        )


def _described(reader: Reader, which: str) -> Mapping[str, Any] | None:
    """By family (its latest active revision) or by ARN; None, and a miss, where it could not be read."""
    try:
        told: Mapping[str, Any] = reader.call("ecs", "describe_task_definition", taskDefinition=which)["taskDefinition"]
    except READ_ERRORS as error:
        reader.miss(which if which.startswith("arn:") else reader.arn("ecs", f"task-definition/{which}"), error)
        return None
    return told


def _in_use(reader: Reader) -> set[str]:
    """ARNs that services or running tasks use, over all clusters; a cluster that may not be read is missed."""
    used: set[str] = set()
    for cluster in reader.pages("ecs", "list_clusters", "clusterArns"):
        try:
            services = list(reader.pages("ecs", "list_services", "serviceArns", page_size=100, cluster=cluster))
            tasks = list(reader.pages("ecs", "list_tasks", "taskArns", cluster=cluster))
            for some in _batches(services, SERVICES_AT_ONCE):
                told = reader.call("ecs", "describe_services", cluster=cluster, services=some)["services"]
                used |= {arn for one in told for arn in _of_service(one)}
            for some in _batches(tasks, TASKS_AT_ONCE):
                told = reader.call("ecs", "describe_tasks", cluster=cluster, tasks=some)["tasks"]
                used |= {one["taskDefinitionArn"] for one in told if one.get("taskDefinitionArn")}
        except READ_ERRORS as error:
            reader.miss(cluster, error)
    return used


def _of_service(service: Mapping[str, Any]) -> Iterator[str]:
    """What it runs and what it is changing to or from."""
    for one in (service, *(service.get("deployments") or ()), *(service.get("taskSets") or ())):
        if one.get("taskDefinition"):
            yield one["taskDefinition"]


def _batches(items: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(items[start : start + size]) for start in range(0, len(items), size))


def _settings(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Environment, commands, and options of log drivers (tokens stand there), by container."""
    for one in definition["containerDefinitions"]:
        container = one["name"]
        for each in one.get("environment") or ():
            yield f"{container} {each['name']}", each.get("value") or ""
        for word in ("entryPoint", "command"):
            yield f"{container} {word}", " ".join(one.get(word) or ())
        yield f"{container} health check", " ".join((one.get("healthCheck") or {}).get("command") or ())
        for name, options in (
            ("log option", (one.get("logConfiguration") or {}).get("options")),
            ("log router option", (one.get("firelensConfiguration") or {}).get("options")),
            ("label", one.get("dockerLabels")),
        ):
            for option, value in (options or {}).items():
                yield f"{container} {name} {option}", value if isinstance(value, str) else json.dumps(value)
