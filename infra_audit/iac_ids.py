"""By what name CloudFormation and Terraform know a resource, brought to one form.

An ARN says it all. Where there is none, a `Key` does: service, kind and id as they stand in the ARN, with the region
where ids are only unique there.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from infra_audit.iac_types import CLOUDFORMATION, PARTS, TERRAFORM
from infra_audit.inventory import Row

ANYWHERE = ""  # the region of what has none, or where it is not told

# Their ARNs name no kind.
WITHOUT_KIND = frozenset({"s3", "sns", "sqs"})
WITHOUT_REGION = frozenset({"iam", "s3", "cloudfront", "route53"})
ALL_STREAMS = ":*"  # how some ARNs of log groups end


class Key(NamedTuple):
    """What stands for an ARN that was not told."""

    service: str
    kind: str
    region: str
    id: str

    @property
    def is_surely_one(self) -> bool:
        """False where another region may have one of the same name: the region was not told."""
        return self.region != ANYWHERE or self.service in WITHOUT_REGION


def keys_of_resource(row: Row) -> Iterator[Key]:
    """Every key by which code may know a resource row."""
    service, kind, region, identity = _parts(row["arn"])
    yield Key(service, kind, region, identity)
    for other in (row.get("public_ip"), row["name"] if row["type"] == "ec2:key-pair" else None):
        if other and row["type"] in {"ec2:elastic-ip", "ec2:key-pair"}:
            yield Key(service, kind, region, other)


def plain_arn(arn: str) -> str:
    """The ARN as all sides write it."""
    return arn.removesuffix(ALL_STREAMS)


def key_in_stack(kind: str, physical_id: str, region: str) -> Key | None:
    """The key of a stack's member; None for a type that is not told apart (its ARN may still match)."""
    if kind not in CLOUDFORMATION:
        return None
    service, word = CLOUDFORMATION[kind]
    return Key(service, word, _region(service, region), _plain(physical_id, service))


def key_in_state(kind: str, attributes: Mapping[str, Any]) -> Key | None:
    """The key of what a state manages; its region only where the state tells it (an ARN does, and provider 6)."""
    if kind not in TERRAFORM:
        return None
    service, word, names = TERRAFORM[kind]
    return _first_key(service, word, names, attributes)


def key_of_parent(kind: str, attributes: Mapping[str, Any]) -> Key | None:
    """Of what another resource in a state is a part; None for what is no part."""
    if kind not in PARTS:
        return None
    service, word, name = PARTS[kind]
    return _first_key(service, word, (name,), attributes)


def account_in_state(attributes: Mapping[str, Any]) -> str:
    """Whose it is, where the state tells; else ""."""
    arn = str(attributes.get("arn", ""))
    return str(attributes.get("owner_id") or (arn.split(":")[4] if arn.count(":") >= 5 else ""))


def _first_key(service: str, word: str, names: tuple[str, ...], attributes: Mapping[str, Any]) -> Key | None:
    arn = str(attributes.get("arn", ""))
    told = attributes.get("region") or (arn.split(":")[3] if arn.count(":") >= 5 else ANYWHERE)
    for name in names:
        if found := attributes.get(name):
            return Key(service, word, _region(service, told), _plain(found, service))
    return None


def _parts(arn: str) -> Key:
    _, _, service, region, _, rest = arn.split(":", 5)
    if service in WITHOUT_KIND:
        return Key(service, "", _region(service, region), rest)
    cut = min((rest.find(mark) for mark in ":/" if mark in rest), default=len(rest))
    identity = rest[cut + 1 :]
    if service in {"iam", "autoscaling"}:
        identity = identity.rpartition("/")[2]  # after the path; of a group, after its number
    return Key(service, rest[:cut], _region(service, region), identity.removesuffix(ALL_STREAMS).lstrip("/"))


def _region(service: str, region: str) -> str:
    return ANYWHERE if service in WITHOUT_REGION else region


def _plain(identity: str, service: str) -> str:
    """A queue's URL ends with its name, an ARN with its id, a parameter's name may begin with a stroke."""
    if service == "sqs" and "://" in identity:
        return identity.rpartition("/")[2]
    plain = _parts(identity).id if identity.startswith("arn:") and identity.count(":") >= 5 else identity
    return plain.removesuffix(ALL_STREAMS).lstrip("/")
