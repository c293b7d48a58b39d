"""Findings that lead to one another: each chain is one sentence that makes a reader act, and names its links.

Pure: (inventory, findings) → chains, worst first. A new kind of chain is a function in `MAKERS`; findings of
repositories come in beside those of accounts, so a chain may go from a commit to a server.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from infra_audit.buckets import BUCKETS, kept_in
from infra_audit.environments import environment_of, is_production_like
from infra_audit.errors import kind_and_place
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import Severity
from infra_audit.who_may import WhoMay

if TYPE_CHECKING:
    from infra_audit.evaluate import Finding

logger = logging.getLogger(__name__)

SHOWN_NAMES = 3
LEADING = 3
INSTANCES = "ec2.describe_instances"
START_UPS = "ec2.describe_instance_attribute"
KEYS = "iam.list_access_keys"
DELETIONS = {"rds:db": "rds:DeleteDBInstance", "rds:cluster": "rds:DeleteDBCluster"}


@dataclass(frozen=True)
class Link:
    """One step. A finding where `fingerprint` says which; else something that was read, which is no fault by itself."""

    text: str
    resource: str
    check: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Chain:
    """`id` is its kind, `sentence` what could happen, in words that need no knowledge of AWS."""

    id: str
    severity: str
    sentence: str
    account: str
    links: tuple[Link, ...]

    def as_json(self) -> dict[str, Any]:
        """In JSON types, as the published document has it."""
        return {**asdict(self), "links": [asdict(one) for one in self.links]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "links": tuple(Link(**one) for one in data["links"])})

    def stands_on(self, fingerprints: Iterable[str]) -> bool:
        """True if every finding among its links is one of these: a chain falls with any of its links."""
        return {one.fingerprint for one in self.links if one.fingerprint} <= set(fingerprints)


class Joined:
    """What chains are joined from."""

    def __init__(self, inventory: Inventory, findings: Iterable["Finding"]) -> None:
        self.inventory = inventory
        self._by_check: dict[str, list[Finding]] = defaultdict(list)
        for one in findings:
            self._by_check[one.check].append(one)

    def of(self, check: str) -> list["Finding"]:
        return self._by_check.get(check, [])

    def about(self, check: str, resource: str) -> "Finding | None":
        """The check's finding on that resource."""
        return next((one for one in self.of(check) if one.resource == resource), None)

    @cached_property
    def who_may(self) -> WhoMay:
        return WhoMay(self.inventory)

    @cached_property
    def public_servers(self) -> list[Row]:
        """Running servers with a public address."""
        return [
            row
            for row in self.inventory[INSTANCES]
            if row.get("public_ip") and row.get("state", "running") == "running"
        ]


def chains(inventory: Inventory, findings: Iterable["Finding"]) -> list[Chain]:
    """Every chain, worst first; the same in, the same out."""
    joined = Joined(inventory, findings)
    found: list[Chain] = []
    for make in MAKERS:
        try:
            found += make(joined)
        except Exception as error:  # a mistake in one kind keeps neither the others nor the findings from being told
            logger.error("The chain %s: %s", make.__name__, kind_and_place(error))
    order = [make.__name__ for make in MAKERS]
    return sorted(found, key=lambda one: (Severity(one.severity).rank, order.index(one.id), one.sentence))


def leading(found: Iterable[Chain], most: int = LEADING) -> list[Chain]:
    """Those to show first: the worst of each kind before a second of any."""
    seen: dict[str, int] = defaultdict(int)
    turns = []
    for one in found:
        turns.append((seen[one.id], one))
        seen[one.id] += 1
    return [one for _turn, one in sorted(turns, key=lambda pair: pair[0])][:most]


