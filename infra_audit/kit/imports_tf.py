"""`import` blocks for what is in no code: what Terraform needs to take it over as it is.

Terraform itself writes the resources: `terraform plan -generate-config-out=generated.tf`. Nothing changes before
`terraform apply`, and importing changes nothing in the account either.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from infra_audit.evaluate import Evaluation, Finding
from infra_audit.iac import Judged, Kind, Managed, Told, told
from infra_audit.iac_stacks import Stacks
from infra_audit.inventory import GLOBAL, Inventory
from infra_audit.kit.files import KitFile
from infra_audit.kit.hcl import block, comment, identifier, quoted
from infra_audit.kit.import_ids import NOT_IMPORTED, Target, target_of
from infra_audit.registry import Severity

HOLDS_DATA = frozenset(
    {
        "dynamodb:table",
        "ec2:volume",
        "elasticache:cluster",
        "elasticache:replicationgroup",
        "elasticfilesystem:file-system",
        "rds:cluster",
        "rds:db",
        "s3:bucket",
    }
)
HOME_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
HARMLESS = len(Severity)
ABOUT_KEEPING_ORDER = "resource_"  # checks on tags and code say nothing of how much it would hurt
PROVIDER = "aws"
NOTHING = "There is nothing to import: what could be judged is in code."
NOT_THE_NAMES = "There is nothing to import by: the names in this audit stand for others."
HOW = (
    "Takes what is in no code over into Terraform as it is, the most hurtful first.",
    "Put this file and providers.tf into an empty folder, then: terraform init, and",
    "terraform plan -generate-config-out=generated.tf. Read what it wrote, and only then apply.",
    "Reading this file or planning changes nothing; importing changes the state alone.",
)
NOT_HERE = (
    "Rules, attachments and policies of what follows have no blocks here, as their ids have several parts",
    "(aws_security_group_rule, aws_iam_role_policy_attachment). Import the parent, look at the plan, then write them.",
)
NO_STATE = (
    "NO TERRAFORM STATE WAS GIVEN to the audit. What one of your states manages already must not be imported a second",
    "time: take it out of this file first.",
)


@dataclass(frozen=True)
class Import:
    """One block to be: what, by which id, and how much it hurts that it is in no code (smaller is worse)."""

    resource: Judged
    target: Target
    hurt: tuple[int, int]
    worst: str  # the title of its worst finding, with the severity; "" for none

    @property
    def order(self) -> tuple[tuple[int, int], str, str]:
        return self.hurt, self.resource.row["type"], self.resource.row["arn"]


def files(inventory: Inventory, evaluation: Evaluation) -> Iterator[KitFile]:
    """`imports/<account>/imports.tf` and `providers.tf` for each account that has something to import.

    Pseudonyms are no ids: an account that has them for names has nothing to import.
    """
    code, stacks = told(inventory), Stacks(inventory)
    for account in sorted({one.account for one in code.resources} - inventory.redacted_accounts):
        plan = _Plan(account, code, stacks, evaluation)
        if plan.imports:
            yield KitFile(f"imports/{account}/imports.tf", plan.imports_tf())
            yield KitFile(f"imports/{account}/providers.tf", plan.providers_tf())


def imports_of(inventory: Inventory, evaluation: Evaluation) -> str:
    """All blocks as one file; a comment where there are none. Several accounts belong into a folder each."""
    found = [one.text for one in files(inventory, evaluation) if one.path.endswith("/imports.tf")]
    return "\n".join(found) or f"{comment(NOT_THE_NAMES if inventory.redacted_accounts else NOTHING)}\n"


class _Plan:
    """All that is to be imported of one account."""

    def __init__(self, account: str, code: Told, stacks: Stacks, evaluation: Evaluation) -> None:
        self._account = account
        self._states_given = code.states_given
        worst = _worst(evaluation)
        self.imports: list[Import] = []
        self._left_out: dict[str, list[str]] = defaultdict(list)  # why → names
        for one in code.resources:
            if one.account != account or not self._is_candidate(one, stacks):
                continue
            kind, target = one.row["type"], target_of(one.row)
            if target is None:
                why = NOT_IMPORTED.get(kind, f"this program does not know how a {kind} is imported")
                self._left_out[why].append(_name(one))
                continue
            finding = worst.get(one.row["arn"])
            rank = Severity(finding.severity).rank if finding else HARMLESS
            told_worst = f"{finding.severity}: {finding.title}" if finding else ""
            self.imports.append(Import(one, target, (rank, kind not in HOLDS_DATA), told_worst))
        self.imports.sort(key=lambda one: one.order)
        regions = Counter(one.resource.region for one in self.imports if one.resource.region != GLOBAL)
        self._regions = [region for region, _ in sorted(regions.items(), key=lambda pair: (-pair[1], pair[0]))]

    def _is_candidate(self, one: Judged, stacks: Stacks) -> bool:
        """What is in no code; without any state also what no stack names, where all stacks were read."""
        if one.standing.kind is Kind.HINTED:
            self._left_out["their tags say that code makes them: look there first"].append(_name(one))
            return False
        if one.standing.managed is Managed.UNKNOWN:
            return not self._states_given and not stacks.unread_in(one.account, one.region)
        return one.standing.managed is Managed.NO

    def imports_tf(self) -> str:
        names = _Names()
        parts = [self._head()]
        for (service, region), some in self._groups():
            parts.append(comment(f"--- {service} in {region} ({len(some)})"))
            parts.extend(self._block(one, names) for one in some)
        if self._left_out:
            parts.append(self._tail())
        return "\n\n".join(parts) + "\n"

    def providers_tf(self) -> str:
        """One provider a region; the one with most to import is the default."""
        head = comment("One provider for each region that imports.tf names. Nothing here makes or changes anything.")
        versions = 'terraform {\n  required_version = ">= 1.5.0"\n\n  required_providers {\n    aws = {\n'
        versions += '      source  = "hashicorp/aws"\n      version = ">= 5.0"\n    }\n  }\n}'
        account = f"[{quoted(self._account)}]"
        blocks = [
            block(
                f"provider {quoted(PROVIDER)}",
                ({"alias": quoted(_alias(region))} if number else {})
                | {"region": quoted(region), "allowed_account_ids": account},
            )
            for number, region in enumerate(self._regions or [self._home()])
        ]
        return "\n\n".join([head, versions, *blocks]) + "\n"

    def _home(self) -> str:
        """Where all that has no region can be asked for."""
        partition = self.imports[0].resource.row["arn"].split(":")[1]
        return HOME_REGIONS.get(partition, HOME_REGIONS["aws"])

    def _groups(self) -> list[tuple[tuple[str, str], list[Import]]]:
        """By service and region: the group with the most hurtful first, and so within each."""
        groups: dict[tuple[str, str], list[Import]] = {}
        for one in self.imports:
            groups.setdefault((one.resource.service, one.resource.region), []).append(one)
        return list(groups.items())

    def _head(self) -> str:
        lines = [f"Account {self._account}: {len(self.imports)} resources.", *HOW, "", *NOT_HERE]
        if not self._states_given:
            lines += ["", *NO_STATE]
        return "\n".join(map(comment, lines))

    def _tail(self) -> str:
        lines = ["--- not here"]
        for why, names in sorted(self._left_out.items()):
            lines += [f"{len(names)} because {why}:", *(f"  {name}" for name in sorted(names))]
        return "\n".join(map(comment, lines))

    def _block(self, one: Import, names: "_Names") -> str:
        attributes = {"to": names.address(one), "id": quoted(one.target.id)}
        region = one.resource.region
        if region != GLOBAL and region != self._regions[0]:
            attributes["provider"] = f"{PROVIDER}.{_alias(region)}"
        about = ", ".join(filter(None, (_name(one.resource), one.resource.environment, one.worst)))
        return f"{comment(about)}\n{block('import', attributes)}"


class _Names:
    """Gives each resource an address that no other has."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def address(self, one: Import) -> str:
        name = identifier(str(one.resource.row["name"]))
        wanted = f"{one.target.tf_type}.{name}"
        for other in (wanted, f"{wanted}_{identifier(one.resource.region)}"):
            if other not in self._taken:
                break
        number = 2
        while other in self._taken:
            other, number = f"{wanted}_{number}", number + 1
        self._taken.add(other)
        return other


def _worst(evaluation: Evaluation) -> dict[str, Finding]:
    """The worst finding of each resource; they come worst first."""
    found: dict[str, Finding] = {}
    for finding in evaluation.findings:
        if not finding.check.startswith(ABOUT_KEEPING_ORDER):
            found.setdefault(finding.resource, finding)
    return found


def _name(one: Judged) -> str:
    name, arn = str(one.row["name"]), str(one.row["arn"])
    return name if arn.endswith(name) else f"{name} ({arn.rpartition(':')[2]})"


def _alias(region: str) -> str:
    return identifier(region)
