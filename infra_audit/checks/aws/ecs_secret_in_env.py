from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._secrets import example, judged
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/orders:7"
BAD, GOOD = example(ARN, type="ecs:task-definition", name="orders:7", in_use=True, environment_files=0)


@check(
    id="ecs_secret_in_env",
    title="What a container is started with holds a credential",
    headline="{n} of {m} container definitions hold a credential",
    good_news="None of {m} container definitions holds a credential.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Everybody who may look at the definition can read it, and every old version of it keeps it.",
    action="Take credentials out of container definitions",
    consequence="whoever may look at a container's definition could take its credentials",
    needs=("ecs.describe_task_definition",),
    iam=(
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
        "ecs:DescribeTasks",
        "ecs:ListClusters",
        "ecs:ListServices",
        "ecs:ListTaskDefinitionFamilies",
        "ecs:ListTasks",
    ),
    remedy="Change the credential, keep the new one in Secrets Manager or Parameter Store, name it under `secrets` of"
    " the container instead of `environment`, and deregister the old versions.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html",
    bad={"ecs.describe_task_definition": BAD},
    good={"ecs.describe_task_definition": GOOD},
)
def ecs_secret_in_env(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """The latest definition of each family, and those in use."""
    yield from judged(inventory, "ecs.describe_task_definition", "ecs:task-definition")