def key_lies_in_repository(joined: Joined) -> Iterator[Chain]:
    """An access key tells its account by itself, offline; whose it is and whether it still works, the account tells.

    For the latter both must have been read with one key for fingerprints.
    """
    accounts = {unit.place.account for unit in joined.inventory.all_units if unit.place.account}
    owners = {row["key"]: row for row in joined.inventory[KEYS]}
    for check in ("secret_at_head", "secret_in_history"):
        for finding in joined.of(check):
            account = str(finding.evidence.get("aws_account") or "")
            marks = (finding.evidence.get("access_key"), finding.evidence.get("secret"))  # a pair's id, or an id alone
            if owner := next((owners[mark] for mark in marks if mark in owners), None):
                yield _working_key_chain(finding, owner)
            elif account in accounts:
                yield Chain(
                    "key_lies_in_repository",
                    finding.severity,
                    f"A key to this AWS account lies in the repository {finding.repository}: whoever has a copy of the"
                    " repository could use it.",
                    account,
                    (
                        _link(finding, f"The key is in {finding.path or 'a commit'}"),
                        Link(f"It belongs to account {account}, which was audited", _account_arn(joined, account)),
                    ),
                )


def _working_key_chain(finding: "Finding", owner: Row) -> Chain:
    used = f"last used on {owner['last_used_at'][:10]}" if owner["last_used_at"] else "never used so far"
    return Chain(
        "key_lies_in_repository",
        Severity.CRITICAL.value,
        f"A working key of the user {owner['name']} lies in the repository {finding.repository}, {used}: whoever has a"
        " copy of the repository could act as that user.",
        owner["user"].split(":")[4],
        (
            _link(finding, f"The key is in {finding.path or 'a commit'}"),
            Link(f"It belongs to the user {owner['name']}, is active and was {used}", owner["user"]),
        ),
    )


def one_command_from_loss(joined: Joined) -> Iterator[Chain]:
    """No copy would survive, nothing holds the deletion back, and somebody may delete."""
    for lost in joined.of("rds_nothing_survives_deletion"):
        unguarded = joined.about("rds_no_deletion_protection", lost.resource)
        if unguarded is None:
            continue
        action = DELETIONS.get(lost.resource_type, "rds:DeleteDBInstance")
        able = joined.who_may.who(action, lost.resource, lost.account)
        whoever = _users_and_roles(able) if able else "whoever may delete databases"
        links = [
            _link(lost, "No copy would survive its deletion"),
            _link(unguarded, "Nothing holds a deletion back"),
        ]
        if able:
            names = _names(one["name"] for one in able)
            links.append(Link(f"Who may delete it by their own policies: {names}", _account_arn(joined, lost.account)))
        yield Chain(
            "one_command_from_loss",
            _worst(lost, unguarded),
            f"One command could lose the database {lost.resource_name} for good: no copy would survive, nothing holds"
            f" the deletion back, and {whoever} could give it.",
            lost.account,
            tuple(links),
        )


def public_server_reads_backups(joined: Joined) -> Iterator[Chain]:
    """Servers with a public address whose role may read what is in a bucket of backups."""
    backups = [row for row in joined.inventory[BUCKETS] if kept_in(row) == "backups"]
    by_role: dict[str, list[Row]] = defaultdict(list)
    for server in joined.public_servers:
        if server.get("profile"):
            by_role[server["profile"]].append(server)
    for profile, servers in by_role.items():
        role = joined.who_may.role_of(profile)
        readable = [one for one in backups if role and joined.who_may.may(role, "s3:GetObject", f"{one['arn']}/*")]
        if role and readable:
            yield _backups_chain(joined, servers, role, readable)


