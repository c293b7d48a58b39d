from collections.abc import Iterator
from datetime import UTC, datetime

from infra_audit import operating_systems
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check
from infra_audit.support_wording import judge_version

SERVERS, IMAGES, AGENTS = "ec2.describe_instances", "ec2.describe_images_in_use", "ssm.describe_instance_information"
WEB = {
    "arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0",
    "type": "ec2:instance",
    "id": "i-0123456789abcdef0",
    "name": "web",
    "tags": {},
    "image": "ami-1",
}
IMAGE = {"id": "ami-1", "platform": "Linux/UNIX"}
UBUNTU = "ubuntu/images/hvm-ssd/ubuntu-xenial-16.04-amd64-server-20210415"
PRO = "Ubuntu Pro"


@check(
    id="os_unsupported",
    title="A server runs an operating system without support",
    headline="{n} of {m} servers run an operating system without support",
    good_news="All {m} servers whose operating system we could tell run one with support.",
    severity=Severity.HIGH,
    effort=Effort.DAYS,
    why="Nobody mends its flaws any more, and those of others are published with instructions.",
    action="Move servers to a supported operating system",
    consequence="a stranger could use a published flaw that nobody will mend",
    needs=(SERVERS,),
    consults=(IMAGES, AGENTS),
    iam=("ec2:DescribeInstances", "ec2:DescribeImages", "ssm:DescribeInstanceInformation"),
    remedy="Build the server anew from a current image, by code, and move over; do not upgrade it in place if you can"
    " avoid it. Where that takes long, buy the maker's extended updates for the time between.",
    source="https://docs.aws.amazon.com/systems-manager/latest/userguide/operating-systems-and-machine-types.html",
    bad={SERVERS: [WEB], IMAGES: [{**IMAGE, "name": UBUNTU}], AGENTS: []},
    good={SERVERS: [WEB], IMAGES: [{**IMAGE, "name": "al2023-ami-2023.5.20240708.0-kernel-6.1-x86_64"}], AGENTS: []},
    examples_at=datetime(2026, 6, 1, tzinfo=UTC),
)
def os_unsupported(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """The agent's word counts before the image's name, which tells only what the server once started from."""
    agents = {row["id"]: row for row in inventory[AGENTS]}
    images = {row["id"]: row for row in inventory[IMAGES]}
    for server in inventory[SERVERS]:
        yield _judged(server, agents.get(server["id"]), images.get(server["image"]), inventory, now)


def _judged(
    server: Row, agent: Row | None, image: Row | None, inventory: Inventory, now: datetime
) -> Verdict | Unknown:
    told = agent and operating_systems.of_agent(agent["system"], agent["system_version"])
    by = "Its agent says so." if told else f"Its image is called {image['name']}." if image else ""
    system = told or (operating_systems.of_image(image["name"]) if image else None)
    if system is None:
        unread = next((one for one in (AGENTS, IMAGES) if inventory.incomplete(one) or not inventory.units(one)), None)
        because = "" if unread else "Neither an agent on it nor its image's name tells its operating system."
        return Unknown(server["arn"], unread or AGENTS, because=because)
    has_pro = image is not None and image["platform"] == PRO
    return judge_version(
        server["arn"],
        str(system),
        system.product,
        system.version,
        now,
        operation=AGENTS,
        paid="It was started with the maker's paid updates, which go on" if has_pro else "",
        told_by=by if has_pro else f"{by} Whether its maker's paid updates were bought cannot be seen from here.",
        confidence="high" if told else "medium",
    )