def _backups_chain(joined: Joined, servers: list[Row], role: Row, buckets: list[Row]) -> Chain:
    doors = [door for door in joined.of("sg_ssh_open") if any(_guards(door, one) for one in servers)]
    what = f"the server {servers[0]['name']} stands" if len(servers) == 1 else f"{len(servers)} servers stand"
    bucket = _names(one["name"] for one in buckets)
    return Chain(
        "public_server_reads_backups",
        (Severity.CRITICAL if doors and _matters(servers) else Severity.HIGH).value,
        f"{what[0].upper()}{what[1:]} on the internet and may read the backups in {bucket}: whoever takes over such a"
        " server could take the backups too.",
        servers[0]["arn"].split(":")[4],
        (
            Link(f"Public address: {_names(one['name'] for one in servers)}", servers[0]["arn"]),
            *(_link(door, "Open to everybody for remote sign-in") for door in doors[:1]),
            Link(f"The role {role['name']} may read what is in {bucket}", role["arn"]),
            *(Link(f"{one['name']} keeps backups", one["arn"]) for one in buckets[:SHOWN_NAMES]),
        ),
    )


def credential_on_public_server(joined: Joined) -> Iterator[Chain]:
    """A credential in the start-up script of a server with a public address, its own or its template's."""
    public = {row["arn"]: row for row in joined.public_servers}
    templates: dict[str, list[Row]] = defaultdict(list)
    for row in joined.inventory[START_UPS]:
        if row.get("template") and row["arn"] in public:
            templates[row["template"]].append(public[row["arn"]])
    for finding in joined.of("ec2_secret_in_user_data"):
        if finding.resource in public:
            yield _credential_chain(finding, [public[finding.resource]])
    for finding in joined.of("launch_template_secret"):
        if templates[finding.resource]:
            yield _credential_chain(finding, templates[finding.resource])


def _credential_chain(finding: "Finding", servers: list[Row]) -> Chain:
    what = _names(dict.fromkeys(one["title"] for one in finding.evidence["detections"]))
    stands = f"The server {servers[0]['name']} stands" if len(servers) == 1 else f"{len(servers)} servers stand"
    links = [
        Link(f"Public address: {_names(one['name'] for one in servers)}", servers[0]["arn"]),
        _link(finding, f"In the start-up script: {what}"),
    ]
    if any(one.get("imds_v2_required") is False for one in servers):
        links.append(Link("The script is handed out inside the server without a token", servers[0]["arn"]))
    return Chain(
        "credential_on_public_server",
        finding.severity,
        f"{stands} on the internet with a credential in the start-up script ({what}): whoever takes over the server"
        " could use it elsewhere.",
        finding.account,
        tuple(links),
    )


MAKERS = (
    key_lies_in_repository,
    one_command_from_loss,
    public_server_reads_backups,
    credential_on_public_server,
)


def _link(finding: "Finding", text: str) -> Link:
    return Link(text, finding.resource, finding.check, finding.fingerprint)


def _guards(door: "Finding", server: Row) -> bool:
    return door.resource.rpartition("/")[2] in server.get("security_groups", ())


def _matters(servers: Iterable[Row]) -> bool:
    """True unless all of them are known to be of an environment whose loss hurts nobody outside the team."""
    told = [environment_of(one.get("tags") or {}, one.get("name", "")) for one in servers]
    return any(one is None or is_production_like(one) for one in told)


def _worst(*findings: "Finding") -> str:
    return min((one.severity for one in findings), key=lambda one: Severity(one).rank)


def _users_and_roles(able: Sequence[Row]) -> str:
    users = sum(one["type"] == "iam:user" for one in able)
    roles = len(able) - users
    told = []
    if users:
        told.append("1 user" if users == 1 else f"{users} users")
    if roles:
        told.append("1 role" if roles == 1 else f"{roles} roles")
    return " and ".join(told)


def _names(names: Iterable[str]) -> str:
    """At most three, and how many more."""
    listed = list(names)
    more = len(listed) - SHOWN_NAMES
    if more > 1:
        return f"{', '.join(listed[:SHOWN_NAMES])} and {more} more"
    return " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1] if listed else "")))


def _account_arn(joined: Joined, account: str) -> str:
    units = (unit.place for unit in joined.inventory.all_units if unit.place.account == account)
    return f"arn:{next((place.partition for place in units), 'aws')}:iam::{account}:root"
